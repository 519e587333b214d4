"""How AWS is asked about a cluster that it runs: a small server that speaks as EKS does."""

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.clients.servers import HTML, Reply, Server, reply, serving
from tests.diagnose.build import NOW

from sreagent.clients.aws import AwsCloud, connect
from sreagent.clients.clock import SystemClock
from sreagent.domain.errors import Forbidden
from sreagent.domain.evidence import Health
from sreagent.domain.inventory import Inventory, Listing
from sreagent.domain.ports import Cluster
from sreagent.domain.record import Looked
from sreagent.domain.secrets import disown
from sreagent.tools import looks as looks_module
from sreagent.tools.eks_health import ADDON, CLUSTER, GROUP, EksHealth
from sreagent.tools.looks import KubernetesLooks, ListObjects

REGION = "eu-central-1"
HOST = "0a1b2c.gr7.eu-central-1.eks.amazonaws.com"
PODS = [ListObjects(namespace="shop", kinds=("Pod",))]


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    folder = tmp_path / ".aws"
    folder.mkdir()
    keys = (secrets.token_hex(10), secrets.token_hex(20))
    (folder / "credentials").write_text(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n".format(*keys),
        encoding="utf-8",
    )
    yield folder
    disown()


def cluster(name: str = "prod", *, host: str = HOST, **more: Any) -> dict[str, Any]:
    endpoint = f"https://{host.upper()}"
    told = {"name": name, "status": "ACTIVE", "endpoint": endpoint, "tags": {"a": "b"}, **more}
    return {"cluster": told}


def issues(*codes: str) -> dict[str, Any]:
    told = [{"code": code, "message": "it is not there", "resourceIds": []} for code in codes]
    return {"health": {"issues": told}}


@pytest.fixture
def eks() -> Iterator[Server]:
    """A cluster with a node group and an add-on, all of them ill."""
    with serving() as server:
        server.on("/clusters/prod", reply(cluster(**issues("Ec2SubnetNotFound"))))
        server.on("/clusters/prod/node-groups", reply({"nodegroups": ["workers"]}))
        group = {
            "nodegroupName": "workers",
            "status": "DEGRADED",
            **issues("InstanceLimitExceeded"),
        }
        server.on("/clusters/prod/node-groups/workers", reply({"nodegroup": group}))
        server.on("/clusters/prod/addons", reply({"addons": ["coredns"]}))
        addon = {"addonName": "coredns", "status": "ACTIVE", **issues("AccessDenied")}
        server.on("/clusters/prod/addons/coredns", reply({"addon": addon}))
        yield server


class NoPods:
    """A cluster with nothing in it."""

    def list(self, kind: str, namespace: str = "") -> Listing:
        return Listing(kind=kind, namespace=namespace, items=(), seen_at=NOW, command="kubectl")


def health(url: str, *, name: str = "prod", host: str = HOST, loaded: Any = None) -> EksHealth:
    def connected() -> AwsCloud:
        if loaded is not None:
            loaded.append(url)
        return connect(profile="", region="", endpoint=url, timeout=1.0)

    return EksHealth(name=name, region=REGION, host=host, connect=connected, clock=SystemClock())


def look(known: EksHealth, times: int = 1) -> tuple[Inventory, list[Looked]]:
    inventory = Inventory()
    source = cast("Cluster", NoPods())
    looks = KubernetesLooks(source, inventory, SystemClock(), known.sources())
    lines = [line for _ in range(times) for line in looks.list(PODS)]
    return inventory, [line for line in lines if line.source == "aws"]


def test_cluster_node_groups_and_add_ons_are_asked_for_their_health(eks: Server) -> None:
    inventory, lines = look(health(eks.url))
    codes = {
        item["metadata"]["name"]: item["health"]["issues"][0]["code"]
        for kind in (CLUSTER, GROUP, ADDON)
        for item in inventory.all(kind)
    }
    assert codes == {
        "prod": "Ec2SubnetNotFound",
        "workers": "InstanceLimitExceeded",
        "coredns": "AccessDenied",
    }
    assert [one.verdict for one in lines] == [Health.HEALTHY] * 3
    assert "aws eks describe-cluster --name prod --region eu-central-1" in [
        one.command for one in lines
    ]
    [kept] = inventory.all(CLUSTER)
    assert "tags" not in kept


def test_it_is_asked_once(eks: Server) -> None:
    loaded: list[str] = []
    _, lines = look(health(eks.url, loaded=loaded), times=3)
    assert (len(lines), len(loaded), len(eks.asked)) == (3, 1, 5)


