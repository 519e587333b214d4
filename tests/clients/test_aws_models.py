"""Models of services as the SDK itself reads them, from the same places."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader

from sreagent.clients import aws_models
from sreagent.clients.aws import connect
from sreagent.clients.aws_models import Models

OWN = {"metadata": {"endpointPrefix": "own", "uid": "own"}, "operations": {}, "shapes": {}}


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("sts", "service-2"),
        ("s3", "service-2"),
        ("ec2", "paginators-1"),
        ("ecs", "waiters-2"),
        ("iam", "endpoint-rule-set-1"),
    ],
)
def test_a_model_is_what_the_sdk_reads_in_the_same_order(service: str, kind: str) -> None:
    ours = Models().load_service_model(service, kind)
    theirs = Loader().load_service_model(service, kind)
    assert json.dumps(ours) == json.dumps(theirs)


def test_other_files_are_what_the_sdk_reads() -> None:
    assert Models().load_data_with_path("_retry") == Loader().load_data_with_path("_retry")
    with pytest.raises(DataNotFoundError):
        Models().load_data("no-such-file")
    with pytest.raises(UnknownServiceError):
        Models().load_service_model("no-such-service", "service-2")


@pytest.mark.parametrize("packed", [False, True])
def test_a_person_may_have_models_of_their_own(
    packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Loader, "CUSTOMER_DATA_PATH", str(tmp_path))
    text = json.dumps(OWN).encode()
    for service in ("own", "sts"):
        folder = tmp_path / service / "2099-01-01"
        folder.mkdir(parents=True)
        name = "service-2.json.gz" if packed else "service-2.json"
        (folder / name).write_bytes(gzip.compress(text) if packed else text)
    models = Models()
    assert models.load_service_model("own", "service-2") == OWN
    assert models.load_service_model("sts", "service-2") == OWN


def test_accounts_share_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    models, read = Models(), list[str]()
    load_file = models.file_loader.load_file

    def noted(path: str) -> object:
        read.append(path)
        return load_file(path)

    monkeypatch.setattr(models.file_loader, "load_file", noted)
    monkeypatch.setattr(aws_models, "MODELS", models)
    for _ in range(2):
        account = connect(profile="", region="eu-central-1", endpoint="", timeout=1)
        assert account.asked_by("sts", "AssumeRole")
    assert len(read) == len(set(read)) > 0


def test_a_model_is_read_once_by_all_who_want_it_at_once() -> None:
    models = Models()
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda _: models.load_service_model("ecs", "service-2"), range(16)))
    assert all(each is read[0] for each in read)
