"""States in Kubernetes: the Secret that the person names, its parts, and the Lease of its lock.

The only place where values of a Secret enter the process; they leave it as a state alone.
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sreagent.clients.apiserver import ApiServer, Request
from sreagent.clients.state_many import check_size, held_from, instant, is_pattern, trouble
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, NotFound, SreError
from sreagent.domain.state_spec import parts
from sreagent.domain.terraform import DEFAULT_WORKSPACE, LARGEST, Held, StateSpec, StateText
from sreagent.domain.text import one_line

MOST_PARTS = 64
"""Secrets of one MiB each."""
_KEY = "tfstate"
_LOCK_INFO = "app.terraform.io/lock-info"
_GZIP = 16 + zlib.MAX_WBITS


class KubernetesStates:
    """States in Secrets. Options: workspace, context."""

    def __init__(self, enter: Callable[[str], ApiServer]) -> None:
        """`enter` gives the way to the cluster of a context; empty for the usual one."""
        self._enter = enter

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """The state in the Secret `tfstate-WORKSPACE-SUFFIX`.

        Raises:
            BadInput: The spec is a pattern, or the Secret holds no state.
            NotFound: There is no such Secret.
            SreError: The cluster did not answer, or does not allow it.
        """
        namespace, suffix = parts(spec)
        workspace = spec.options.get("workspace") or DEFAULT_WORKSPACE
        if is_pattern(f"{namespace}{suffix}{workspace}") or "/" in f"{suffix}{workspace}":
            msg = f"{spec.address} is a pattern: only the one Secret that is named is read"
            raise BadInput(msg, hint="give each with a --state of its own")
        api = self._enter(spec.options.get("context", ""))
        name = f"tfstate-{workspace}-{suffix}"
        held, unknown = _lock(api, namespace, name)
        yield StateText(
            source=f"kubernetes://{namespace}/{name}",
            body=_unpacked(_parts(api, namespace, name), f"Secret {name} in {namespace}"),
            held=held,
            lock_unknown=unknown,
            spec=spec,
        )


def _lock(api: ApiServer, namespace: str, name: str) -> tuple[Held | None, str]:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/lock-{name}"
    try:
        lease = api.read(Request(path=path, what=f"Lease lock-{name} in {namespace}"))
    except NotFound:
        return None, ""
    except SreError as error:
        return None, trouble(name, error).message
    spec: Mapping[str, Any] = lease.get("spec") or {}
    holder = spec.get("holderIdentity")
    if not holder:
        return None, ""
    notes = (lease.get("metadata") or {}).get("annotations") or {}
    plain = Held(
        who=one_line(str(holder), 120),
        since=instant(spec.get("acquireTime") or spec.get("renewTime")),
        id=str(holder),
    )
    return held_from(str(notes.get(_LOCK_INFO) or ""), unsaid=plain), ""


def _parts(api: ApiServer, namespace: str, name: str) -> Iterator[Any]:
    """What the Secrets of one state hold: it is cut where one Secret cannot take it all."""
    for place in range(MOST_PARTS):
        part = f"{name}-part-{place}" if place else name
        path = f"/api/v1/namespaces/{namespace}/secrets/{part}"
        try:
            secret = api.read(Request(path=path, what=f"Secret {part} in {namespace}"))
        except NotFound:
            if place:
                return
            raise
        yield (secret.get("data") or {}).get(_KEY)


def _unpacked(packed: Iterator[Any], what: str) -> bytes:
    """The state; a further part is asked for only as long as its end is missing."""
    stream = zlib.decompressobj(_GZIP)
    body = bytearray()
    for part in packed:
        if not isinstance(part, str):
            msg = f"{what} holds no Terraform state"
            hint = "kubectl get secrets -l tfstate=true"
            raise BadInput(msg, why=f"it has no key {_KEY!r}", hint=hint)
        try:
            # One byte more than may be: a small Secret may swell to anything.
            body += stream.decompress(base64.b64decode(part, validate=True), LARGEST + 1)
        except (binascii.Error, zlib.error) as error:
            msg = f"{what} holds a state that cannot be unpacked"
            raise BadInput(msg, why=one_line(str(error)), hint=_PULL) from error
        check_size(what, len(body))
        if stream.eof:
            return bytes(body)
    msg = f"{what} holds only a part of a state"
    raise BadInput(msg, why="its end is missing", hint=_PULL)


_PULL = "try: terraform state pull | sre drift --state -"
