"""The logins that the official client reads: kubeconfigs, or the service account of our pod.

The official client reads the files, runs login programs and refreshes tokens. What it leaves to
its users is here: contexts chosen as kubectl does, impersonation, and messages a person can act on.
"""

import base64
import binascii
import difflib
import json
import logging
import shlex
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
import yaml
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import incluster_config, kube_config

from sreagent.clients.network import on_loopback
from sreagent.clients.plain_login import (
    CONNECTIONS,
    DEFAULT,
    beside,
    elsewhere,
    identity,
    origin_of,
    short,
)
from sreagent.domain.errors import BadInput, SreError
from sreagent.domain.text import one_line

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

_sdk: Any = kube_config  # the functions of this module carry no types
_in_cluster: Any = incluster_config

_FILES = {
    "cluster": ("certificate-authority",),
    "user": ("client-certificate", "client-key", "tokenFile"),
}
"""What names a file in an entry."""
_BROKEN = (AttributeError, KeyError, TypeError, ValueError, _sdk.ConfigException)
"""What the official loader raises over a file of another shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One user at one cluster. Thread-safe."""

    context: str
    cluster: str
    user: str
    namespace: str
    origin: str
    """Where this is written, as a sentence for messages."""
    others: tuple[str, ...] = ()
    """Contexts of other clusters that a person could name."""
    account: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The user as written in the kubeconfig."""
    settings: Configuration = field(repr=False)
    refreshing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def server(self) -> str:
        """Address of the API server."""
        return self.settings.host

    def headers(self) -> urllib3.HTTPHeaderDict:
        """The headers that say who asks; a token about to expire is renewed first."""
        with self.refreshing, _login_complaints(self.cluster, self.account):
            token = self.settings.auth_settings().get("BearerToken")
        return identity(self.account, self.server, (token and token["value"]) or "")

    def connections(self) -> urllib3.PoolManager:
        """Build the transport: TLS, client certificate and proxy as configured."""
        return RESTClientObject(self.settings).pool_manager


def read_login(kubeconfig: str, context: str) -> Login:
    """Read the login of a context (the current one if none is named).

    Args:
        kubeconfig: Files joined with a colon, as in `KUBECONFIG`; empty for the usual place.
        context: Name of a context, or empty.

    Raises:
        BadInput: No kubeconfig, or one that cannot be used.
        SreError: The login program named in it failed.
    """
    paths = kubeconfig or DEFAULT
    if any(Path(path).expanduser().exists() for path in paths.split(":") if path):
        return _Files(paths).login(context)
    if not kubeconfig and (ACCOUNT / "token").is_file():
        return _service_account()
    msg = f"no kubeconfig found: {one_line(paths)} does not exist"
    raise BadInput(
        msg,
        why="sre reads the same kubeconfig as kubectl",
        hint="try: export KUBECONFIG=/path/to/config    or: sre demo, which needs no cluster",
    )


class _Files:
    """The merged kubeconfig files."""

    def __init__(self, paths: str) -> None:
        self.shown = short(paths)
        with _readable(self.shown):
            self._merged = _sdk.KubeConfigMerger(paths)
        if self._merged.config is None:
            raise _unusable(self.shown, "it is empty")
        with _readable(self.shown):
            self._place_files("clusters", "cluster")
            self._place_files("users", "user")
            self._contexts = self._named("contexts", "context")
            self._clusters = self._named("clusters", "cluster")
            self._users = self._named("users", "user")

    def login(self, context: str) -> Login:
        """Log in with a context."""
        name = context or self._current()
        entry = self._contexts.get(name)
        if entry is None:
            raise self._no_context(name)
        cluster, user = entry.get("cluster") or "", entry.get("user") or ""
        self._check_cluster(name, cluster)
        if user and user not in self._users:
            raise _unusable(self.shown, f"context {name!r} names user {user!r}, which is not there")
        who = self._users.get(user) or {}
        return Login(
            context=name,
            cluster=cluster,
            user=who.get("as") or user,
            namespace=entry.get("namespace") or "",
            origin=origin_of(self.shown, name),
            others=elsewhere(self._contexts, cluster),
            account=who,
            settings=self._settings(name, cluster, who),
        )

    def _settings(self, context: str, cluster: str, who: Mapping[str, Any]) -> Configuration:
        settings = _empty_settings()
        persist = self._merged.save_changes
        with _login_complaints(cluster, who), _readable(self.shown):
            loader = _sdk.KubeConfigLoader(
                config_dict=self._merged.config, active_context=context, config_persister=persist
            )
            loader.load_and_set(settings)
        proxy = self._clusters[cluster].get("proxy-url")
        if proxy or on_loopback(settings.host):
            # As kubectl: what the kubeconfig says counts before the environment, whose proxy is
            # not for our own machine.
            settings.proxy, settings.no_proxy = proxy, None
        return settings

    def _place_files(self, section: str, inner: str) -> None:
        # The official loader would look from the current folder, and for certificates of users
        # beside the file that names the cluster. Entries are replaced, not changed: renewed
        # tokens are written back into the files, and no more than that.
        for node in self._merged.config.value[section]:
            if entry := node.value.get(inner):
                node.value = {**node.value, inner: _placed(entry, inner, node.path)}

    def _named(self, section: str, inner: str) -> dict[str, Mapping[str, Any]]:
        nodes = self._merged.config.value[section]
        return {node.value["name"]: dict(node.value.get(inner) or {}) for node in nodes}

    def _current(self) -> str:
        # The first file that names one wins, as with kubectl; the official merger takes the last.
        files = self._merged.config_files.values()
        current = next((name for file in files if (name := file.get("current-context"))), "")
        if not current:
            msg = f"the kubeconfig {self.shown} names no current context"
            raise BadInput(
                msg,
                why=_known(self._contexts),
                hint=_other_context(self._contexts),
            )
        return str(current)

    def _no_context(self, name: str) -> BadInput:
        near = difflib.get_close_matches(name, self._contexts, n=3, cutoff=0.5)
        ordered = [*near, *(other for other in self._contexts if other not in near)]
        return BadInput(
            f"there is no context {one_line(name)!r} in the kubeconfig {self.shown}",
            why=_known(ordered),
            hint=_other_context(ordered),
        )

    def _check_cluster(self, context: str, cluster: str) -> None:
        if not cluster:
            raise _unusable(self.shown, f"context {context!r} names no cluster")
        if cluster not in self._clusters:
            told = f"context {context!r} names cluster {cluster!r}, which is not there"
            raise _unusable(self.shown, told)
        server = self._clusters[cluster].get("server") or ""
        if not _is_address(server):
            told = f"the server of cluster {cluster!r} is {one_line(str(server))!r}"
            raise _unusable(self.shown, f"{told}, not an http(s) address")


def _placed(entry: Mapping[str, Any], inner: str, path: str) -> dict[str, Any]:
    """An entry of the kubeconfig at `path`, with absolute names of files, as kubectl reads it."""
    files: dict[str, Any] = {
        key: beside(path, entry[key]) for key in _FILES[inner] if entry.get(key)
    }
    plugin = entry.get("exec") or {}
    if "/" in plugin.get("command", ""):
        files["exec"] = {**plugin, "command": beside(path, plugin["command"])}
    return {**entry, **files}


class _Complaints(logging.Handler):
    """Hears what the official client only logs when a login program fails."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "root" and record.thread == self._thread:
            self.heard.append(record.getMessage())


