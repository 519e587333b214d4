"""Refused rights: which rule is missing, told by evaluating roles and bindings."""

from typing import Any

import pytest
from tests.diagnose.build import (
    NOW,
    Json,
    app,
    crashing,
    event,
    lines,
    log,
    make,
    named,
    seen,
    told,
)

from sreagent.diagnose.conditions.run import findings
from sreagent.diagnose.view.denials import read_refusals
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Finding

ACCOUNT = "system:serviceaccount:shop:app"
LIST_PODS = (
    f'pods is forbidden: User "{ACCOUNT}" cannot list resource "pods" in API group "" in the '
    'namespace "shop"'
)
GET_CONFIG = (
    f'configmaps "settings" is forbidden: User "{ACCOUNT}" cannot get resource "configmaps" in '
    'API group "" in the namespace "shop"'
)
NODES = (
    f'nodes is forbidden: User "{ACCOUNT}" cannot list resource "nodes" in API group "" '
    "at the cluster scope"
)


def rule(verbs: list[str], *resources: str, group: str = "", **more: Any) -> Json:
    return {"apiGroups": [group], "resources": list(resources), "verbs": verbs, **more}


def role(name: str, *rules: Json, kind: str = "Role", **more: Any) -> Json:
    return make(kind, name, rules=list(rules), **more)


def binding(
    to: str, *, account: str = "app", kind: str = "RoleBinding", of: str = "Role", **subject: str
) -> Json:
    who = {"kind": "ServiceAccount", "name": account, "namespace": "shop", **subject}
    return make(kind, f"{to}-binding", roleRef={"kind": of, "name": to}, subjects=[who])


SA = make("ServiceAccount", "app")
READER = role("reader", rule(["get"], "pods"))


def refused(text: str = LIST_PODS, **more: Any) -> tuple[list[Json], list[Any]]:
    objects = app("app", **more)
    return [SA, *objects], [log(named(objects, "Pod"), lines(text))]


