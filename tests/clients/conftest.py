"""Servers and clusters for the clients to speak to."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.clients.servers import Server, serving

from sreagent.clients.kubernetes import KubernetesCluster, connect

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class StillClock:
    """Noon, for ever; waiting is only noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


KubeconfigWriter = Callable[..., str]


@pytest.fixture
def kubeconfig(tmp_path: Path) -> KubeconfigWriter:
    """Write a kubeconfig with one context, changed as the test says; returns its path."""

    def write(server: str, *, name: str = "config", **changes: Any) -> str:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "prod",
            "clusters": [{"name": "prod-eu", "cluster": {"server": server}}],
            "users": [{"name": "oncall", "user": {"token": "s3cr3t"}}],
            "contexts": [
                {
                    "name": "prod",
                    "context": {"cluster": "prod-eu", "user": "oncall", "namespace": "shop"},
                }
            ],
            **changes,
        }
        path = tmp_path / name
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return str(path)

    return write


ClusterOf = Callable[..., KubernetesCluster]


@pytest.fixture
def cluster_at(kubeconfig: KubeconfigWriter, clock: StillClock) -> ClusterOf:
    """Connect to an address."""

    def build(address: str, *, timeout: float = 5.0, **changes: Any) -> KubernetesCluster:
        return connect(kubeconfig=kubeconfig(address, **changes), timeout=timeout, clock=clock)

    return build


@pytest.fixture
def cluster(cluster_at: ClusterOf, server: Server) -> KubernetesCluster:
    return cluster_at(server.url)


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[..., Path]:
    """Make a self-signed server certificate with openssl: key and certificate in one file."""
    if not shutil.which("openssl"):
        pytest.skip("making certificates needs openssl")

    def make(*, host: str = "IP:127.0.0.1", ends: str = "20400101000000Z") -> Path:
        (tmp_path / "index.txt").write_text("", encoding="utf-8")
        (tmp_path / "ca.cnf").write_text(_CA.format(folder=tmp_path, host=host), encoding="utf-8")
        for command in _SELF_SIGN:
            line = command.format(ends=ends)
            subprocess.run(line.split(), check=True, capture_output=True, cwd=tmp_path)
        both = tmp_path / "tls.pem"
        both.write_bytes((tmp_path / "key.pem").read_bytes() + (tmp_path / "crt.pem").read_bytes())
        return both

    return make


_SELF_SIGN = (
    "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=test "
    "-keyout key.pem -out request.pem",
    "openssl ca -batch -rand_serial -config ca.cnf -selfsign -keyfile key.pem -in request.pem "
    "-out crt.pem -notext -startdate 20200101000000Z -enddate {ends}",
)
_CA = """\
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = {host}
"""


@pytest.fixture(scope="session")
def lab_addresses(
    tmp_path_factory: pytest.TempPathFactory, lab_folder: Path
) -> Iterator[dict[str, str]]:
    """Bring up the lab with a bad deploy; its addresses by their usual variable names."""
    where = tmp_path_factory.mktemp("lab")

    def lab(*command: str) -> str:
        line = [str(lab_folder / "lab"), *command, "--dir", str(where)]
        done = subprocess.run(line, check=True, capture_output=True, cwd=lab_folder, text=True)
        return done.stdout

    try:
        told = lab("up", "--prometheus", "--alertmanager")
        lab("apply", "examples/bad-deploy")
        lines = [line.removeprefix("export ") for line in told.splitlines() if "export " in line]
        yield dict(line.split("=", 1) for line in lines)
    finally:
        lab("down")
