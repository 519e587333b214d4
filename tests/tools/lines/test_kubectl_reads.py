"""What kubectl reads become, field by field, and many more that only have to be understood."""

from pathlib import Path
from typing import Any

import pytest

from sreagent.domain.action import Action
from sreagent.domain.command import KubectlRead
from sreagent.domain.entity import Entity
from sreagent.tools.lines import parse, render

HERE = Path(__file__).parent
WRITTEN = (HERE / "kubectl_reads.txt").read_text(encoding="utf-8").splitlines()


def read(verb: str, **fields: Any) -> KubectlRead:
    return KubectlRead(verb=verb, **fields)


UNDERSTOOD = {
    "kubectl get pods -n shop -o wide": read(
        "get", resources=("pods",), namespace="shop", output="wide"
    ),
    "kubectl get po,SVC -A": read("get", resources=("po", "svc"), everywhere=True),
    "kubectl get pods web-1 web-2": read("get", resources=("pods",), names=("web-1", "web-2")),
    "kubectl get pod/web-1 svc/web": read("get", objects=(("pod", "web-1"), ("svc", "web"))),
    "kubectl get pod,svc web": read("get", objects=(("pod", "web"), ("svc", "web"))),
    "kubectl get pods -o jsonpath='{.items[*].metadata.name}'": read(
        "get", resources=("pods",), output="json"
    ),
    "kubectl get pods -wlapp=web -L app,tier --show-labels": read(
        "get",
        resources=("pods",),
        selector="app=web",
        options={"follow": True, "label_columns": ("app", "tier"), "show_labels": True},
    ),
    "kubectl get ev --sort-by=.lastTimestamp --field-selector type=Warning": read(
        "get", resources=("ev",), sort_by=".lastTimestamp", field_selector="type=Warning"
    ),
    "kubectl get --raw '/readyz?verbose'": read("get", options={"path": "/readyz?verbose"}),
    "kubectl get deploy web --subresource=scale -o yaml": read(
        "get",
        resources=("deploy",),
        names=("web",),
        output="yaml",
        options={"subresource": "scale"},
    ),
    "kubectl describe pods -l app=web": read("describe", resources=("pods",), selector="app=web"),
    "kubectl logs web-1 -pc app --tail=20 --since=1h30m": read(
        "logs",
        objects=(("pod", "web-1"),),
        container="app",
        options={"previous": True, "tail": 20, "since_seconds": 5400},
    ),
    "kubectl logs -f deploy/web --all-pods": read(
        "logs", objects=(("deploy", "web"),), options={"all_pods": True, "follow": True}
    ),
    "kubectl top pods -A --sort-by=memory --containers": read(
        "top",
        resources=("pods",),
        everywhere=True,
        sort_by="memory",
        options={"containers": True},
    ),
    "kubectl events --for Pod/web-1 --types=Warning -w": read(
        "events", options={"follow": True, "for": "pod/web-1", "types": ("Warning",)}
    ),
    "kubectl explain deploy.spec.strategy --recursive": read(
        "explain", options={"topic": "deploy.spec.strategy", "recursive": True}
    ),
    "kubectl auth can-i delete pods/web-1 -n shop": read(
        "can_i",
        resources=("pods",),
        names=("web-1",),
        namespace="shop",
        options={"action": "delete"},
    ),
    "kubectl rollout status deploy/web --watch=false --timeout=1m": read(
        "rollout_status",
        objects=(("deploy", "web"),),
        options={"follow": False, "timeout_seconds": 60.0},
    ),
    "kubectl rollout history deploy web --revision=3": read(
        "rollout_history", resources=("deploy",), names=("web",), options={"revision": 3}
    ),
    "kubectl wait --for=condition=Ready pod -l app=web --timeout=30s": read(
        "wait",
        resources=("pod",),
        selector="app=web",
        options={"for": "condition=Ready", "timeout_seconds": 30.0},
    ),
    "kubectl config view --minify": read("contexts", options={"what": "view", "minify": True}),
    "kubectl delete --help": read("help", options={"topic": "delete"}),
    "kubectl -n shop scale deploy/web --replicas=3 --dry-run=server": read(
        "preview",
        namespace="shop",
        options={
            "line": "kubectl -n shop scale deploy/web --replicas=3 --dry-run=server",
            "dry_run": "server",
            "action": Action(
                verb="scale",
                target=Entity(kind="Deployment", namespace="shop", name="web"),
                arguments={"replicas": 3},
            ),
        },
    ),
    "kubectl create deployment web --image=nginx:1.27 --dry-run=client -o yaml": read(
        "preview",
        options={
            "line": "kubectl create deployment web --image=nginx:1.27 --dry-run=client -o yaml",
            "dry_run": "client",
        },
    ),
}


@pytest.mark.parametrize("line", UNDERSTOOD)
def test_a_read_has_exactly_the_fields_that_were_written(line: str) -> None:
    assert parse(line) == UNDERSTOOD[line]


@pytest.mark.parametrize("line", WRITTEN)
def test_what_people_write_on_call_is_read_and_rendered_alike(line: str) -> None:
    understood = parse(line)
    assert isinstance(understood, KubectlRead), understood
    assert parse(render(understood)) == understood


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("kubectl get pods -n a -n b", "kubectl get pods -n b", id="last-flag-wins"),
        pytest.param("kubectl get pods -Ao wide", "kubectl get pods -o wide -A", id="glued"),
        pytest.param("kubectl -nshop get pods", "kubectl get pods --namespace shop", id="before"),
        pytest.param("kubectl get pods -A=false", "kubectl get pods", id="switched-off"),
        pytest.param("kubectl get -- pods", "kubectl get pods", id="flags-ended"),
        pytest.param("'kubectl' get \"pods\"", "kubectl get pods", id="quotes"),
        pytest.param("kubectl get pods\n", "kubectl get pods", id="one-newline"),
        pytest.param("kubectl get pods -o yaml -o wide", "kubectl get pods -owide", id="output"),
    ],
)
def test_spellings_of_one_call_mean_the_same(one: str, other: str) -> None:
    assert isinstance(parse(one), KubectlRead)
    assert parse(one) == parse(other)
