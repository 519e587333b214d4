"""The kubectl calls that mean exactly one change of the catalogue.

The namespace of the target is empty when the line names none: the caller fills in the incident's.
"""

import re
from collections.abc import Callable, Mapping

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.tools.lines.kubectl_flags import Call
from sreagent.tools.lines.kubectl_objects import ROLLED_OUT, kind_of, read_objects
from sreagent.tools.lines.kubectl_patches import patched
from sreagent.tools.lines.kubectl_values import LABEL_KEY, LABEL_VALUE, NAME, name, namespace
from sreagent.tools.lines.objection import Objection, Rule

REPLICAS = re.compile(r"0|[1-9][0-9]{0,3}")
_REVISION = re.compile(r"[1-9][0-9]{0,5}")
_QUANTITY = re.compile(r"[1-9][0-9]{0,14}(?:m|[kMGT]|[KMGT]i)?")
_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]{0,511}")
_HARMLESS = frozenset(
    {"namespace", "request-timeout", "v", "wait", "timeout", "warnings-as-errors", "field-manager"}
)
"""They change nothing about what is changed."""
_SCALED = ("Deployment", "StatefulSet")


def rollout_undo(call: Call) -> Action:
    """`rollout undo deployment/web --to-revision=7`."""
    _only(call, "to-revision")
    target = _target(call, call.arguments, ROLLED_OUT)
    revision = call.last("to-revision")
    if not _REVISION.fullmatch(revision):
        seen = f"kubectl rollout history {target.kind.lower()}/{target.name}"
        reason = f"name the revision, as `{seen}` shows it: write --to-revision=N"
        raise Objection(Rule.ARGUMENT, reason)
    return Action(verb="rollout_undo", target=target, arguments={"revision": int(revision)})


def rollout_restart(call: Call) -> Action:
    """`rollout restart deployment/web`."""
    _only(call)
    return Action(verb="rollout_restart", target=_target(call, call.arguments, ROLLED_OUT))


def scale(call: Call) -> Action:
    """`scale deployment/web --replicas=3`."""
    _only(call, "replicas")
    target = _target(call, call.arguments, _SCALED)
    text = call.last("replicas")
    if not REPLICAS.fullmatch(text):
        reason = f"--replicas={text!r}: write a plain number from 0 to 9999, as in --replicas=3"
        raise Objection(Rule.ARGUMENT, reason)
    return Action(verb="scale", target=target, arguments={"replicas": int(text)})


def set_image(call: Call) -> Action:
    """`set image deployment/web app=repo/web:1.2`."""
    _only(call)
    pairs = [word for word in call.arguments if "=" in word]
    objects = tuple(word for word in call.arguments if "=" not in word)
    target = _target(call, objects, ROLLED_OUT)
    container, _, image = pairs[0].partition("=") if pairs else ("", "", "")
    if len(pairs) != 1 or not NAME.fullmatch(container) or not _IMAGE.fullmatch(image):
        raise Objection(Rule.ARGUMENT, "name one container and its image: app=repo/web:1.2")
    arguments = {"container": container, "image": image}
    return Action(verb="set_image", target=target, arguments=arguments)


def set_resources(call: Call) -> Action:
    """`set resources deployment/web -c app --limits=memory=512Mi`."""
    _only(call, "containers", "limits", "requests")
    target = _target(call, call.arguments, ROLLED_OUT)
    container = call.last("containers", "*")
    if not NAME.fullmatch(container):
        raise Objection(
            Rule.ARGUMENT, "name one container with -c: all of them at once is not taken"
        )
    arguments = {"container": container, **_quantities(call)}
    return Action(verb="set_resources", target=target, arguments=arguments)


def _quantities(call: Call) -> dict[str, str]:
    found: dict[str, str] = {}
    for flag in ("limits", "requests"):
        for pair in call.last(flag).split(",") if flag in call.given else ():
            resource, _, quantity = pair.partition("=")
            key = f"{resource}_{flag[:-1]}"
            known = resource in ("cpu", "memory") and key not in found
            if not known or not _QUANTITY.fullmatch(quantity):
                raise Objection(Rule.ARGUMENT, f"--{flag}={pair!r}: write cpu=200m,memory=512Mi")
            found[key] = quantity
    if not found:
        raise Objection(Rule.ARGUMENT, "give --limits or --requests: --limits=memory=512Mi")
    return found


