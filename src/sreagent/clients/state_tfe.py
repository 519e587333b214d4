"""States in HCP Terraform and Terraform Enterprise, through their API."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sreagent.clients.state_many import (
    instant,
    is_pattern,
    matcher,
    side_by_side,
)
from sreagent.clients.state_web import Web, own_scheme
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, BadSettings, Forbidden, NotFound
from sreagent.domain.secrets import own
from sreagent.domain.state_spec import parts
from sreagent.domain.terraform import Held, StateSpec, StateText
from sreagent.domain.text import one_line

CLOUD = "app.terraform.io"
_PAGE = 100
_PAGES = 1000
"""That are read: a list without end is none."""


class TfeStates:
    """Workspaces of an organization. Options: hostname, tags."""

    def __init__(self, token: Callable[[str], str], *, timeout: float) -> None:
        """`token` gives the token for a host, empty where there is none."""
        self._token = token
        self._timeout = timeout

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """Each state that a workspace or a pattern of workspaces means.

        Raises:
            BadInput: There are more workspaces than can be listed.
            NotFound: There is no such workspace, or it has no state.
            Forbidden: There is no token for the host, or it may not read states.
            Unreachable: The host did not answer.
        """
        organization, workspace = parts(spec)
        host = spec.options.get("hostname") or CLOUD
        token = self._token(host)
        log_in = f"try: terraform login {host}, or {_variable(host)}=TOKEN"
        if not token:
            msg = f"no token for {host}"
            raise Forbidden(msg, hint=log_in)
        own(token)
        house = _House(
            web=Web(
                name=f"Terraform at {host}",
                address=f"{own_scheme(host)}://{host}",
                log_in=log_in,
                timeout=self._timeout,
            ),
            organization=organization,
            token=token,
            options=spec.options,
        )
        if not is_pattern(workspace):
            yield house.read(workspace)
            return
        names = house.names(workspace, spec.options.get("tags", ""))
        if not names:
            msg = f"{spec.address} means no workspace"
            raise NotFound(msg, hint="try: tfc://ORGANIZATION/*")
        yield from side_by_side(names, house.read, house.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """One organization."""

    web: Web
    organization: str
    token: str
    options: Mapping[str, str]

    def address(self, workspace: str) -> str:
        return f"tfc://{self.organization}/{workspace}"

    def names(self, pattern: str, tags: str) -> list[str]:
        matches = matcher(pattern)
        return [
            name
            for name in self.web.server.once(lambda: self._listed(tags))
            if matches.fullmatch(name)
        ]

    def _listed(self, tags: str) -> list[str]:
        found: list[str] = []
        for page in range(1, _PAGES + 1):
            query = {"page[size]": str(_PAGE), "page[number]": str(page)}
            query |= {"search[tags]": tags} if tags else {}
            answer = self._json(f"organizations/{quote(self.organization)}/workspaces", query)
            found += [str(entry["attributes"]["name"]) for entry in answer.get("data") or ()]
            if not ((answer.get("meta") or {}).get("pagination") or {}).get("next-page"):
                return found
        msg = f"{self.organization} has more workspaces than the {len(found):,} that are listed"
        raise BadInput(msg, hint=f"name fewer: {self.address('NAME')}, or ?tags=TAG")

    def read(self, workspace: str) -> StateText:
        held, link = self.web.server.once(lambda: self._lock_and_link(workspace))
        body = self.web.download(link, headers=self._headers, elsewhere=True)
        options = {name: value for name, value in self.options.items() if name != "tags"}
        return StateText(
            source=self.address(workspace),
            body=body,
            held=held,
            spec=StateSpec(scheme="tfc", address=self.address(workspace), options=options),
        )

    def _lock_and_link(self, workspace: str) -> tuple[Held | None, str]:
        path = f"organizations/{quote(self.organization)}/workspaces/{quote(workspace, safe='')}"
        told = self._json(path, {"include": "locked_by"})
        current = self._json(f"workspaces/{quote(told['data']['id'])}/current-state-version", {})
        return _held(told), str(current["data"]["attributes"]["hosted-state-download-url"])

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _json(self, path: str, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
        address = f"{self.web.server.url}/api/v2/{path}"
        if query:
            address += f"?{urlencode(query)}"

        def ask() -> Any:  # noqa: ANN401 - any JSON value
            return json.loads(self.web.download(address, headers=self._headers))

        return self.web.server.once(ask)


def _held(told: Mapping[str, Any]) -> Held | None:
    workspace = told["data"]
    if not workspace["attributes"].get("locked"):
        return None
    link = ((workspace.get("relationships") or {}).get("locked-by") or {}).get("data") or {}
    by: Mapping[str, Any] = next(
        (
            entry
            for entry in told.get("included") or ()
            if (entry.get("type"), entry.get("id")) == (link.get("type"), link.get("id"))
        ),
        {},
    )
    known = by.get("attributes") or {}
    name = known.get("username") or known.get("name") or known.get("email")
    kind, id_ = str(link.get("type") or "").removesuffix("s"), str(link.get("id") or "")
    return Held(
        who=one_line(str(name or f"{kind} {id_}".strip() or "somebody"), 120),
        operation=one_line(str(known.get("message") or kind), 120),
        since=instant(known.get("created-at")) if kind == "run" else None,
        id=id_,
    )


def token_for(host: str, variables: Mapping[str, str], credentials: Path) -> str:
    """The token for a host, from `TF_TOKEN_…` or from what `terraform login` wrote.

    Raises:
        BadSettings: The file of `terraform login` cannot be read.
    """
    wanted = _variable(host).lower()
    for name, value in variables.items():
        if value and name.lower().replace("__", "-") == wanted.replace("__", "-"):
            return value.strip()
    try:
        told = json.loads(credentials.read_bytes())
        return str(told.get("credentials", {}).get(host, {}).get("token", "")).strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, AttributeError) as error:
        msg = f"cannot read {credentials}, which terraform login writes"
        raise BadSettings(msg, why=one_line(str(error)), hint="try: terraform login") from error


def _variable(host: str) -> str:
    """How Terraform names the variable: dots become `_`, hyphens `__`."""
    return f"TF_TOKEN_{host.partition(':')[0].replace('.', '_').replace('-', '__')}"
