"""Which server answers under which path."""

from sreagent.simulator.alertmanager_site import AlertmanagerSite
from sreagent.simulator.catalogue import read_part
from sreagent.simulator.clock import seconds_in
from sreagent.simulator.cluster import Cluster
from sreagent.simulator.exchange import Identity
from sreagent.simulator.faults import Faults
from sreagent.simulator.kube_site import KubeSite
from sreagent.simulator.metrics import Metrics, read_traffic
from sreagent.simulator.prometheus_site import PrometheusSite
from sreagent.simulator.rules import Rules, read_rules
from sreagent.simulator.server import Server


def open_server(
    cluster: Cluster, incident: str, *, port: int, tokens: dict[str, str], faults: Faults
) -> Server:
    """A server for everything the incident has, not yet running."""
    identities = {
        token: Identity(user=name, may_write=name == "admin") for name, token in tokens.items()
    }
    started = cluster.clock.now()
    traffic = read_traffic(read_part(incident, "metrics"))
    metrics = Metrics(cluster.timeline, traffic, started)
    age = seconds_in(read_part(incident, "incident")["age"])
    rules = Rules(read_rules(read_part(incident, "alerts")), metrics, started - age)
    server = Server(port, {"": KubeSite(cluster, identities).answer}, faults)
    prometheus = f"http://127.0.0.1:{server.server_address[1]}/prometheus"
    server.sites = {
        "/prometheus": PrometheusSite(metrics, rules, cluster.clock.now).answer,
        "/alertmanager": AlertmanagerSite(rules, prometheus, cluster.clock.now).answer,
        **server.sites,
    }
    return server
