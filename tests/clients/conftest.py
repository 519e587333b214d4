"""Servers and clusters for the clients to speak to."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.clients.servers import Server, serving

from sreagent.clients.kubernetes import KubernetesCluster, connect

LOOPBACK = x509.IPAddress(ip_address("127.0.0.1"))
IN_2040 = datetime(2040, 1, 1, tzinfo=UTC)
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
    """Make a self-signed server certificate: key and certificate in one file."""

    def make(*, host: x509.GeneralName = LOOPBACK, ends: datetime = IN_2040) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName([host]), critical=False)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        both = tmp_path / "tls.pem"
        both.write_bytes(private + made.public_bytes(Encoding.PEM))
        return both

    return make


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


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def running(command: list[str], url: str) -> Iterator[str]:
    """Run a server until the test is done; it is up when its /-/ready says so."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(requests.ConnectionError):
                if requests.get(f"{url}/-/ready", timeout=2).ok:
                    break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


RULES = """\
groups:
- name: shop
  rules:
  - record: KubePodCrashLooping
    expr: vector(7)
  - alert: KubePodCrashLooping
    expr: rate(restarts[5m]) > 0
  - alert: HighErrorRate
    expr: |-
      errors   # per second
        > 1
"""


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prometheus with two alerting rules and no targets."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yml").write_text(RULES, encoding="utf-8")
    (folder / "config.yml").write_text("rule_files: [rules.yml]\n", encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={folder}/config.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    with running(command, f"http://{address}") as url:
        yield url


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[str]:
    """A real Alertmanager that tells nobody."""
    config = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
    (tmp_path / "config.yml").write_text(config, encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus-alertmanager",
        f"--config.file={tmp_path}/config.yml",
        f"--storage.path={tmp_path}/data",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    with running(command, f"http://{address}") as url:
        yield url