def test_a_cluster_without_a_name_is_found_by_its_address(eks: Server) -> None:
    eks.on("/clusters", reply({"clusters": ["other", "prod"]}))
    eks.on(
        "/clusters/other", reply(cluster("other", host="ffff.gr7.eu-central-1.eks.amazonaws.com"))
    )
    inventory, _ = look(health(eks.url, name=""))
    assert [one["metadata"]["name"] for one in inventory.all(CLUSTER)] == ["prod"]
    assert [one["metadata"]["namespace"] for one in inventory.all(GROUP)] == ["prod"]


DENIED = reply(
    {"message": "User: x is not authorized to perform: eks:DescribeCluster"},
    403,
    headers={"x-amzn-errortype": "AccessDeniedException"},
)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(DENIED, "forbidden", id="no-rights"),
        pytest.param(Reply(body=HTML), "unreachable", id="a-login-page"),
        pytest.param(Reply(dropped=True), "unreachable", id="hangs-up"),
        pytest.param(Reply(delay=2.5), "timeout", id="slow"),
    ],
)
def test_what_aws_does_not_answer_is_unknown(answer: Reply, reason: str, eks: Server) -> None:
    eks.on("/clusters/prod", answer)
    inventory, lines = look(health(eks.url))
    assert [one.command for one in lines if one.verdict is Health.UNKNOWN] == [
        "aws eks describe-cluster --name prod --region eu-central-1"
    ]
    assert [(gap.what, gap.reason) for gap in inventory.gaps] == [(CLUSTER, reason)]
    assert len([*inventory.all(GROUP)]) == 1


def test_without_credentials_each_look_is_unknown_and_says_why(profile: Path, eks: Server) -> None:
    (profile / "credentials").unlink()
    inventory, lines = look(health(eks.url))
    assert {one.verdict for one in lines} == {Health.UNKNOWN}
    assert {gap.what for gap in inventory.gaps} == {CLUSTER, GROUP, ADDON}
    assert all("no AWS credentials" in gap.message for gap in inventory.gaps)
    assert eks.asked == []


def test_a_cluster_of_the_same_name_elsewhere_is_not_believed(eks: Server) -> None:
    known = health(eks.url, host="ffff.gr7.eu-central-1.eks.amazonaws.com")
    inventory, _ = look(known)
    assert [*inventory.all(CLUSTER)] == []
    assert "AWS knows another cluster of the name prod" in inventory.gaps[0].message


@pytest.mark.parametrize(
    ("host", "said"),
    [
        pytest.param("", "does not tell what EKS calls its cluster", id="nothing-is-known"),
        pytest.param(HOST, "none of the 0 clusters of the account", id="not-in-this-account"),
    ],
)
def test_a_cluster_that_cannot_be_found_is_unknown(host: str, said: str, eks: Server) -> None:
    eks.on("/clusters", reply({"clusters": []}))
    inventory, _ = look(health(eks.url, name="", host=host))
    assert {gap.what for gap in inventory.gaps} == {CLUSTER, GROUP, ADDON}
    assert said in inventory.gaps[0].message


def test_what_is_gone_between_two_questions_is_left_out(eks: Server) -> None:
    gone = reply({"message": "No node group found"}, 404,
                 headers={"x-amzn-errortype": "ResourceNotFoundException"})  # fmt: skip
    eks.on("/clusters/prod/node-groups", reply({"nodegroups": ["gone", "workers"]}))
    eks.on("/clusters/prod/node-groups/gone", gone)
    inventory, _ = look(health(eks.url))
    assert [one["metadata"]["name"] for one in inventory.all(GROUP)] == ["workers"]


def test_the_cluster_does_not_wait_for_aws(eks: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks_module, "PATIENCE", 0.2)
    eks.on("/clusters/prod", Reply(delay=9.0))
    began = time.monotonic()
    inventory, lines = look(health(eks.url))
    assert time.monotonic() - began < 8
    assert Health.UNKNOWN in {one.verdict for one in lines}
    assert inventory.looked("Pod", "shop")
    assert "the time limit was over" in inventory.gaps[0].message


def test_who_fails_to_load_is_told_too() -> None:
    def refused() -> AwsCloud:
        msg = "the AWS configuration cannot be used"
        raise Forbidden(msg)

    known = health("")
    known.connect = cast("Callable[[], Any]", refused)
    inventory, _ = look(known)
    assert len(inventory.gaps) == 3
