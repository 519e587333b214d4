"""The closed grammar of kubectl: a line is a typed read, a change of the catalogue, or neither."""

from collections.abc import Mapping, Sequence

from sreagent.domain.action import Action
from sreagent.domain.command import KubectlRead
from sreagent.tools.lines.kubectl_changes import CHANGES
from sreagent.tools.lines.kubectl_commands import ALIASES, COMMANDS, GROUPS, STAND_ALONE
from sreagent.tools.lines.kubectl_flags import Call, locate, read_flags
from sreagent.tools.lines.kubectl_get import listed
from sreagent.tools.lines.kubectl_previews import preview
from sreagent.tools.lines.kubectl_reads import READS
from sreagent.tools.lines.kubectl_values import check_everywhere, namespace
from sreagent.tools.lines.objection import Objection, Rule

_INSIDE = (
    "nothing is run inside containers, no tunnel is opened and no file copied: write kubectl logs, "
    "describe or get instead"
)
_MANIFESTS = (
    "manifests and local files are not taken: write one change, such as kubectl rollout undo, "
    "scale, set resources or patch, or restore the object to what was applied last"
)
_RIGHTS = "rights and credentials are not changed here: ask the person who owns them"
_CONFIG = "the connection is pinned: kubectl config only shows names (get-contexts, view --minify)"
INSTEAD: Mapping[str, str] = {
    "annotate": "annotations are not changed here",
    "apply": _MANIFESTS,
    "apply edit-last-applied": _MANIFESTS,
    "apply set-last-applied": _MANIFESTS,
    "attach": _INSIDE,
    "auth reconcile": _RIGHTS,
    "autoscale": "autoscalers are not made here: patch minReplicas and maxReplicas of the HPA",
    "certificate approve": _RIGHTS,
    "certificate deny": _RIGHTS,
    "cp": _INSIDE,
    "create": _MANIFESTS,
    "create token": _RIGHTS,
    "debug": _INSIDE,
    "diff": "diff reads local files: write kubectl apply view-last-applied TYPE/NAME",
    "edit": "there is no editor: write the one change, as in kubectl patch … -p '{…}'",
    "exec": _INSIDE,
    "expose": "services are not made here: patch the one that is there",
    "kustomize": "local files are not read: write kubectl get TYPE/NAME -o yaml",
    "label": "labels are not changed here",
    "port-forward": _INSIDE,
    "proxy": _INSIDE,
    "replace": _MANIFESTS,
    "rollout pause": "rollouts are not paused here: write kubectl rollout undo --to-revision=N",
    "rollout resume": "rollouts are not resumed here",
    "run": _INSIDE,
    "set env": (
        "write kubectl get TYPE/NAME -o yaml to see the environment; a variable is set back to an "
        "earlier revision with kubectl rollout undo, or the action restore_env"
    ),
    "set serviceaccount": _RIGHTS,
    "set subject": _RIGHTS,
    "taint": "taints are not changed here: write kubectl cordon NODE",
}


def parse_kubectl(words: Sequence[str]) -> KubectlRead | Action:
    """Understand the words of a kubectl line; the first is the program.

    Raises:
        Objection: It is neither a read nor a change of the catalogue.
    """
    command, rest = locate(words)
    call = read_flags(command, rest, words)
    check_everywhere(call)
    namespace(call)
    if command == "help":
        return _help(call)
    if "help" in call.given or not words[1:]:
        return _own_help(call)
    if command in READS:
        return READS[command](call)
    if command in ("label", "annotate") and call.on("list"):
        return listed(call)
    if "dry-run" in call.given:
        return preview(call)
    if command in CHANGES:
        return CHANGES[command](call)
    raise _not_taken(command)


def _help(call: Call) -> KubectlRead:
    topic = " ".join(call.arguments)
    topic = ALIASES.get(topic, topic)
    if call.program or (topic and topic not in COMMANDS):
        raise Objection(Rule.VERB, f"there is no help about {topic!r}: write kubectl help get")
    return KubectlRead(verb="help", options={"topic": topic})


def _own_help(call: Call) -> KubectlRead:
    if call.last("help", "true") != "true":
        raise Objection(Rule.FLAG, "leave --help=false away")
    return KubectlRead(verb="help", options={"topic": call.command})


def _not_taken(command: str) -> Objection:
    if command in GROUPS and command not in STAND_ALONE:
        known = [path for path in COMMANDS if path.startswith(f"{command} ")]
        return Objection(Rule.VERB, f"say which: kubectl {', '.join(known)}")
    if not command:
        return Objection(Rule.VERB, "name a verb: kubectl get pods -n NAMESPACE")
    first = command.split()[0]
    default = _CONFIG if first == "config" else INSTEAD.get(first, _MANIFESTS)
    reason = INSTEAD.get(command, default)
    return Objection(Rule.CATALOGUE, f"`kubectl {command}` is not taken: {reason}")
