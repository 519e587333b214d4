"""What the API server refuses of a pod that is valid: quota, limits, accounts, webhooks."""

from collections.abc import Iterator

from sreagent.simulator.kinds import (
    ENDPOINTS,
    LIMIT_RANGE,
    MUTATING,
    NAMESPACE,
    POD,
    QUOTA,
    SERVICE,
    SERVICE_ACCOUNT,
    VALIDATING,
)
from sreagent.simulator.objects import Json, labels_of, lookup, name_of, namespace_of
from sreagent.simulator.problems import ApiError
from sreagent.simulator.quantities import amount, written
from sreagent.simulator.selectors import matches_selector
from sreagent.simulator.store import Store

ENDED = ("Succeeded", "Failed")


def admit(store: Store, pod: Json) -> None:
    """Complete a pod from the rules of its namespace.

    Raises:
        ApiError: A rule forbids it.
    """
    for limits in store.all(LIMIT_RANGE, namespace_of(pod)):
        for item in lookup(limits, "spec.limits") or ():
            if item.get("type") == "Container":
                _fill_in(pod, item)
    for problem in (
        *_webhook_problems(store, pod),
        *_account_problems(store, pod),
        *_limit_problems(store, pod),
        *_quota_problems(store, pod),
    ):
        raise problem


def _forbidden(pod: Json, why: str) -> ApiError:
    details = {"name": name_of(pod), "kind": "pods"}
    message = f'pods "{name_of(pod)}" is forbidden: {why}'
    return ApiError(403, "Forbidden", message, details=details)


def _fill_in(pod: Json, item: Json) -> None:
    for container in pod["spec"]["containers"]:
        resources = container.setdefault("resources", {})
        for part, source in (("limits", "default"), ("requests", "defaultRequest")):
            for resource, quantity in (item.get(source) or {}).items():
                resources.setdefault(part, {}).setdefault(resource, quantity)
        for resource, quantity in (resources.get("limits") or {}).items():
            resources.setdefault("requests", {}).setdefault(resource, quantity)


def _webhook_problems(store: Store, pod: Json) -> Iterator[ApiError]:
    for kind in (MUTATING, VALIDATING):
        for configuration in store.all(kind):
            for hook in configuration.get("webhooks") or ():
                problem = _hook_problem(store, pod, hook)
                if problem and hook.get("failurePolicy", "Fail") == "Fail":
                    message = (
                        f'Internal error occurred: failed calling webhook "{hook["name"]}": '
                        f"failed to call webhook: {problem}"
                    )
                    yield ApiError(500, "InternalError", message)


def _hook_problem(store: Store, pod: Json, hook: Json) -> str:
    """Why a webhook that has to be asked cannot be, empty when it can or need not."""
    service = lookup(hook, "clientConfig.service")
    if service is None or not _is_asked(store, pod, hook):
        return ""
    name, namespace = service["name"], service["namespace"]
    seconds = hook.get("timeoutSeconds", 10)
    port, path = service.get("port", 443), service.get("path", "/")
    url = f"https://{name}.{namespace}.svc:{port}{path}?timeout={seconds}s"
    if store.find(SERVICE, namespace, name) is None:
        return f'Post "{url}": service "{name}" not found'
    endpoints = store.find(ENDPOINTS, namespace, name) or {}
    if not any(each.get("addresses") for each in endpoints.get("subsets") or ()):
        return f'Post "{url}": no endpoints available for service "{name}"'
    return ""


def _is_asked(store: Store, pod: Json, hook: Json) -> bool:
    rules = hook.get("rules") or ()
    asked = any(
        {"pods", "*", "*/*"} & set(rule.get("resources") or ())
        and {"CREATE", "*"} & set(rule.get("operations") or ())
        and {"", "*"} & set(rule.get("apiGroups") or ())
        for rule in rules
    )
    namespace = store.find(NAMESPACE, "", namespace_of(pod))
    labels = {"kubernetes.io/metadata.name": namespace_of(pod)}
    labels |= labels_of(namespace) if namespace else {}
    return (
        asked
        and matches_selector(hook.get("namespaceSelector") or {}, labels)
        and matches_selector(hook.get("objectSelector") or {}, labels_of(pod))
    )


