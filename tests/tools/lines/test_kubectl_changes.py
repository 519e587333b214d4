"""Lines that mean exactly one change of the catalogue, and those that nearly do."""

from typing import Any

import pytest

from sreagent.domain.action import Action
from sreagent.domain.command import Refusal
from sreagent.domain.entity import Entity
from sreagent.tools.catalogue import TOOLS
from sreagent.tools.lines import parse


def change(verb: str, kind: str, name: str, /, **arguments: Any) -> Action:
    namespace = "" if kind == "Node" else "shop"
    target = Entity(kind=kind, namespace=namespace, name=name)
    return Action(verb=verb, target=target, arguments=arguments)


CHANGES = {
    "rollout undo deploy/web --to-revision=7": change(
        "rollout_undo", "Deployment", "web", revision=7
    ),
    "rollout undo sts db --to-revision 2": change("rollout_undo", "StatefulSet", "db", revision=2),
    "rollout restart ds/agent": change("rollout_restart", "DaemonSet", "agent"),
    "rollout restart deployments.apps/web": change("rollout_restart", "Deployment", "web"),
    "scale --replicas=3 deployment web": change("scale", "Deployment", "web", replicas=3),
    "scale sts/db --replicas 0": change("scale", "StatefulSet", "db", replicas=0),
    "scale deploy/web --replicas=9 --replicas=3": change("scale", "Deployment", "web", replicas=3),
    "set image deploy/web app=repo.example/web:1.2": change(
        "set_image", "Deployment", "web", container="app", image="repo.example/web:1.2"
    ),
    "set resources deploy web -c app --limits=cpu=200m,memory=512Mi --requests memory=256Mi": (
        change(
            "set_resources",
            "Deployment",
            "web",
            container="app",
            cpu_limit="200m",
            memory_limit="512Mi",
            memory_request="256Mi",
        )
    ),
    "set selector svc web app=web,tier=front": change(
        "patch_service", "Service", "web", selector={"app": "web", "tier": "front"}
    ),
    "delete pod web-1": change("delete_pod", "Pod", "web-1"),
    "delete po/web-1 --wait=false": change("delete_pod", "Pod", "web-1"),
    "delete job backfill": change("delete_job", "Job", "backfill"),
    "evict pod web-1": change("evict_pod", "Pod", "web-1"),
    "cordon ip-10-0-1-7": change("cordon", "Node", "ip-10-0-1-7"),
    "uncordon node/ip-10-0-1-7": change("uncordon", "Node", "ip-10-0-1-7"),
    "drain ip-10-0-1-7 --ignore-daemonsets": change("drain", "Node", "ip-10-0-1-7"),
    """patch deploy web -p '{"spec":{"replicas":3}}'""": change(
        "scale", "Deployment", "web", replicas=3
    ),
    """patch sts db --type=json -p '[{"op":"replace","path":"/spec/replicas","value":3}]'""": (
        change("scale", "StatefulSet", "db", replicas=3)
    ),
    """patch cj backup -p '{"spec":{"suspend":true}}'""": change("suspend", "CronJob", "backup"),
    """patch cronjob/backup --type merge -p '{"spec":{"suspend":false}}'""": change(
        "resume", "CronJob", "backup"
    ),
    """patch hpa web -p '{"spec":{"minReplicas":2,"maxReplicas":8}}'""": change(
        "set_autoscaler_bounds",
        "HorizontalPodAutoscaler",
        "web",
        min_replicas=2,
        max_replicas=8,
    ),
    """patch node ip-10-0-1-7 -p '{"spec":{"unschedulable":true}}'""": change(
        "cordon", "Node", "ip-10-0-1-7"
    ),
    """patch svc web -p '{"spec":{"ports":[{"port":80,"targetPort":"http"}]}}'""": change(
        "patch_service", "Service", "web", port=80, target_port="http"
    ),
}


@pytest.mark.parametrize("words", CHANGES)
def test_a_line_is_the_change_that_it_says(words: str) -> None:
    assert parse(f"kubectl -n shop {words}") == CHANGES[words]


@pytest.mark.parametrize("words", CHANGES)
def test_an_understood_change_is_one_that_the_catalogue_takes(words: str) -> None:
    action = CHANGES[words]
    TOOLS[action.verb].check(action)


def test_without_a_namespace_the_target_has_none() -> None:
    action = parse("kubectl scale deploy/web --replicas=3")
    assert isinstance(action, Action)
    assert action.target == Entity(kind="Deployment", name="web")