def found(
    *roles: Json, text: str = LIST_PODS, without: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    objects, logs = refused(text)
    return findings(seen(*objects, *roles, logs=logs, refused=without), NOW)


@pytest.mark.parametrize(
    ("text", "roles", "entity", "words"),
    [
        pytest.param(
            LIST_PODS,
            [READER, binding("reader")],
            "Role/shop/reader",
            "lets serviceaccount shop/app only get pods, and not list",
            id="missing-verb",
        ),
        pytest.param(
            GET_CONFIG,
            [READER, binding("reader")],
            "Role/shop/reader",
            "has no rule to get configmaps in namespace shop",
            id="missing-resource",
        ),
        pytest.param(
            LIST_PODS,
            [binding("reader")],
            "RoleBinding/shop/reader-binding",
            "to role reader, which does not exist",
            id="role-deleted",
        ),
        pytest.param(
            LIST_PODS,
            [role("reader", rule(["get", "list"], "pods")), binding("reader", account="apps")],
            "RoleBinding/shop/reader-binding",
            "binds serviceaccount shop/apps and not serviceaccount shop/app",
            id="bound-to-another-account",
        ),
        pytest.param(
            LIST_PODS,
            [
                role("reader", rule(["list"], "pods")),
                binding("reader", namespace="old"),
            ],
            "RoleBinding/shop/reader-binding",
            "binds serviceaccount old/app",
            id="bound-in-another-namespace",
        ),
        pytest.param(
            LIST_PODS, [], "ServiceAccount/shop/app", "is bound to no role", id="binding-deleted"
        ),
        pytest.param(
            NODES,
            [
                role("watcher", rule(["get"], "nodes"), kind="ClusterRole"),
                binding("watcher", kind="ClusterRoleBinding", of="ClusterRole"),
            ],
            "ClusterRole/watcher",
            "only get nodes, and not list",
            id="cluster-scope",
        ),
        pytest.param(
            GET_CONFIG,
            [
                role("reader", rule(["get"], "configmaps", resourceNames=["other"])),
                binding("reader"),
            ],
            "Role/shop/reader",
            "has no rule to get configmaps",
            id="of-another-name",
        ),
    ],
)
def test_the_rule_that_is_missing_is_found(
    text: str, roles: list[Json], entity: str, words: str
) -> None:
    (finding,) = told(found(*roles, text=text), "rbac.missing_right")
    assert finding.entity.path == entity
    assert words in finding.claim
    assert finding.tainted
    assert finding.facts["explains"] == "Deployment/shop/app"


@pytest.mark.parametrize(
    "roles",
    [
        pytest.param([role("r", rule(["*"], "*")), binding("r")], id="by-role"),
        pytest.param(
            [
                role("edit", rule(["list"], "pods"), kind="ClusterRole"),
                binding("edit", of="ClusterRole"),
            ],
            id="by-cluster-role-in-the-namespace",
        ),
    ],
)
def test_a_right_that_is_there_by_now_is_no_cause(roles: list[Json]) -> None:
    assert not told(found(*roles), "rbac.missing_right")
    assert not told(found(*roles), "workload.refused_rights")


def test_a_group_of_accounts_counts_as_each_of_them() -> None:
    bound = binding("r")
    bound["subjects"] = [{"kind": "Group", "name": "system:serviceaccounts:shop"}]
    assert not told(found(role("r", rule(["list"], "pods")), bound), "rbac.missing_right")


def test_the_program_is_told_as_the_one_that_suffers() -> None:
    (finding,) = told(found(READER, binding("reader")), "workload.refused_rights")
    assert finding.entity.path == "Deployment/shop/app"
    assert [one.path for one in finding.suspects] == ["Role/shop/reader"]


def test_roles_that_could_not_be_listed_leave_it_undecided() -> None:
    every = found(READER, binding("reader"), without=("Role", "RoleBinding"))
    assert not told(every, "rbac.missing_right")
    (finding,) = told(every, "workload.refused_rights")
    assert finding.verdict is Health.UNKNOWN
    assert "forbidden" in finding.claim


def test_an_event_of_a_controller_counts_too() -> None:
    objects = app("app")
    told_so = event(
        named(objects, "ReplicaSet"),
        "FailedCreate",
        LIST_PODS,
        kind="ReplicaSet",
        namespace="shop",
        name="app-1",
    )
    every = findings(seen(SA, *objects, told_so, READER, binding("reader")), NOW)
    assert told(every, "rbac.missing_right")


def test_a_refusal_of_an_hour_ago_is_history() -> None:
    objects = app("app")
    old = log(named(objects, "Pod"), "2026-03-04T01:30:00Z ERROR " + LIST_PODS)
    assert not told(
        findings(seen(SA, *objects, READER, binding("reader"), logs=[old]), NOW),
        "rbac.missing_right",
    )


def test_last_words_of_a_crash_count() -> None:
    objects = app("app", pods=[crashing()])
    last = log(named(objects, "Pod"), lines(LIST_PODS), previous=True)
    every = findings(seen(SA, *objects, READER, binding("reader"), logs=[last]), NOW)
    (crash,) = told(every, "pod.crash_loop")
    assert [one.path for one in crash.suspects] == ["Role/shop/reader"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param(LIST_PODS, 1, id="plain"),
        pytest.param(LIST_PODS.replace('"', '\\"'), 1, id="quoted-in-json"),
        pytest.param("system:serviceaccount:" * 5000, 0, id="marks-only"),
        pytest.param('User "alice" cannot list resource "pods" in API group ""', 0, id="a-person"),
    ],
)
def test_refusals_are_read_from_any_text(text: str, count: int) -> None:
    assert len(list(read_refusals(text))) == count


def test_hygiene_is_only_remarked() -> None:
    wild = role("wild", rule(["*"], "*"))
    every = findings(
        seen(
            make("ServiceAccount", "default"), *app("app"), wild, binding("wild", account="default")
        ),
        NOW,
    )
    assert "allows any of verbs and resources" in told(every, "rbac.wildcard")[0].claim
    assert "2 pods" in told(every, "rbac.default_account")[0].claim
    assert {one.severity.value for one in every if one.condition.startswith("rbac.")} == {"info"}