def set_selector(call: Call) -> Action:
    """`set selector service web app=web`: the whole selector."""
    _only(call)
    if len(call.arguments) < 2:
        raise Objection(Rule.ARGUMENT, "write `kubectl set selector service web app=web`")
    target = _target(call, call.arguments[:-1], ("Service",))
    labels: dict[str, str] = {}
    for pair in call.arguments[-1].split(","):
        key, equals, value = pair.partition("=")
        good = equals and LABEL_KEY.fullmatch(key) and LABEL_VALUE.fullmatch(value)
        if not good or key in labels:
            raise Objection(Rule.ARGUMENT, f"{pair!r} is no label: write app=web,tier=front")
        labels[key] = value
    return Action(verb="patch_service", target=target, arguments={"selector": labels})


def delete(call: Call) -> Action:
    """`delete pod web-1` and `delete job backfill`."""
    for flag in ("force", "now", "grace-period", "cascade"):
        if flag in call.given:
            reason = f"--{flag} is not taken: the object's own grace period and cascade are kept"
            raise Objection(Rule.FLAG, reason)
    _only(call)
    target = _target(call, call.arguments, ("Pod", "Job"))
    verb = "delete_pod" if target.kind == "Pod" else "delete_job"
    return Action(verb=verb, target=target)


def evict(call: Call) -> Action:
    """`evict pod web-1`: as this program renders an eviction; kubectl itself has no such verb."""
    _only(call)
    return Action(verb="evict_pod", target=_target(call, call.arguments, ("Pod",)))


def node(verb: str, *flags: str) -> Callable[[Call], Action]:
    """`cordon`, `uncordon` and `drain` of one node."""

    def change(call: Call) -> Action:
        _only(call, *flags)
        words = call.arguments
        if len(words) == 1 and "/" not in words[0]:
            return Action(verb=verb, target=Entity(kind="Node", name=name(words[0])))
        return Action(verb=verb, target=_target(call, words, ("Node",)))

    return change


def patch(call: Call) -> Action:
    """`patch … -p JSON` where the JSON means one change of the catalogue."""
    _only(call, "patch", "type")
    target = _target(call, call.arguments, None)
    return patched(target, call.last("type", "strategic"), call.last("patch"))


def _target(call: Call, words: tuple[str, ...], kinds: tuple[str, ...] | None) -> Entity:
    """The one object of a change.

    Raises:
        Objection: It is not exactly one, or of another kind.
    """
    objects = read_objects(words)
    if len(objects.named) != 1:
        reason = f"name exactly one object: kubectl {call.command} TYPE/NAME …, one line for each"
        raise Objection(Rule.ONE_OBJECT, reason)
    resource, one = objects.named[0]
    kind = kind_of(resource)
    if kind is None or (kinds is not None and kind not in kinds):
        known = ", ".join(kinds) if kinds else "the kinds of the catalogue"
        reason = f"`kubectl {call.command}` is taken for {known}; not for {resource}"
        raise Objection(Rule.KIND, reason)
    place = "" if kind == "Node" else namespace(call)
    return Entity(kind=kind, namespace=place, name=name(one))


def _only(call: Call, *flags: str) -> None:
    """Check that nothing else is asked.

    Raises:
        Objection: A flag would change the meaning.
    """
    if call.program is not None:
        raise Objection(Rule.FLAG, "write no `--` in a change")
    for flag in call.given:
        if flag not in _HARMLESS and flag not in flags:
            example = " ".join(f"--{one}" for one in flags) or "none"
            reason = f"--{flag} is not taken in this change (only -n and: {example}); leave it away"
            raise Objection(Rule.FLAG, reason)


CHANGES: Mapping[str, Callable[[Call], Action]] = {
    "cordon": node("cordon"),
    "delete": delete,
    "drain": node("drain", "ignore-daemonsets", "delete-emptydir-data"),
    "evict": evict,
    "patch": patch,
    "rollout restart": rollout_restart,
    "rollout undo": rollout_undo,
    "scale": scale,
    "set image": set_image,
    "set resources": set_resources,
    "set selector": set_selector,
    "uncordon": node("uncordon"),
}