@pytest.mark.parametrize(
    "words",
    [
        "rollout undo deploy/web",
        "rollout undo deploy/web --to-revision=0",
        "rollout undo deploy/web --to-revision=010",
        "rollout undo deploy --to-revision=3",
        "rollout undo deploy/web sts/db --to-revision=3",
        "rollout restart deploy",
        "rollout restart deploy/web deploy/api",
        "rollout restart deploy -l app=web",
        "rollout restart rs/web-1",
        "scale deploy/web --replicas=010",
        "scale deploy/web --replicas=0x10",
        "scale deploy/web --replicas=+3",
        "scale deploy/web --replicas=1_000",
        "scale deploy/web --replicas=-0",
        "scale deploy/web --replicas=00",
        "scale deploy/web --replicas=3.0",
        "scale deploy/web --replicas=4294967296",
        "scale deploy/web --replicas='3 '",
        "scale deploy/web",
        "scale deploy --all --replicas=3",
        "scale deploy/web --current-replicas=2 --replicas=3",
        "scale rs/web --replicas=3",
        "scale widgets.example.com/web --replicas=3",
        "scale deployments.example.com/web --replicas=3",
        "scale deploy/web --replicas=3 -A",
        "scale deploy/web --replicas=3 --dry-run=none",
        "set image deploy/web app=a side=b",
        "set image deploy/web *=a",
        "set image deploy/web 'app=a b'",
        "set image deploy --all app=a",
        "set resources deploy web --limits=memory=512Mi",
        "set resources deploy web -c app --limits=memory=lots",
        "set resources deploy web -c app --limits=gpu=1",
        "set resources deploy web -c app",
        "set resources deploy web -c '*' --limits=memory=512Mi",
        "delete pod web-1 web-2",
        "delete pod web-1 --force",
        "delete pod web-1 --now",
        "delete pod web-1 --grace-period=0",
        "delete pods --all",
        "delete pods -l app=web",
        "delete job backfill --cascade=orphan",
        "delete deploy web",
        "delete secret db",
        "delete ns shop",
        "delete pods,jobs web-1",
        "drain ip-10-0-1-7 --force",
        "drain ip-10-0-1-7 --disable-eviction",
        "drain -l pool=spot",
        "cordon -l pool=spot",
        "cordon a b",
        """patch deploy web -p '{"spec":{"replicas":3,"paused":true}}'""",
        """patch deploy web -p '{"spec":{"replicas":3,"replicas":0}}'""",
        """patch deploy web -p '{"spec":{"replicas":true}}'""",
        """patch deploy web -p '{"spec":{"replicas":"3"}}'""",
        """patch deploy web -p '{"spec":{"replicas":3.0}}'""",
        """patch deploy web -p '{"spec":{"replicas":-1}}'""",
        """patch deploy web -p '{"spec":{"replicas":3},"metadata":{"labels":{"a":"b"}}}'""",
        """patch deploy web -p 'spec: {replicas: 3}'""",
        """patch deploy web --subresource=scale -p '{"spec":{"replicas":3}}'""",
        """patch deploy web --type=json -p '[{"op":"remove","path":"/spec/replicas"}]'""",
        """patch cj backup -p '{"spec":{"suspend":"true"}}'""",
        """patch hpa web -p '{"spec":{"minReplicas":0}}'""",
        """patch hpa web -p '{"spec":{"minReplicas":2,"metrics":[]}}'""",
        """patch svc web -p '{"spec":{"selector":{"app":"other"}}}'""",
        """patch svc web --type=merge -p '{"spec":{"ports":[{"port":80,"targetPort":8080}]}}'""",
        """patch svc web -p '{"spec":{"type":"LoadBalancer"}}'""",
        """patch svc web -p '{"spec":{"externalIPs":["203.0.113.9"]}}'""",
        """patch secret db -p '{"data":{"a":"b"}}'""",
        """patch deploy web -p 'null'""",
        """patch deploy web -p 'NaN'""",
        "patch deploy web",
        "patch deploy web --patch-file=x.yaml",
    ],
)
def test_what_is_not_exactly_one_change_is_refused(words: str) -> None:
    assert isinstance(parse(f"kubectl -n shop {words}"), Refusal)


EXAMPLES: dict[str, Action] = {action.verb: action for action in CHANGES.values()}
WITHOUT_A_LINE = {"patch_ingress", "restore_applied", "restore_env", "silence", "unsilence"}
"""No single kubectl line says these; they are proposed as typed actions only."""


IN_A_CLUSTER = {
    verb for verb, tool in TOOLS.items() if not any(kind.startswith("AWS::") for kind in tool.kinds)
}


@pytest.mark.parametrize("verb", sorted(IN_A_CLUSTER - WITHOUT_A_LINE))
def test_every_change_has_a_line_that_means_it_again(verb: str) -> None:
    action = EXAMPLES[verb]
    assert parse(TOOLS[verb].command(action)) == action


TYPED_ONLY = [
    Action(
        verb="restore_env",
        target=Entity(kind="Deployment", namespace="shop", name="web"),
        arguments={"container": "app", "name": "LOG_LEVEL", "revision": 3},
    ),
    Action(
        verb="restore_applied",
        target=Entity(kind="ConfigMap", namespace="shop", name="web"),
        arguments={"key": "a"},
    ),
    Action(
        verb="patch_ingress",
        target=Entity(kind="Ingress", namespace="shop", name="web"),
        arguments={"host": "a.example", "path": "/", "service": "web", "port": 80},
    ),
]


@pytest.mark.parametrize("action", TYPED_ONLY, ids=lambda action: action.verb)
def test_what_is_shown_for_the_others_is_never_taken_for_another_change(action: Action) -> None:
    assert isinstance(parse(TOOLS[action.verb].command(action)), Refusal)
