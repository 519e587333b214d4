"""Logins that ask nothing of anybody: one kubeconfig file with a token or a client certificate.

The official client takes 0.2 s and 12 MB to load. It is left to the logins that need it: programs,
tokens that run out, several files, proxies, pods. Whatever is not plain is `None` here, so that
all complaints come from one place.
"""

import base64
import os.path
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import urllib3
import yaml
from urllib3.util.ssl_ import create_urllib3_context

from sreagent.clients.network import on_loopback
from sreagent.domain.secrets import own

DEFAULT = "~/.kube/config"
CONNECTIONS = 16

_CLUSTER = frozenset(
    {"server", "certificate-authority", "certificate-authority-data", "extensions"}
)
_CERTIFICATE = ("client-certificate", "client-key")
_CERTIFICATE_DATA = ("client-certificate-data", "client-key-data")
_AS = frozenset({"as", "as-uid", "as-groups", "as-user-extra"})
_USER = frozenset({"token", *_CERTIFICATE, *_CERTIFICATE_DATA}) | _AS
_NOT_PLAIN = (KeyError, TypeError, AttributeError, ValueError, OSError, yaml.YAMLError)
"""What reading a file of another shape may raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLogin:
    """One user at one cluster, as long as the program runs. Thread-safe."""

    context: str
    cluster: str
    user: str
    namespace: str
    origin: str
    """Where this is written, as a sentence for messages."""
    others: tuple[str, ...]
    """Contexts of other clusters that a person could name."""
    server: str
    account: Mapping[str, Any] = field(repr=False)
    """The user as written in the kubeconfig."""
    tls: ssl.SSLContext | None = field(repr=False)
    """None where the server speaks no TLS."""

    def headers(self) -> urllib3.HTTPHeaderDict:
        """The headers that say who asks."""
        token = self.account.get("token")
        return identity(self.account, self.server, f"Bearer {token}" if token else "")

    def connections(self) -> urllib3.PoolManager:
        """Build the transport."""
        return urllib3.PoolManager(maxsize=CONNECTIONS, retries=False, ssl_context=self.tls)


def plain_login(path: str, context: str) -> PlainLogin | None:
    """The login of a context (the current one if none is named); None where it is not plain."""
    try:
        with Path(path).expanduser().open(encoding="utf-8") as file:
            return _login(yaml.safe_load(file), path, context)
    except _NOT_PLAIN:
        return None


def beside(kubeconfig: str, file: str) -> str:
    """Where a file lies that a kubeconfig names: from the folder of the kubeconfig, as kubectl."""
    folder = Path(kubeconfig).expanduser().absolute().parent
    return os.path.normpath(folder / file)


def identity(account: Mapping[str, Any], server: str, authorization: str) -> urllib3.HTTPHeaderDict:
    """Headers of a user: impersonation as kubectl would ask for, and the token."""
    headers = _impersonation(account)
    if authorization:
        # A token read from a file ends in a line feed.
        headers["Authorization"] = authorization.strip()
        secret = authorization.strip().rpartition(" ")[2]
        # Where the address itself holds it, as that of the simulator, it would name no place.
        if secret not in server:
            own(secret)
    return headers


def origin_of(paths: str, context: str) -> str:
    """Where a login is written, as a sentence; `paths` as `short` makes them."""
    return f"the kubeconfig {paths} names it in context {context!r}"


def elsewhere(contexts: Mapping[str, Mapping[str, Any]], cluster: str) -> tuple[str, ...]:
    """Contexts of other clusters: what does not answer here may answer there."""
    return tuple(name for name, entry in contexts.items() if entry.get("cluster") != cluster)


def short(paths: str) -> str:
    """Paths joined with a colon, as a person writes them."""
    home = str(Path.home())
    return ":".join(
        f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path
        for path in paths.split(":")
    )


def _login(config: Mapping[str, Any], path: str, context: str) -> PlainLogin | None:
    contexts = _named(config["contexts"], "context")
    name = context or config["current-context"]
    entry = contexts[name]
    cluster = _named(config["clusters"], "cluster")[entry["cluster"]]
    account = _named(config["users"], "user")[entry["user"]]
    if not (_is_plain(cluster, _CLUSTER) and _is_plain(account, _USER)):
        return None
    server = cluster["server"].rstrip("/")
    if not _is_direct(server):
        return None
    return PlainLogin(
        context=name,
        cluster=entry["cluster"],
        user=account.get("as") or entry["user"],
        namespace=entry.get("namespace") or "",
        origin=origin_of(short(path), name),
        others=elsewhere(contexts, entry["cluster"]),
        server=server,
        account=account,
        tls=_tls(cluster, account, path) if server.startswith("https:") else None,
    )


def _named(entries: list[Mapping[str, Any]], inner: str) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {entry["name"]: dict(entry[inner]) for entry in entries}
    if len(found) < len(entries):
        msg = "a name is given twice"
        raise ValueError(msg)
    return found


def _is_plain(entry: Mapping[str, Any], known: frozenset[str]) -> bool:
    """Whether it says only what is known here, and says it in words."""
    words = (entry[key] for key in entry if key not in _AS and key != "extensions")
    return entry.keys() <= known and all(word and isinstance(word, str) for word in words)


def _is_direct(server: str) -> bool:
    """Whether it is an address that no proxy of the environment stands before."""
    parts = urlsplit(server)
    known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    return known and (on_loopback(server) or not getproxies())


def _tls(cluster: Mapping[str, str], account: Mapping[str, str], path: str) -> ssl.SSLContext:
    """One context for all connections: certificates are read once.

    Raises:
        OSError: A file or a certificate cannot be read; ssl.SSLError is one.
        ValueError: Base64 is broken, or only half of a pair is given.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    if data := cluster.get("certificate-authority-data"):
        context.load_verify_locations(cadata=base64.b64decode(data).decode("ascii"))
    elif file := cluster.get("certificate-authority"):
        context.load_verify_locations(cafile=beside(path, file))
    else:
        context.load_default_certs()
    _identify(context, account, path)
    return context


def _identify(context: ssl.SSLContext, account: Mapping[str, str], path: str) -> None:
    """Show the certificate of the user, where there is one."""
    given = account.keys() & {*_CERTIFICATE, *_CERTIFICATE_DATA}
    if given == set(_CERTIFICATE_DATA):
        with NamedTemporaryFile() as certificate, NamedTemporaryFile() as key:
            for pem, name in zip((certificate, key), _CERTIFICATE_DATA, strict=True):
                pem.write(base64.b64decode(account[name]))
                pem.flush()
            _show(context, certificate.name, key.name)
    elif given == set(_CERTIFICATE):
        _show(context, *(beside(path, account[name]) for name in _CERTIFICATE))
    elif given:
        msg = "half of a certificate"
        raise ValueError(msg)


def _show(context: ssl.SSLContext, certificate: str, key: str) -> None:
    # A passphrase that fits nothing: OpenSSL would ask for one at the terminal.
    context.load_cert_chain(certificate, key, password="")


def _impersonation(account: Mapping[str, Any]) -> urllib3.HTTPHeaderDict:
    """The rights kubectl would ask for; the official client passes them over in silence."""
    headers = urllib3.HTTPHeaderDict()
    for key, header in (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid")):
        if account.get(key):
            headers[header] = str(account[key])
    for group in account.get("as-groups") or ():
        headers.add("Impersonate-Group", str(group))
    for key, values in (account.get("as-user-extra") or {}).items():
        for value in values:
            headers.add(f"Impersonate-Extra-{key}", str(value))
    return headers