@contextmanager
def _login_complaints(cluster: str, account: Mapping[str, Any]) -> Iterator[None]:
    complaints = _Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        yield
    except (_sdk.oauthlib.oauth2.OAuth2Error, _sdk.ConfigException) as error:
        raise _login_failed(cluster, account.get("exec") or {}, str(error)) from error
    finally:
        logging.getLogger().removeHandler(complaints)
    if complaints.heard:
        raise _login_failed(cluster, account.get("exec") or {}, " ".join(complaints.heard))


def _login_failed(cluster: str, plugin: Mapping[str, Any], told: str) -> SreError:
    if not plugin:
        return SreError(
            f"cannot log in to cluster {cluster!r}: {one_line(told)}",
            hint="try: kubectl get nodes, which logs in the same way",
        )
    program = str(plugin.get("command"))
    line = " ".join((program, *map(str, plugin.get("args") or ())))
    if told.startswith("[Errno 2]"):
        told = f"the program {program!r} is not installed"
    return SreError(
        f"cannot log in to cluster {cluster!r}: {one_line(told)}",
        why=f"the kubeconfig logs in with: {one_line(line)}",
        hint=one_line(
            str(plugin.get("installHint") or f"try: {line}, to see why; then log in again")
        ),
    )


@contextmanager
def _readable(shown: str) -> Iterator[None]:
    """Turn what reading a kubeconfig may raise into one sentence."""
    try:
        yield
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise _unusable(shown, f"it is not YAML{place}: {one_line(problem)}") from error
    except OSError as error:
        raise _unusable(shown, one_line(error.strerror or str(error)).lower()) from error
    except binascii.Error as error:
        raise _unusable(shown, "a certificate or key in it is not base64") from error
    except _BROKEN as error:
        known = isinstance(error, _sdk.ConfigException)
        raise _unusable(shown, one_line(str(error)) if known else "it is no kubeconfig") from error


def _unusable(shown: str, reason: str) -> BadInput:
    return BadInput(
        f"cannot use the kubeconfig {shown}: {reason}",
        hint="try: kubectl config view, to see what kubectl makes of it",
    )


def _known(contexts: Iterable[str]) -> str:
    names = ", ".join(repr(one_line(str(name))) for name in list(contexts)[:12])
    return f"it has the contexts {names}" if names else "it has no contexts at all"


def _other_context(contexts: Iterable[str]) -> str:
    first = next(iter(contexts), "")
    if not first:
        return "try: kubectl config get-contexts"
    return f"try: sre investigate … --context {shlex.quote(first)}"


def _empty_settings() -> Configuration:
    settings = Configuration()
    settings.connection_pool_maxsize = CONNECTIONS
    settings.retries = False
    return settings


def _service_account() -> Login:
    settings = _empty_settings()
    try:
        _in_cluster.load_incluster_config(client_configuration=settings)
    except _sdk.ConfigException as error:
        msg = f"cannot use the pod's service account: {one_line(str(error))}"
        raise BadInput(
            msg,
            hint="try: export KUBECONFIG=/path/to/config",
        ) from error
    namespace = _account_text("namespace")
    return Login(
        context="in-cluster",
        cluster="in-cluster",
        user=_subject(_account_text("token")),
        namespace=namespace,
        origin="the service account of this pod names it",
        settings=settings,
    )


def _account_text(name: str) -> str:
    path = ACCOUNT / name
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _subject(token: str) -> str:
    """Who a service account token speaks for; it is not verified, only shown."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return one_line(str(claims["sub"]))
    except (IndexError, KeyError, TypeError, ValueError):
        return "the pod's service account"


def _is_address(server: object) -> bool:
    try:
        parts = urlsplit(str(server))
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
