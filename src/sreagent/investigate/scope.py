"""Where to look: the namespace of an alert."""

import difflib
import re

from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.errors import BadInput, Forbidden, NotFound
from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Cluster

_WORD = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


def find_namespace(cluster: Cluster, alert: Alert, wanted: str, inventory: Inventory) -> str:
    """The namespace to look at; empty for all of them. What was listed for it is kept.

    Taken from what the person said, the alert's label, a namespace that the alert's text names,
    the context's own; in this order.

    Raises:
        BadInput: It does not exist.
        SreError: The cluster did not answer.
    """
    if name := wanted or alert.namespace:
        _check(cluster, name)
        return name
    try:
        listing = cluster.list("Namespace")
    except Forbidden:
        return cluster.default_namespace
    inventory.add(listing)
    known = {item["metadata"]["name"] for item in listing.items}
    named = [word for word in _WORD.findall(alert.name.lower()) if word in known]
    # "checkout pods crash looping in shop": where a place is told, it is told last.
    return named[-1] if named else cluster.default_namespace


def _namespaces(cluster: Cluster) -> set[str]:
    return {item["metadata"]["name"] for item in cluster.list("Namespace").items}


def _check(cluster: Cluster, name: str) -> None:
    try:
        cluster.get(Entity(kind="Namespace", name=name))
    except Forbidden:
        # Who may not read namespaces may still read what is in this one.
        return
    except NotFound as error:
        raise _missing(cluster, name) from error


def _missing(cluster: Cluster, name: str) -> BadInput:
    try:
        known = sorted(_namespaces(cluster))
    except Forbidden:
        known = []
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"--namespace {near[0]}" if near else f"one of: {', '.join(known[:20])}" if known else ""
    return BadInput(
        f"namespace {name!r} does not exist in cluster {cluster.context!r}",
        why=f"the API server at {cluster.server} knows no namespace of that name",
        hint=f"try: {hint}" if hint else "try: another --context",
    )
