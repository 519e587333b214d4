"""Pull requests, through `gh` or the REST API of GitHub or GitLab."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import requests

from sreagent.clients.network import on_loopback
from sreagent.clients.web import WebServer, only_as_it_is
from sreagent.domain.errors import BadInput, Conflict, Forbidden, NotFound, TimedOut, Unreachable
from sreagent.domain.text import one_line

SECONDS = 60
"""For one call of `gh`."""
TITLE_LIMIT = 200
BODY_LIMIT = 60_000
"""Characters; GitHub takes 65,536."""
_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?!/)(?P<path>[^\s]+)")
_CREATED = requests.codes.created


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for."""

    branch: str
    """That holds the commit; the same branch is the same request."""
    base: str
    """Where it is to go."""
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A request that is open, or what would be done."""

    did: str
    """`created`, `updated`, `would create`, `would update`."""
    url: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where a repository is hosted."""

    host: str
    path: str
    """`owner/name`; on GitLab there may be groups in groups."""


class PullRequests(Protocol):
    """Opens requests: each branch has one at most."""

    def offer(self, request: Request, *, dry_run: bool = True) -> Opened:
        """Open a request, or bring the open one of its branch up to date.

        Args:
            request: What is asked for.
            dry_run: Look only, and say what would be done.

        Raises:
            Unreachable: No answer.
            Forbidden: The token does not allow it.
            NotFound: No such repository, or the branch is not there.
            Conflict: The host refused.
        """


def remote_of(url: str) -> Remote:
    """Read the address of a remote; a login in it is dropped.

    Raises:
        BadInput: It is no address of a host.
    """
    found = _SCP.fullmatch(url)
    if found and "://" not in url:
        host, path = found["host"], found["path"]
    else:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            host, path = "", ""
    path = path.strip("/").removesuffix(".git").strip("/")
    if not host or not re.fullmatch(r"[\w.-]+(?:/[\w.-]+)+", path) or ".." in path.split("/"):
        msg = "the remote has no address of a host with a repository"
        raise BadInput(msg, hint="try: git remote add origin https://HOST/OWNER/NAME.git")
    return Remote(host=host, path=path)


class GitHub:
    """GitHub's REST API."""

    def __init__(self, repository: str, token: str, *, url: str, timeout: float = 20.0) -> None:
        self._api = _Api("GitHub", url, {"Authorization": f"Bearer {token}"}, timeout=timeout)
        self._api.session.headers["Accept"] = "application/vnd.github+json"
        self._path = f"/repos/{quote(repository)}/pulls"
        self._owner = repository.partition("/")[0]

    def offer(self, request: Request, *, dry_run: bool = True) -> Opened:
        """See `PullRequests.offer`."""
        wanted = {"head": f"{self._owner}:{request.branch}", "state": "open"}
        found = _mine(
            self._api.call("GET", f"{self._path}?{urlencode(wanted)}"),
            lambda each: each["head"]["ref"] == request.branch,
        )
        body = {"title": _title(request), "body": _body(request)}
        if found is not None:
            opened = Opened(did="would update", url=found["html_url"], number=found["number"])
            if dry_run:
                return opened
            self._api.call("PATCH", f"{self._path}/{found['number']}", body)
            return replace(opened, did="updated")
        if dry_run:
            return Opened(did="would create")
        made = self._api.call(
            "POST", self._path, {**body, "head": request.branch, "base": request.base}
        )
        return Opened(did="created", url=str(made["html_url"]), number=int(made["number"]))


class GitLab:
    """GitLab's REST API."""

    def __init__(self, repository: str, token: str, *, url: str, timeout: float = 20.0) -> None:
        self._api = _Api("GitLab", url, {"PRIVATE-TOKEN": token}, timeout=timeout)
        self._path = f"/projects/{quote(repository, safe='')}/merge_requests"

    def offer(self, request: Request, *, dry_run: bool = True) -> Opened:
        """See `PullRequests.offer`."""
        wanted = {"source_branch": request.branch, "state": "opened"}
        found = _mine(
            self._api.call("GET", f"{self._path}?{urlencode(wanted)}"),
            lambda each: each["source_branch"] == request.branch,
        )
        body = {"title": _title(request), "description": _body(request)}
        if found is not None:
            opened = Opened(did="would update", url=found["web_url"], number=found["iid"])
            if dry_run:
                return opened
            self._api.call("PUT", f"{self._path}/{found['iid']}", body)
            return replace(opened, did="updated")
        if dry_run:
            return Opened(did="would create")
        made = self._api.call(
            "POST",
            self._path,
            {**body, "source_branch": request.branch, "target_branch": request.base},
        )
        return Opened(did="created", url=str(made["web_url"]), number=int(made["iid"]))


