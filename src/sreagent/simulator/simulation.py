"""The front door: start a pretend cluster in the state of an incident, and stop it."""

import secrets
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sreagent.simulator.catalogue import folder_of
from sreagent.simulator.faults import Faults
from sreagent.simulator.kinds import TODAY

if TYPE_CHECKING:
    from sreagent.simulator.cluster import Cluster
    from sreagent.simulator.server import Server


@dataclass(slots=True, kw_only=True)
class Simulation:
    """A running pretend cluster with its Prometheus and its Alertmanager."""

    incident: str
    url: str
    kubeconfig: Path
    prometheus_url: str
    alertmanager_url: str
    faults: Faults
    cluster: "Cluster"
    _server: "Server"
    _folder: tempfile.TemporaryDirectory[str] | None = field(repr=False)

    @classmethod
    def start(
        cls,
        incident: str | Path,
        *,
        port: int = 0,
        state_dir: Path | None = None,
        faults: Faults | None = None,
        kubernetes: str = TODAY,
    ) -> "Simulation":
        """Start serving an incident, one that is known by its name or one in a folder.

        The kubeconfig goes to `state_dir`, or a folder of its own; `kubernetes` is the version
        whose API is served.

        Raises:
            StagingError: The folder cannot be played; names the file and the line.
        """
        from sreagent.simulator.sites import open_server
        from sreagent.simulator.staging.player import stage
        from sreagent.simulator.staging.scenario import read_scenario

        faults = faults or Faults()
        tokens = {"admin": secrets.token_hex(16), "viewer": secrets.token_hex(16)}
        scenario = read_scenario(folder_of(incident))
        cluster = stage(scenario, kubernetes)
        server = open_server(cluster, scenario, port=port, tokens=tokens, faults=faults)
        url = f"http://127.0.0.1:{server.server_address[1]}"
        folder = None if state_dir else tempfile.TemporaryDirectory(prefix="sre-simulator-")
        target = state_dir or Path(folder.name if folder else "")
        cluster.go_live()
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="server", daemon=True
        ).start()
        return cls(
            incident=scenario.name,
            url=url,
            kubeconfig=write_kubeconfig(target / "kubeconfig", url, tokens),
            prometheus_url=f"{url}/prometheus",
            alertmanager_url=f"{url}/alertmanager",
            faults=faults,
            cluster=cluster,
            _server=server,
            _folder=folder,
        )

    def stop(self) -> None:
        """Stop serving and forget everything."""
        self.cluster.stop()
        self._server.shut_down()
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def write_kubeconfig(path: Path, url: str, tokens: dict[str, str]) -> Path:
    """A kubeconfig with one context per token, readable by its owner only."""
    import yaml

    # client-go sends no credentials over plain HTTP, so the token is part of the address too.
    clusters = [
        {"name": name, "cluster": {"server": f"{url}/as/{token}"}} for name, token in tokens.items()
    ]
    users = [{"name": name, "user": {"token": token}} for name, token in tokens.items()]
    contexts = [{"name": name, "context": {"cluster": name, "user": name}} for name in tokens]
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin",
        "clusters": clusters,
        "users": users,
        "contexts": contexts,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path
