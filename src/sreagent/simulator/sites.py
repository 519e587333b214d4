"""Which server answers under which path."""

from sreagent.simulator.cluster import Cluster
from sreagent.simulator.exchange import Identity
from sreagent.simulator.faults import Faults
from sreagent.simulator.kube_site import KubeSite
from sreagent.simulator.server import Server


def open_server(
    cluster: Cluster, incident: str, *, port: int, tokens: dict[str, str], faults: Faults
) -> Server:
    """A server for everything the incident has, not yet running."""
    identities = {
        token: Identity(user=name, may_write=name == "admin") for name, token in tokens.items()
    }
    return Server(port, {"": KubeSite(cluster, identities).answer}, faults)
