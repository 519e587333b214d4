"""The levels of pod security, `baseline` and `restricted`, applied to a pod spec."""

from collections.abc import Iterator

from sreagent.diagnose.objects.podspec import EMPTY, container_specs
from sreagent.domain.inventory import Obj

_HOST = ("hostNetwork", "hostPID", "hostIPC")
_BASELINE_CAPABILITIES = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
_VOLUMES = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim"),
        *("projected", "secret", "name"),
    }
)
_PROFILES = ("RuntimeDefault", "Localhost")


def violations(spec: Obj, level: str) -> list[str]:
    """What in a pod spec a level forbids; nothing for `privileged` and unknown levels."""
    if level not in ("baseline", "restricted"):
        return []
    found = list(_baseline(spec))
    return found + list(_restricted(spec)) if level == "restricted" else found


def _baseline(spec: Obj) -> Iterator[str]:
    yield from (word for word in _HOST if spec.get(word))
    for volume in spec.get("volumes") or ():
        if "hostPath" in volume:
            yield f"hostPath volume {volume['name']}"
    for one in container_specs(spec):
        rights = one.get("securityContext") or EMPTY
        if rights.get("privileged"):
            yield f"container {one['name']} is privileged"
        added = set((rights.get("capabilities") or EMPTY).get("add") or ())
        if added - _BASELINE_CAPABILITIES:
            yield f"container {one['name']} adds capabilities"
        if any(port.get("hostPort") for port in one.get("ports") or ()):
            yield f"container {one['name']} takes a hostPort"


def _restricted(spec: Obj) -> Iterator[str]:
    whole = spec.get("securityContext") or EMPTY
    for volume in spec.get("volumes") or ():
        if volume.keys() - _VOLUMES and "hostPath" not in volume:
            yield f"volume {volume['name']} of another kind"
    for one in container_specs(spec):
        yield from (f"container {one['name']}: {what}" for what in _lacks(one, whole))


def _lacks(container: Obj, whole: Obj) -> Iterator[str]:
    """What a container must say under `restricted`, itself or by its pod."""
    rights = container.get("securityContext") or EMPTY
    if rights.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation != false"
    if "ALL" not in ((rights.get("capabilities") or EMPTY).get("drop") or ()):
        yield "capabilities.drop lacks ALL"
    if rights.get("runAsNonRoot", whole.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot != true"
    if rights.get("runAsUser", whole.get("runAsUser")) == 0:
        yield "runAsUser = 0"
    profile = rights.get("seccompProfile") or whole.get("seccompProfile") or EMPTY
    if profile.get("type") not in _PROFILES:
        yield "no seccompProfile"
