"""The commands and flags of kubectl 1.32, as its own help lists them, and `evict`.

A flag is written `name`, `name/s` with its short form, `name?` when it is a switch that takes a
value only after `=`, and `name=value` when a bare `--name` means that value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

PRINT = "allow-missing-template-keys? output/o show-managed-fields? template "
FILES = "filename/f kustomize/k recursive/R? "
MAKE = PRINT + "dry-run=unchanged field-manager save-config? validate=strict "
SET = PRINT + FILES + "all? dry-run=unchanged field-manager local? selector/l "
LABEL = SET + "all-namespaces/A? field-selector list? overwrite? resource-version "

EVERYWHERE = (
    "namespace/n request-timeout v/v match-server-version? disable-compression? "
    "warnings-as-errors? log-flush-frequency help/h? "
)
"""Flags of every command that change nothing about who asks whom."""
PINNED = (
    "as as-group as-uid as-user-extra cache-dir certificate-authority client-certificate "
    "client-key cluster context insecure-skip-tls-verify? kubeconfig kuberc password profile "
    "profile-output server/s tls-server-name token user username vmodule "
)
"""Flags that choose another connection, another identity, or a local file."""

COMMANDS: Mapping[str, str] = {
    "annotate": LABEL,
    "api-resources": "api-group cached? categories namespaced? no-headers? output/o sort-by verbs",
    "api-versions": "",
    "apply": MAKE + FILES + "all? cascade=background force? force-conflicts? grace-period "
    "openapi-patch? overwrite? prune? prune-allowlist selector/l server-side? subresource "
    "timeout wait?",
    "apply edit-last-applied": PRINT + FILES + "field-manager validate=strict "
    "windows-line-endings?",
    "apply set-last-applied": PRINT + "create-annotation? dry-run=unchanged filename/f",
    "apply view-last-applied": FILES + "all? output/o selector/l",
    "attach": "container/c pod-running-timeout quiet/q? stdin/i? tty/t?",
    "auth": "",
    "auth can-i": "all-namespaces/A? list? no-headers? quiet/q? subresource",
    "auth reconcile": PRINT + FILES + "dry-run=unchanged remove-extra-permissions? "
    "remove-extra-subjects?",
    "auth whoami": PRINT,
    "autoscale": MAKE + FILES + "cpu-percent max min name",
    "certificate": "",
    "certificate approve": PRINT + FILES + "force?",
    "certificate deny": PRINT + FILES + "force?",
    "cluster-info": "",
    "cluster-info dump": PRINT + "all-namespaces/A? namespaces output-directory "
    "pod-running-timeout",
    "completion": "",
    "config": "",
    "config current-context": "",
    "config delete-cluster": "",
    "config delete-context": "",
    "config delete-user": "",
    "config get-clusters": "",
    "config get-contexts": "no-headers? output/o",
    "config get-users": "",
    "config rename-context": "",
    "config set": "set-raw-bytes?",
    "config set-cluster": "embed-certs? proxy-url",
    "config set-context": "current?",
    "config set-credentials": "auth-provider auth-provider-arg embed-certs? exec-api-version "
    "exec-arg exec-command exec-env exec-interactive-mode exec-provide-cluster-info?",
    "config unset": "",
    "config use-context": "",
    "config view": PRINT + "flatten? merge? minify? raw?",
    "cordon": "dry-run=unchanged selector/l",
    "cp": "container/c no-preserve? retries",
    "create": MAKE + FILES + "edit? raw selector/l windows-line-endings?",
    "create clusterrole": MAKE + "aggregation-rule non-resource-url resource resource-name verb",
    "create clusterrolebinding": MAKE + "clusterrole group serviceaccount",
    "create configmap": MAKE + "append-hash? from-env-file from-file from-literal",
    "create cronjob": MAKE + "image restart schedule",
    "create deployment": MAKE + "image port replicas/r",
    "create ingress": MAKE + "annotation class default-backend rule",
    "create job": MAKE + "from image",
    "create namespace": MAKE,
    "create poddisruptionbudget": MAKE + "max-unavailable min-available selector",
    "create priorityclass": MAKE + "description global-default? preemption-policy value",
    "create quota": MAKE + "hard scopes",
    "create role": MAKE + "resource resource-name verb",
    "create rolebinding": MAKE + "clusterrole group role serviceaccount",
    "create secret": "",
    "create secret docker-registry": MAKE + "append-hash? docker-email docker-password "
    "docker-server docker-username from-file",
    "create secret generic": MAKE + "append-hash? from-env-file from-file from-literal type",
    "create secret tls": MAKE + "append-hash? cert key",
    "create service": "",
    "create service clusterip": MAKE + "clusterip tcp",
    "create service externalname": MAKE + "external-name tcp",
    "create service loadbalancer": MAKE + "tcp",
    "create service nodeport": MAKE + "node-port tcp",
    "create serviceaccount": MAKE,
    "create token": PRINT + "audience bound-object-kind bound-object-name bound-object-uid "
    "duration",
    "debug": "arguments-only? attach? container/c copy-to custom env filename/f image "
    "image-pull-policy keep-annotations? keep-init-containers? keep-labels? keep-liveness? "
    "keep-readiness? keep-startup? quiet/q? replace? same-node? set-image share-processes? "
    "stdin/i? target tty/t?",
    "delete": FILES + "all? all-namespaces/A? cascade=background dry-run=unchanged "
    "field-selector force? grace-period ignore-not-found? interactive/i? now? output/o raw "
    "selector/l timeout wait?",
    "describe": FILES + "all-namespaces/A? chunk-size selector/l show-events?",
    "diff": FILES + "concurrency field-manager force-conflicts? prune? prune-allowlist "
    "selector/l server-side? show-managed-fields?",
    "drain": "chunk-size delete-emptydir-data? disable-eviction? dry-run=unchanged force? "
    "grace-period ignore-daemonsets? pod-selector selector/l skip-wait-for-delete-timeout timeout",
    "edit": PRINT + FILES + "field-manager output-patch? save-config? subresource "
    "validate=strict windows-line-endings?",
    "evict": "",
    "events": PRINT + "all-namespaces/A? chunk-size for no-headers? types watch/w?",
    "exec": "container/c filename/f pod-running-timeout quiet/q? stdin/i? tty/t?",
    "explain": "api-version output recursive?",
    "expose": MAKE + FILES + "cluster-ip external-ip labels/l load-balancer-ip name "
    "override-type overrides port protocol selector session-affinity target-port type",
    "get": PRINT + FILES + "all-namespaces/A? chunk-size field-selector ignore-not-found? "
    "label-columns/L no-headers? output-watch-events? raw selector/l server-print? show-kind? "
    "show-labels? sort-by subresource watch/w? watch-only?",
    "kustomize": "as-current-user? enable-alpha-plugins? enable-helm? env/e helm-api-versions "
    "helm-command helm-debug? helm-kube-version load-restrictor mount network? network-name "
    "output/o",
    "label": LABEL,
    "logs": "all-containers? all-pods? container/c follow/f? ignore-errors? "
    "insecure-skip-tls-verify-backend? limit-bytes max-log-requests pod-running-timeout prefix? "
    "previous/p? selector/l since since-time tail timestamps?",
    "options": "",
    "patch": PRINT + FILES + "dry-run=unchanged field-manager local? patch/p patch-file "
    "subresource type",
    "plugin": "",
    "plugin list": "name-only?",
    "port-forward": "address pod-running-timeout",
    "proxy": "accept-hosts accept-paths address api-prefix append-server-path? disable-filter? "
    "keepalive port/p reject-methods reject-paths unix-socket/u www/w www-prefix/P",
    "replace": MAKE + FILES + "cascade=background force? grace-period raw subresource timeout "
    "wait?",
    "rollout": "",
    "rollout history": PRINT + FILES + "revision selector/l",
    "rollout pause": PRINT + FILES + "field-manager selector/l",
    "rollout restart": PRINT + FILES + "field-manager selector/l",
    "rollout resume": PRINT + FILES + "field-manager selector/l",
    "rollout status": FILES + "revision selector/l timeout watch/w?",
    "rollout undo": PRINT + FILES + "dry-run=unchanged selector/l to-revision",
    "run": MAKE + FILES + "annotations attach? cascade=background command? env expose? force? "
    "grace-period image image-pull-policy labels/l leave-stdin-open? override-type overrides "
    "pod-running-timeout port privileged? quiet/q? restart rm? stdin/i? timeout tty/t? wait?",
    "scale": PRINT + FILES + "all? current-replicas dry-run=unchanged replicas resource-version "
    "selector/l timeout",
    "set": "",
    "set env": SET + "containers/c env/e from keys list? overwrite? prefix resolve?",
    "set image": SET,
    "set resources": SET + "containers/c limits requests",
    "set selector": PRINT + "all? dry-run=unchanged field-manager filename/f local? recursive/R? "
    "resource-version",
    "set serviceaccount": PRINT + FILES + "all? dry-run=unchanged field-manager local?",
    "set subject": SET + "group serviceaccount",
    "taint": PRINT + "all? dry-run=unchanged field-manager overwrite? selector/l validate=strict",
    "top": "",
    "top node": "no-headers? selector/l show-capacity? sort-by use-protocol-buffers?",
    "top pod": "all-namespaces/A? containers? field-selector no-headers? selector/l sort-by sum? "
    "use-protocol-buffers?",
    "uncordon": "dry-run=unchanged selector/l",
    "version": "client? output/o",
    "wait": PRINT + "all? all-namespaces/A? field-selector filename/f for local? recursive/R? "
    "selector/l timeout",
}

ALIASES: Mapping[str, str] = {
    "config use": "config use-context",
    "create cj": "create cronjob",
    "create cm": "create configmap",
    "create deploy": "create deployment",
    "create ing": "create ingress",
    "create ns": "create namespace",
    "create pc": "create priorityclass",
    "create pdb": "create poddisruptionbudget",
    "create resourcequota": "create quota",
    "create sa": "create serviceaccount",
    "create svc": "create service",
    "set sa": "set serviceaccount",
    "top no": "top node",
    "top nodes": "top node",
    "top po": "top pod",
    "top pods": "top pod",
}
GROUPS = frozenset(path.rsplit(" ", 1)[0] for path in COMMANDS if " " in path)
"""Commands whose next word names another command."""
STAND_ALONE = frozenset({"create", "apply", "cluster-info"})
"""Groups that also work without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """How one flag is written."""

    name: str
    short: str = ""
    switch: bool = False
    bare: str | None = None
    """What it means without a value; None when a value is needed."""
    pinned: bool = False


@cache
def flags(command: str) -> Mapping[str, Flag]:
    """The flags of a command by `--name` and `-s`; global ones included."""
    found: dict[str, Flag] = {}
    own = COMMANDS.get(command, "")
    for spec, pinned in ((PINNED, True), (EVERYWHERE, False), (own, False)):
        for word in spec.split():
            flag = _flag(word, pinned=pinned)
            found[f"--{flag.name}"] = flag
            if flag.short:
                found[f"-{flag.short}"] = flag
    return found


def _flag(word: str, *, pinned: bool) -> Flag:
    switch = word.endswith("?")
    spelled, _, bare = word.removesuffix("?").partition("=")
    name, _, short = spelled.partition("/")
    default = "true" if switch else bare or None
    return Flag(name=name, short=short, switch=switch, bare=default, pinned=pinned)
