"""All places of states as one: each is made when it is first asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sreagent.domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sreagent.clients.apiserver import ApiServer
    from sreagent.clients.aws import AwsCloud
    from sreagent.domain.drift import Trouble
    from sreagent.domain.ports import StateSource
    from sreagent.domain.terraform import StateSpec, StateText


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What is needed to come to a state, wherever it is."""

    aws: Callable[[str, str], AwsCloud]
    """By profile and region; empty for the usual ones."""
    own_aws_endpoint: bool = False
    """Whether the person chose an address that stands in for AWS."""
    cluster: Callable[[str], ApiServer]
    """By context; empty for the usual one."""
    timeout: float
    """Seconds to wait for one answer."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`TF_TOKEN_…`, `TF_HTTP_USERNAME`, `TF_HTTP_PASSWORD`, `ARM_ACCESS_KEY`, `ARM_SAS_TOKEN`."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For states behind HTTP."""
    home: Path = field(default_factory=Path.home)
    stdin: BinaryIO = field(default_factory=lambda: sys.stdin.buffer)


class StateSources:
    """Sends each spec to its place."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._made: dict[str, StateSource] = {}
        self._makers: Mapping[str, Callable[[], StateSource]] = {
            "file": self._files,
            "stdin": self._stdin,
            "s3": self._s3,
            "http": self._web,
            "https": self._web,
            "gs": self._gcs,
            "azurerm": self._azure,
            "tfc": self._tfe,
            "kubernetes": self._kubernetes,
        }

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """As `StateSource.fetch`.

        Raises:
            BadInput: States of such a place cannot be read.
            SreError: As the place says.
        """
        maker = self._makers.get(spec.scheme)
        if not maker:
            msg = f"{spec.scheme}:// cannot be read directly"
            raise BadInput(msg, hint="try: terraform state pull | sre drift --state -")
        if spec.scheme not in self._made:
            self._made[spec.scheme] = maker()
        yield from self._made[spec.scheme].fetch(spec)

    def _files(self) -> StateSource:
        from sreagent.clients.state_files import FileStates

        return FileStates()

    def _stdin(self) -> StateSource:
        from sreagent.clients.state_files import StdinStates

        return StdinStates(self._access.stdin)

    def _s3(self) -> StateSource:
        from sreagent.clients.state_s3 import S3States

        return S3States(self._access.aws, own_endpoint=self._access.own_aws_endpoint)

    def _web(self) -> StateSource:
        from sreagent.clients.state_web import WebStates

        user = self._access.variables.get("TF_HTTP_USERNAME", "")
        password = self._access.variables.get("TF_HTTP_PASSWORD", "")
        return WebStates(
            timeout=self._access.timeout,
            headers=self._access.headers,
            login=(user, password) if user or password else None,
        )

    def _gcs(self) -> StateSource:
        from sreagent.clients.state_gcs import GcsStates, connect_gcs

        timeout = self._access.timeout
        return GcsStates(connect_gcs, timeout=timeout)

    def _azure(self) -> StateSource:
        from sreagent.clients.state_azure import AzureStates, connect_azure

        access = self._access
        return AzureStates(
            lambda account, environment: connect_azure(
                account, environment, variables=access.variables, timeout=access.timeout
            )
        )

    def _tfe(self) -> StateSource:
        from sreagent.clients.state_tfe import TfeStates, token_for

        access = self._access
        stored = access.home / ".terraform.d" / "credentials.tfrc.json"
        return TfeStates(
            lambda host: token_for(host, access.variables, stored), timeout=access.timeout
        )

    def _kubernetes(self) -> StateSource:
        from sreagent.clients.state_kubernetes import KubernetesStates

        return KubernetesStates(self._access.cluster)
