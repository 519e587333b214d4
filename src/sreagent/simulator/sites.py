"""Which server answers under which path."""

from sreagent.simulator.alertmanager_site import AlertmanagerSite
from sreagent.simulator.cluster import Cluster
from sreagent.simulator.exchange import Identity
from sreagent.simulator.faults import Faults
from sreagent.simulator.kube_site import KubeSite
from sreagent.simulator.metrics import Metrics, Recorded, Scraped, read_traffic
from sreagent.simulator.prometheus_site import PrometheusSite
from sreagent.simulator.rules import Alerts, Posted, Rules
from sreagent.simulator.server import Server
from sreagent.simulator.staging.alerts import alerts_in, rules_in
from sreagent.simulator.staging.openmetrics import read_metrics
from sreagent.simulator.staging.scenario import Scenario


def open_server(
    cluster: Cluster, scenario: Scenario, *, port: int, tokens: dict[str, str], faults: Faults
) -> Server:
    """A server for everything the incident has, not yet running.

    Raises:
        StagingError: Its metrics, rules or alerts cannot be understood.
    """
    identities = {
        token: Identity(user=name, may_write=name == "admin") for name, token in tokens.items()
    }
    started = cluster.clock.now()
    metrics = _metrics(cluster, scenario)
    age = max((step.age or 0.0 for step in scenario.steps), default=0.0)
    rules = Rules(rules_in(scenario.folder / scenario.rules), metrics, started - age)
    alerts = _alerts(scenario, rules, started)
    server = Server(port, {"": KubeSite(cluster, identities).answer}, faults)
    prometheus = f"http://127.0.0.1:{server.server_address[1]}/prometheus"
    server.sites = {
        "/prometheus": PrometheusSite(metrics, rules, cluster.clock.now).answer,
        "/alertmanager": AlertmanagerSite(alerts, prometheus, cluster.clock.now).answer,
        **server.sites,
    }
    return server


def _metrics(cluster: Cluster, scenario: Scenario) -> Metrics:
    """What the file says; without one, what is scraped from the cluster itself."""
    path, started = scenario.folder / "metrics.om", cluster.clock.now()
    if path.is_file():
        return Recorded(read_metrics(path, cluster, started), started)
    traffic = read_traffic(cluster.kubelet.network.behaviour.traffic)
    return Scraped(cluster.timeline, traffic, started)


def _alerts(scenario: Scenario, rules: Rules, now: float) -> Alerts:
    """The alerts that were sent; without any, those that the rules raise."""
    path = scenario.folder / "alerts.json"
    return Posted(alerts_in(path, now)) if path.is_file() else rules
