"""Who we are to which cluster: a plain login is read here, any other by the official client."""

from collections.abc import Mapping
from typing import Any, Protocol

import urllib3

from sreagent.clients.plain_login import DEFAULT, plain_login


class Login(Protocol):
    """One user at one cluster. Thread-safe."""

    @property
    def context(self) -> str:
        """Name of the kubeconfig context."""
        ...

    @property
    def cluster(self) -> str:
        """Name of the cluster."""
        ...

    @property
    def user(self) -> str:
        """Who asks."""
        ...

    @property
    def namespace(self) -> str:
        """The context's namespace, or an empty text."""
        ...

    @property
    def origin(self) -> str:
        """Where this is written, as a sentence for messages."""
        ...

    @property
    def others(self) -> tuple[str, ...]:
        """The other contexts a person could name."""
        ...

    @property
    def account(self) -> Mapping[str, Any]:
        """The user as written in the kubeconfig."""
        ...

    @property
    def server(self) -> str:
        """Address of the API server."""
        ...

    def headers(self) -> urllib3.HTTPHeaderDict:
        """The headers that say who asks; a token about to expire is renewed first."""
        ...

    def connections(self) -> urllib3.PoolManager:
        """Build the transport: TLS, client certificate and proxy as configured."""
        ...


def read_login(kubeconfig: str, context: str) -> Login:
    """Read the login of a context (the current one if none is named).

    Args:
        kubeconfig: Files joined with a colon, as in `KUBECONFIG`; empty for the usual place.
        context: Name of a context, or empty.

    Raises:
        BadInput: No kubeconfig, or one that cannot be used.
        SreError: The login program named in it failed.
    """
    if plain := plain_login(kubeconfig or DEFAULT, context):
        return plain
    from sreagent.clients import kubeconfig as official

    return official.read_login(kubeconfig, context)
