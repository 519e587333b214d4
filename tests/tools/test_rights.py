"""The rights of each role follow from what is read and what can be changed, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest

from sreagent.domain.kinds import KINDS
from sreagent.tools.catalogue import TOOLS
from sreagent.tools.cluster import REMOVALS
from sreagent.tools.rights import CHANGES, Role, manifests

ON_CLUSTER = sorted(verb for verb, tool in TOOLS.items() if tool.kinds <= set(KINDS))
USAGE = {("metrics.k8s.io", what, verb) for what in ("pods", "nodes") for verb in ("get", "list")}


def granted(made: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Group, resource and verb of every rule."""
    return {
        (group, resource, verb)
        for one in made
        for rule in one.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def of(role: Role, only: str = "") -> set[tuple[str, str, str]]:
    return granted(manifests(role, account="sre", namespace="ops", only=only))


def reading() -> set[tuple[str, str, str]]:
    return {
        (kind.group, kind.plural, verb)
        for kind in KINDS.values()
        if kind.name != "Secret"
        for verb in ("get", "list")
    }


def needed(verb: str) -> Iterator[tuple[str, str, str]]:
    """What the server asks of who sends the requests of a change."""
    if verb in ("evict_pod", "drain"):
        yield "", "pods/eviction", "create"
    if verb == "evict_pod":
        return
    for kind in (KINDS[name] for name in TOOLS[verb].kinds):
        yield kind.group, kind.plural, "delete" if verb in REMOVALS else "patch"


def test_an_observer_reads_each_kind_that_is_read_and_no_secret() -> None:
    assert of(Role.OBSERVER) == reading()


def test_a_diagnostician_reads_logs_and_usage_as_well() -> None:
    assert of(Role.DIAGNOSTICIAN) == reading() | USAGE | {("", "pods/log", "get")}


def test_a_remediator_may_make_the_changes_of_the_catalogue_and_no_other() -> None:
    changes = {right for verb in ON_CLUSTER for right in needed(verb)}
    assert of(Role.REMEDIATOR) - of(Role.DIAGNOSTICIAN) == changes


@pytest.mark.parametrize("verb", ON_CLUSTER)
def test_each_change_lists_what_it_needs(verb: str) -> None:
    listed = {
        (right.group, resource, word)
        for right in CHANGES[verb]
        for resource in right.resources
        for word in right.verbs
    }
    assert listed == set(needed(verb))


def test_no_right_is_listed_for_a_change_that_is_not_in_the_catalogue() -> None:
    assert set(CHANGES) == set(ON_CLUSTER)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("only", ["", "shop"])
def test_nothing_is_granted_by_wildcard_and_nothing_that_leads_to_more_rights(
    role: Role, only: str
) -> None:
    rights = of(role, only)
    assert not any("*" in part for right in rights for part in right)
    assert not {"secrets", "serviceaccounts/token", "pods/exec", "nodes/proxy"} & {
        resource for _, resource, _ in rights
    }
    assert not {"impersonate", "escalate", "bind", "watch", "update"} & {v for *_, v in rights}
    of_rights = {verb for group, _, verb in rights if group.startswith(("rbac", "admission"))}
    assert of_rights <= {"get", "list"}


def test_in_one_namespace_only_what_has_no_namespace_is_read_everywhere() -> None:
    made = manifests(Role.REMEDIATOR, account="sre", namespace="ops", only="shop")
    shared = next(one for one in made if one["kind"] == "ClusterRole")
    homeless = {kind.plural for kind in KINDS.values() if not kind.namespaced}
    assert {resource for _, resource, _ in granted([shared])} == homeless
    assert {verb for *_, verb in granted([shared])} == {"get", "list"}
    spaces = {one["metadata"]["namespace"] for one in made if one["kind"].startswith("Role")}
    assert spaces == {"shop"}


def test_nodes_are_not_changed_with_rights_in_one_namespace() -> None:
    lost = of(Role.REMEDIATOR) - of(Role.REMEDIATOR, "shop")
    assert lost == {("", "nodes", "patch")}


def test_each_binding_names_a_role_and_an_account_that_are_there() -> None:
    made = manifests(Role.REMEDIATOR, account="sre", namespace="ops", only="shop")
    there = {(one["kind"], one["metadata"]["name"]) for one in made}
    bindings = [one for one in made if "roleRef" in one]
    assert len(bindings) == 2
    for binding in bindings:
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in there
        subject = {"kind": "ServiceAccount", "name": "sre", "namespace": "ops"}
        assert binding["subjects"] == [subject]


def test_a_second_account_takes_nothing_from_the_first() -> None:
    one = manifests(Role.OBSERVER, account="one", namespace="ops")
    two = manifests(Role.OBSERVER, account="two", namespace="ops")
    shared = [made for made in one if made in two]
    assert {made["kind"] for made in shared} == {"ClusterRole"}
    names = [
        {made["metadata"]["name"] for made in made if "roleRef" in made} for made in (one, two)
    ]
    assert names[0].isdisjoint(names[1])


def test_a_namespace_is_made_only_when_none_is_named() -> None:
    kinds = [made["kind"] for made in manifests(Role.OBSERVER, account="sre")]
    assert kinds[:2] == ["Namespace", "ServiceAccount"]
    kinds = [made["kind"] for made in manifests(Role.OBSERVER, account="sre", namespace="ops")]
    assert kinds[0] == "ServiceAccount"
