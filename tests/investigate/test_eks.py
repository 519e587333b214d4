"""An incident in a cluster whose context is one of EKS: what AWS says of it is looked at too."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.clients.servers import Server, reply, serving

from sreagent.cli.person import Nobody
from sreagent.domain.alert import Alert
from sreagent.domain.evidence import Health
from sreagent.domain.record import Looked
from sreagent.domain.secrets import disown
from sreagent.investigate.case import Case
from sreagent.settings import Settings
from sreagent.simulator import Simulation
from sreagent.wiring import connections, runs

ALERT = Alert(name="KubePodCrashLooping shop/checkout", status="firing")
ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/prod"
GONE = {"code": "Ec2SubnetNotFound", "message": "a subnet is gone", "resourceIds": ["subnet-1"]}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """EKS with a cluster that lost a subnet, and somebody who may ask it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".aws").mkdir()
    keys = (secrets.token_hex(10), secrets.token_hex(20))
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n".format(*keys),
        encoding="utf-8",
    )
    told = {"name": "prod", "status": "ACTIVE", "health": {"issues": [GONE]}}
    with serving() as server:
        server.on("/clusters/prod", reply({"cluster": told}))
        server.on("/clusters/prod/node-groups", reply({"nodegroups": []}))
        server.on("/clusters/prod/addons", reply({"addons": []}))
        yield server
    disown()


def investigated(kubeconfig: Path, aws: Server) -> Case:
    settings = Settings(kubeconfig=str(kubeconfig), aws_endpoint=aws.url, time_limit=30.0)
    people = Nobody("tester", yes=False)
    wishes = runs.Wishes(read_only=True)
    with runs.investigation(ALERT, settings, wishes, people) as run:
        for _ in run.happenings():
            pass
        return run.case


def looks(case: Case) -> list[Looked]:
    records = (entry.record for entry in case.incident.entries)
    return [one for one in records if isinstance(one, Looked) and one.source == "aws"]


def of_eks(cluster: Simulation, folder: Path) -> Path:
    """The same kubeconfig with the cluster named as the AWS CLI names it."""
    config = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    config["clusters"][0]["name"] = config["contexts"][0]["context"]["cluster"] = ARN
    path = folder / "eks"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def test_what_aws_says_of_the_cluster_is_looked_at_and_told(
    cluster: Simulation, aws: Server, tmp_path: Path
) -> None:
    case = investigated(of_eks(cluster, tmp_path), aws)
    assert {one.verdict for one in looks(case)} == {Health.HEALTHY}
    [found] = [one for one in case.explanation.findings if one.condition == "eks.cluster"]
    assert "EKS cluster prod has the health issue Ec2SubnetNotFound" in found.claim
    diagnosis = case.incident.diagnosis
    assert diagnosis is not None
    assert diagnosis.entity.path == "Deployment/shop/checkout"


def test_without_rights_in_aws_the_account_says_what_is_missing(
    cluster: Simulation, aws: Server, tmp_path: Path
) -> None:
    (tmp_path / ".aws" / "credentials").unlink()
    case = investigated(of_eks(cluster, tmp_path), aws)
    assert {one.verdict for one in looks(case)} == {Health.UNKNOWN}
    claims = [one.claim for one in case.incident.evidence if one.verdict is Health.UNKNOWN]
    assert any(one.startswith("AWS::EKS::Cluster could not be looked at") for one in claims)
    assert case.incident.diagnosis is not None


def test_of_any_other_cluster_aws_is_neither_asked_nor_loaded(
    cluster: Simulation, aws: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(_: Settings) -> None:
        raise AssertionError

    monkeypatch.setattr(connections, "cloud", loaded)
    assert looks(investigated(cluster.kubeconfig, aws)) == []
    assert aws.asked == []