class GhProgram:
    """The `gh` program, with the login of the person."""

    def __init__(self, repository: str, *, host: str = "github.com", program: str = "gh") -> None:
        """Find the program.

        Raises:
            BadInput: It is not installed.
        """
        found = shutil.which(program)
        if not found:
            msg = "gh is not installed"
            raise BadInput(msg, hint="install gh, or set a token")
        self._program = found
        self._repository = f"{host}/{repository}"

    def offer(self, request: Request, *, dry_run: bool = True) -> Opened:
        """See `PullRequests.offer`."""
        told = self._run(
            *("pr", "list", f"--repo={self._repository}", f"--head={request.branch}"),
            *("--state=open", "--json=number,url,headRefName", "--limit=5"),
        )
        found = _mine(_parsed(told), lambda each: each["headRefName"] == request.branch)
        texts = (f"--title={_title(request)}", "--body-file=-")
        if found is not None:
            opened = Opened(did="would update", url=found["url"], number=found["number"])
            if dry_run:
                return opened
            where = (str(found["number"]), f"--repo={self._repository}")
            self._run("pr", "edit", *where, *texts, given=_body(request))
            return replace(opened, did="updated")
        if dry_run:
            return Opened(did="would create")
        branches = (f"--head={request.branch}", f"--base={request.base}")
        told = self._run(
            *("pr", "create", f"--repo={self._repository}", *branches, *texts),
            given=_body(request),
        )
        url = next((line for line in told.split() if line.startswith("http")), "")
        number = url.rpartition("/")[2]
        return Opened(did="created", url=url, number=int(number) if number.isdigit() else 0)

    def _run(self, *words: str, given: str = "") -> str:
        try:
            done = subprocess.run(  # noqa: S603 - words, none of which goes through a shell
                ["env", "GH_PROMPT_DISABLED=1", "NO_COLOR=1", self._program, *words],  # noqa: S607
                input=given.encode(),
                capture_output=True,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            msg = f"gh took longer than {SECONDS} s"
            raise TimedOut(msg) from error
        if done.returncode:
            told = one_line(done.stderr.decode("utf-8", "replace")) or "without a word"
            msg = f"gh {' '.join(words[:2])} failed: {told}"
            kind = Forbidden if "auth" in told or "401" in told or "403" in told else Conflict
            raise kind(msg)
        return done.stdout.decode("utf-8", "replace")


class _Api:
    """A JSON API with a token, which no redirect carries elsewhere."""

    def __init__(self, name: str, url: str, headers: Mapping[str, str], *, timeout: float) -> None:
        if urlsplit(url).scheme != "https" and not on_loopback(url):
            msg = f"the address of {name} is not https: a token is not sent in clear"
            raise BadInput(msg)
        self._server = WebServer(name, url, timeout=timeout)
        self._timeout = timeout
        self._headers = dict(headers)

    @property
    def session(self) -> requests.Session:
        return self._server.session

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        ask = self._server.ask if method == "GET" else self._server.once
        response = ask(lambda: self._send(method, path, body))
        if response.status_code == requests.codes.not_found:
            msg = f"{self._server} knows no such repository, or the token may not see it"
            raise NotFound(msg)
        if response.status_code in (401, 403):
            told = self._server.refusal(response).message
            raise Forbidden(told, hint="try: another token, one that may open pull requests there")
        if response.status_code in (409, 422, 400):
            msg = f"{self._server} refused: {_told(response)}"
            raise Conflict(msg)
        if not response.ok or response.is_redirect:
            raise self._server.refusal(response)
        return self._server.once(response.json)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> requests.Response:
        return self.session.request(
            method,
            f"{self._server.url}{path}",
            json=body,
            timeout=self._timeout,
            headers=self._headers,
            auth=only_as_it_is,
            allow_redirects=False,
        )


def _told(response: requests.Response) -> str:
    """Why a host refused: the message and what stands in its list of errors."""
    try:
        told = response.json()
    except requests.JSONDecodeError:
        return one_line(response.text[:200])
    if not isinstance(told, Mapping):
        return one_line(str(told))
    errors = told.get("errors") or ()
    parts = [str(told.get("message") or told.get("error") or "")]
    if isinstance(errors, list):
        parts += [
            str(each.get("message") or each.get("code") or "")
            for each in errors
            if isinstance(each, Mapping)
        ]
    return one_line("; ".join(part for part in parts if part))


def _mine(
    answer: Any,  # noqa: ANN401 - JSON
    is_mine: Callable[[Mapping[str, Any]], bool],
) -> Mapping[str, Any] | None:
    """The request of a branch in a list; a host may give more than was asked for."""
    try:
        return next((each for each in answer if is_mine(each)), None)
    except (TypeError, KeyError) as error:
        msg = "the list of requests has another shape"
        raise Unreachable(msg) from error


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text or "[]")
    except ValueError as error:
        msg = "gh gave no JSON"
        raise Unreachable(msg, hint="try: gh --version; 2.0 is needed") from error


def _title(request: Request) -> str:
    return one_line(request.title, TITLE_LIMIT)


def _body(request: Request) -> str:
    if len(request.body) <= BODY_LIMIT:
        return request.body
    kept = request.body[:BODY_LIMIT].rpartition("\n")[0]
    return f"{kept}\n\n… {len(request.body) - len(kept)} characters more are left out.\n"