def _account_problems(store: Store, pod: Json) -> Iterator[ApiError]:
    name = pod["spec"].get("serviceAccountName")
    if name and name != "default" and not store.find(SERVICE_ACCOUNT, namespace_of(pod), name):
        why = (
            f"error looking up service account {namespace_of(pod)}/{name}: "
            f'serviceaccount "{name}" not found'
        )
        yield _forbidden(pod, why)


def _limit_problems(store: Store, pod: Json) -> Iterator[ApiError]:
    for limits in store.all(LIMIT_RANGE, namespace_of(pod)):
        for item in lookup(limits, "spec.limits") or ():
            for container in pod["spec"]["containers"] if item.get("type") == "Container" else ():
                yield from _beyond(pod, container, item)


def _beyond(pod: Json, container: Json, item: Json) -> Iterator[ApiError]:
    resources = container.get("resources") or {}
    for resource, most in (item.get("max") or {}).items():
        limit = (resources.get("limits") or {}).get(resource)
        if limit is None:
            why = f"maximum {resource} usage per Container is {most}.  No limit is specified"
            yield _forbidden(pod, why)
        elif amount(limit) > amount(most):
            why = f"maximum {resource} usage per Container is {most}, but limit is {limit}"
            yield _forbidden(pod, why)
    for resource, least in (item.get("min") or {}).items():
        request = (resources.get("requests") or {}).get(resource)
        if request is not None and amount(request) < amount(least):
            why = f"minimum {resource} usage per Container is {least}, but request is {request}"
            yield _forbidden(pod, why)


def _quota_problems(store: Store, pod: Json) -> Iterator[ApiError]:
    for quota in store.all(QUOTA, namespace_of(pod)):
        hard = {key: str(value) for key, value in (lookup(quota, "spec.hard") or {}).items()}
        if lookup(quota, "spec.scopes") or lookup(quota, "spec.scopeSelector"):
            continue
        missing = [key for key in hard if _is_amount(key) and demand(pod, key) is None]
        if missing:
            names = ",".join(each["name"] for each in pod["spec"]["containers"])
            told = "; ".join(f"{key} for: {names}" for key in sorted(missing))
            if store.kinds.version.startswith("v1.20"):
                told = ",".join(sorted(missing))
            yield _forbidden(pod, f"failed quota: {name_of(quota)}: must specify {told}")
            continue
        used = {key: quota_used(store, namespace_of(pod), key) or 0.0 for key in hard}
        over = [
            key
            for key in hard
            if (demand(pod, key) or 0) and used[key] + (demand(pod, key) or 0) > amount(hard[key])
        ]
        if over:
            asked = ",".join(f"{key}={written(key, demand(pod, key) or 0)}" for key in sorted(over))
            taken = ",".join(f"{key}={written(key, used[key])}" for key in sorted(over))
            limited = ",".join(f"{key}={hard[key]}" for key in sorted(over))
            why = (
                f"exceeded quota: {name_of(quota)}, requested: {asked}, "
                f"used: {taken}, limited: {limited}"
            )
            yield _forbidden(pod, why)


def _is_amount(key: str) -> bool:
    return key.partition(".")[0] in ("requests", "limits") or key in ("cpu", "memory")


def demand(pod: Json, key: str) -> float | None:
    """How much of a quota a pod takes; None when it does not say."""
    if key in ("pods", "count/pods"):
        return 1.0
    part, _, resource = key.rpartition(".")
    if not _is_amount(key):
        return 0.0
    total = 0.0
    for container in pod["spec"]["containers"]:
        resources = container.get("resources") or {}
        told = (resources.get(part or "requests") or {}).get(resource)
        if told is None and part != "limits":
            told = (resources.get("limits") or {}).get(resource)
        if told is None:
            return None
        total += amount(told)
    return total


def quota_used(store: Store, namespace: str, key: str) -> float | None:
    """How much of a quota is taken in a namespace; None for what is not counted here."""
    if _is_amount(key) or key in ("pods", "count/pods"):
        pods = (
            pod for pod in store.all(POD, namespace) if lookup(pod, "status.phase") not in ENDED
        )
        return sum(demand(pod, key) or 0.0 for pod in pods)
    plural, _, group = key.removeprefix("count/").partition(".")
    for kind in store.kinds.stored():
        if kind.plural == plural and kind.group == group:
            return float(len(store.all(kind, namespace)))
    return None
