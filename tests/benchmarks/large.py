"""Prints what an investigation of a large cluster costs.

    .venv/bin/python -m tests.benchmarks.large                    # 5,000 pods, 20,000 events
    .venv/bin/python -m tests.benchmarks.large --kubeconfig FILE  # a cluster that is there

A cluster that is there gets 500 pods in 40 namespaces, or as many as `--pods` says, with

    .venv/bin/python -m tests.benchmarks.large --manifest | kubectl apply -f -
    kubectl delete namespaces -l sreagent.benchmark=large         # and loses them again

The simulator's shop with its broken checkout is copied into many namespaces, all healthy but one;
nothing moves while it is measured. What the server needs for its answers is told beside.
"""

import argparse
import copy
import json
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.command_line import ENVIRONMENT, SRE, TIME, Sample, measure

from sreagent.simulator import Simulation
from sreagent.simulator.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    ENDPOINTS,
    EVENT,
    NAMESPACE,
    POD,
    REPLICA_SET,
    SERVICE,
    Kind,
)

COPIED = (CONFIG_MAP, DEPLOYMENT, REPLICA_SET, SERVICE, ENDPOINTS, POD)
BROKEN = ("checkout", "frontend")
"""What fails, and what fails with it."""
SPACES = 40
"""Namespaces of the manifest."""
PAUSE = "registry.k8s.io/pause:3.9"
"""Every node has it already, so that pods need neither a registry nor memory."""
MARK = {"sreagent.benchmark": "large"}
Json = dict[str, Any]


def fill(simulation: Simulation, pods: int, events: int) -> int:
    """Copy the healthy part of the shop until there are so many pods; says how many there are."""
    cluster = simulation.cluster
    cluster.stop()
    store = cluster.store
    originals = {kind: [one for one in store.all(kind) if _is_copied(one)] for kind in COPIED}
    spaces, have = 0, len(store.all(POD))
    while have < pods:
        spaces += 1
        space = f"shop-{spaces}"
        store.put(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
        for kind, item in _copies(originals, space):
            store.put(kind, item)
        have += len(originals[POD])
    _add_events(simulation, events)
    return have


def _is_copied(item: Mapping[str, Any]) -> bool:
    meta = item["metadata"]
    return meta.get("namespace") == "shop" and not meta["name"].startswith(BROKEN)


def _copies(originals: Mapping[Kind, list[Json]], space: str) -> Iterator[tuple[Kind, Json]]:
    """Each object again, in another namespace, with owners that are copies too."""
    uids: dict[str, str] = {}
    for kind, items in originals.items():
        for original in items:
            item = copy.deepcopy(original)
            meta = item["metadata"]
            meta["namespace"] = space
            meta["uid"] = uids.setdefault(meta.get("uid", ""), str(uuid.uuid4()))
            for owner in meta.get("ownerReferences") or ():
                owner["uid"] = uids.setdefault(owner["uid"], str(uuid.uuid4()))
            yield kind, item


def _add_events(simulation: Simulation, count: int) -> None:
    store = simulation.cluster.store
    pods, (pattern, *_) = store.all(POD), store.all(EVENT)
    for number in range(count - len(store.all(EVENT))):
        meta = pods[number % len(pods)]["metadata"]
        event = copy.deepcopy(pattern)
        event["metadata"] |= {"name": f"{meta['name']}.{number:x}", "namespace": meta["namespace"]}
        event["metadata"]["uid"] = str(uuid.uuid4())
        event |= {"type": "Normal", "reason": "Pulled", "message": "Container image is present"}
        event["involvedObject"] |= {key: meta[key] for key in ("name", "namespace", "uid")}
        store.put(EVENT, event)


def manifest(pods: int) -> Json:
    """Namespaces with one Deployment and Service each; the last pod of all cannot start."""
    items: list[Json] = []
    space = ""
    for number in range(SPACES):
        space, count = f"large-{number}", (pods - 1) // SPACES + (number < (pods - 1) % SPACES)
        meta = {"name": space, "labels": MARK}
        items += [{"apiVersion": "v1", "kind": "Namespace", "metadata": meta}]
        items += _program(space, "web", count)
    # What fails names a key that its ConfigMap does not have.
    items.append(_named("v1", "ConfigMap", space, "broken", data={"present": "yes"}))
    source = {"configMapKeyRef": {"name": "broken", "key": "absent"}}
    items += _program(space, "broken", 1, env=[{"name": "ABSENT", "valueFrom": source}])
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _program(space: str, name: str, replicas: int, **container: Any) -> list[Json]:
    labels = {"app": name}
    own = {"name": name, "image": PAUSE, **container}
    own["resources"] = {"requests": {"cpu": "1m", "memory": "1Mi"}}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [own], "automountServiceAccountToken": False},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    ports = [{"name": "http", "port": 80}]
    return [
        _named("apps/v1", "Deployment", space, name, spec=spec),
        _named("v1", "Service", space, name, spec={"selector": labels, "ports": ports}),
    ]


def _named(version: str, kind: str, space: str, name: str, **fields: Any) -> Json:
    meta = {"name": name, "namespace": space, "labels": MARK}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **fields}


def show(name: str, sample: Sample) -> None:
    print(
        f"{name}: {sample.cpu:.2f} CPU s, {sample.memory:.0f} MB, {sample.wall:.1f} s wall, "
        f"{sample.calls} API calls"
    )


def slowest_lists(*arguments: str) -> str:
    """The lists of one run that took longest: what the server needed for its answers."""
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(
            [TIME, str(SRE), *arguments, "--out", str(Path(home) / "report.md")],
            capture_output=True,
            cwd=home,
            env={**ENVIRONMENT, "XDG_STATE_HOME": home},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        lines = next(Path(home).glob("sreagent/incidents/*/journal.jsonl")).read_text("utf-8")
    looks = [record for record in map(json.loads, lines.splitlines()) if "seconds" in str(record)]
    seconds = sorted((_seconds(record) for record in looks), reverse=True)[:3]
    return ", ".join(f"{each:.2f} s" for each in seconds)


def _seconds(record: Mapping[str, Any]) -> float:
    body = record.get("record") or record.get("data") or {}
    return float(body.get("seconds") or 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=0, help="5000; of a manifest 500")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--kubeconfig", default="")
    parser.add_argument("--manifest", action="store_true", help="only print pods to make")
    parser.add_argument("--alert", default="KubePodCrashLooping")
    args = parser.parse_args()
    if args.manifest:
        print(json.dumps(manifest(args.pods or 500), indent=1))
        return
    line = ("investigate", args.alert, "--read-only", "--json", "--kubeconfig")
    if args.kubeconfig:
        show("the cluster", measure(*line, args.kubeconfig))
        print(f"longest reads of another run: {slowest_lists(*line, args.kubeconfig)}")
        return
    with Simulation.start("bad-deploy") as simulation:
        have = fill(simulation, args.pods or 5000, args.events)
        where = str(simulation.kubeconfig)
        show(f"{have} pods, {args.events} events", measure(*line, where))
        print(f"longest reads of another run: {slowest_lists(*line, where)}")


if __name__ == "__main__":
    main()
