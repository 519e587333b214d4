"""A staged cluster whose clock the test moves, and ways to wait for one that runs by itself."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from sreagent.simulator import Simulation
from sreagent.simulator.api import Caller, Place
from sreagent.simulator.catalogue import folder_of
from sreagent.simulator.kinds import DEPLOYMENT, ENDPOINTS, EVENT, POD, TODAY, Kind
from sreagent.simulator.logs import LogQuery
from sreagent.simulator.objects import Json, is_ready, labels_of, lookup, name_of
from sreagent.simulator.patches import STRATEGIC_PATCH
from sreagent.simulator.staging.player import stage
from sreagent.simulator.staging.scenario import read_scenario

PATIENCE = 20.0


class Stage:
    """The cluster of an incident in its own time: nothing happens until `pass_time`."""

    def __init__(self, incident: str | Path, version: str = TODAY) -> None:
        self.scenario = read_scenario(folder_of(incident))
        self.cluster = stage(self.scenario, version)
        self.caller = Caller(manager="test")

    def pass_time(self, seconds: float) -> None:
        self.cluster.play(self.cluster.clock.now() + seconds)

    def create(self, text: str, namespace: str = "shop") -> Json:
        obj = yaml.safe_load(text)
        kind = self.cluster.store.kinds.named(obj["apiVersion"], obj["kind"])
        assert kind is not None
        return self.cluster.api.create(Place(kind=kind, namespace=namespace), obj, self.caller)

    def patch(self, kind: Kind, name: str, patch: Json) -> Json:
        place = Place(kind=kind, namespace="shop", name=name)
        return self.cluster.api.patch(place, patch, STRATEGIC_PATCH, self.caller)

    def set_container(self, app: str, **fields: Any) -> Json:
        template = {"spec": {"containers": [{"name": app, **fields}]}}
        return self.patch(DEPLOYMENT, app, {"spec": {"template": template}})

    def delete(self, kind: Kind, name: str) -> None:
        place = Place(kind=kind, namespace="shop", name=name)
        self.cluster.api.delete(place, {}, self.caller)

    def read(self, kind: Kind, name: str) -> Json:
        return self.cluster.api.read(Place(kind=kind, namespace="shop", name=name))

    def pods(self, app: str) -> list[Json]:
        found = self.cluster.store.all(POD, "shop")
        return [pod for pod in found if labels_of(pod).get("app") == app]

    def ready(self, app: str) -> int:
        return sum(is_ready(pod) for pod in self.pods(app))

    def states(self, app: str) -> list[str]:
        """What each container of an app is doing: `running`, or the reason it is not."""
        found: list[str] = []
        for pod in self.pods(app):
            for each in lookup(pod, "status.containerStatuses") or ():
                ((word, told),) = each["state"].items()
                found.append(told.get("reason", word))
        return found

    def addresses(self, service: str) -> int:
        subsets = self.read(ENDPOINTS, service).get("subsets") or ()
        return sum(len(each.get("addresses") or ()) for each in subsets)

    def reasons(self, about: str) -> set[str]:
        """The reasons of the events about objects whose name starts like this."""
        events = self.cluster.store.all(EVENT, "shop")
        return {e["reason"] for e in events if e["involvedObject"]["name"].startswith(about)}

    def log(self, pod: Json, *, previous: bool = False, tail: int | None = None) -> str:
        query = LogQuery(previous=previous, tail=tail)
        return self.cluster.logs.read(pod, query, self.cluster.clock.now()).decode()

    def app_log(self, app: str, tail: int = 20) -> str:
        return self.log(self.pods(app)[0], tail=tail)

    def names(self, app: str) -> set[str]:
        return {name_of(pod) for pod in self.pods(app)}


class Caught:
    """An answer of the HTTP server, whatever its code."""

    def __init__(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.code = code
        self.body = body
        self.headers = headers

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    simulation: Simulation,
    path: str,
    *,
    method: str = "GET",
    body: Any = None,
    user: str = "admin",
    headers: dict[str, str] | None = None,
) -> Caught:
    """Ask the Kubernetes API as one of the users of the kubeconfig."""
    sent = {"Authorization": f"Bearer {token_of(simulation, user)}", **(headers or {})}
    return fetch(simulation.url + path, method=method, body=body, headers=sent)


def fetch(
    url: str, *, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None
) -> Caught:
    """Ask any of the servers."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310 - loopback
            return Caught(reply.status, reply.read(), dict(reply.headers))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Caught(refusal.code, refusal.read(), dict(refusal.headers))


def token_of(simulation: Simulation, user: str) -> str:
    if user not in ("admin", "viewer"):
        return user
    config = yaml.safe_load(simulation.kubeconfig.read_text())
    tokens = {each["name"]: each["user"]["token"] for each in config["users"]}
    return str(tokens[user])


def query(simulation: Simulation, expression: str) -> list[Json]:
    """The result of a PromQL expression now."""
    asked = urllib.parse.urlencode({"query": expression})
    answer = fetch(f"{simulation.prometheus_url}/api/v1/query?{asked}").json()
    result: list[Json] = answer["data"]["result"]
    return result


def eventually(is_true: Callable[[], bool], what: str) -> None:
    """Wait until something is true of a cluster that runs by itself."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if is_true():
            return
        time.sleep(0.1)
    raise AssertionError(what)
