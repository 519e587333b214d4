"""Builds what `sre drift` needs: states, accounts, incidents, code and its repository."""

from __future__ import annotations

from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sreagent.domain.drift import Place
from sreagent.domain.errors import BadInput, Forbidden, NotFound, SreError
from sreagent.domain.secrets import names_secret, own
from sreagent.domain.state_spec import parts, spec_of
from sreagent.domain.terraform import DEFAULT_WORKSPACE
from sreagent.settings import (
    Settings,
    forge_token,
    state_folder,
    terraform_variables,
)
from sreagent.wiring.connections import system_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sreagent.clients.apiserver import ApiServer
    from sreagent.clients.aws import AwsCloud
    from sreagent.clients.aws_estate import AwsEstate
    from sreagent.clients.pull_requests import Opened, PullRequests
    from sreagent.clients.state_sources import Access
    from sreagent.domain.terraform import StateSpec
    from sreagent.drift.examine import Examined
    from sreagent.drift.mend.code import Code
    from sreagent.drift.mend.patch import Mended
    from sreagent.drift.near import IncidentSeen
    from sreagent.drift.state.managed import Managed
    from sreagent.drift.survey import Doors
    from sreagent.drift.who.authors import Authors

RECENT = 200
"""Incidents that a change is held against: the newest ones."""
API = {"github.com": "https://api.github.com"}


def doors(settings: Settings, *, asks_who: bool, headers: Mapping[str, str]) -> Doors:
    """Everything a run may ask.

    Raises:
        BadSettings: The AWS configuration cannot be used.
    """
    from sreagent.clients.aws_accounts import ways
    from sreagent.clients.aws_estate import AwsEstate
    from sreagent.clients.state_sources import StateSources
    from sreagent.drift.survey import Doors
    from sreagent.policy.redaction import redact

    enter = ways(
        profile=settings.aws_profile,
        region=settings.aws_region,
        endpoint=settings.aws_endpoint,
        timeout=settings.timeout,
        role=settings.aws_role,
    )
    estate = AwsEstate(enter)

    def home() -> Place:
        usual = enter("")
        return Place(account=usual.account, region=usual.region)

    incidents = cache(lambda: tuple(_incidents()))
    if asks_who:
        # What is wrong with them is told before minutes of reading.
        incidents()
    return Doors(
        states=StateSources(_access(settings, headers)),
        estate=estate,
        clock=system_clock(),
        home=home,
        in_cluster=partial(_in_cluster, settings),
        authors=partial(_authors, estate) if asks_who else None,
        calls=lambda: estate.calls,
        closed=estate.closed,
        incidents=incidents,
        redact=redact,
    )


def _access(settings: Settings, headers: Mapping[str, str]) -> Access:
    """What is needed to come to the states, wherever they are."""
    from sreagent.clients.aws import connect
    from sreagent.clients.state_sources import Access

    def cloud(profile: str, region: str) -> AwsCloud:
        return connect(
            profile=profile or settings.aws_profile,
            region=region or settings.aws_region,
            endpoint=settings.aws_endpoint,
            timeout=settings.timeout,
        )

    def cluster(context: str) -> ApiServer:
        from sreagent.clients.apiserver import ApiServer
        from sreagent.clients.logins import read_login

        login = read_login(settings.kubeconfig, context or settings.context)
        return ApiServer(login, timeout=settings.timeout, clock=system_clock())

    variables = terraform_variables()
    for name, value in variables.items():
        if names_secret(name):
            own(value)
    return Access(
        aws=cloud,
        own_aws_endpoint=bool(settings.aws_endpoint),
        cluster=cluster,
        timeout=settings.timeout,
        variables=variables,
        headers=headers,
    )


def _in_cluster(settings: Settings, resources: Sequence[Managed]) -> Examined:
    """What the cluster of the context has of them."""
    from sreagent.clients.kubernetes_estate import connect_estate
    from sreagent.drift.examine_kubernetes import examine_kubernetes

    cluster = connect_estate(
        kubeconfig=settings.kubeconfig,
        context=settings.context,
        timeout=settings.timeout,
        clock=system_clock(),
    )
    return examine_kubernetes(resources, cluster)


def _authors(estate: AwsEstate, examined: Examined) -> Authors:
    """What CloudTrail tells of who it was."""
    from sreagent.drift.who.authors import authors_of
    from sreagent.drift.who.trail import Trail

    return authors_of(examined, Trail(estate, system_clock()))


def _incidents() -> Iterator[IncidentSeen]:
    """The newest incidents, with what they were about; one that cannot be read is left out."""
    from sreagent.drift.near import IncidentSeen
    from sreagent.journal import shelf

    root = state_folder()
    for known in shelf.incidents(root)[:RECENT]:
        with suppress(SreError):
            incident = shelf.incident(root, known.id)
            alert = incident.opened.alert
            found = incident.concluded.diagnosis if incident.concluded else None
            words = {*alert.labels.values(), alert.name, *([found.entity.name] if found else [])}
            yield IncidentSeen(
                id=incident.id,
                at=alert.starts_at or incident.opened_at,
                words=frozenset(words),
            )


def specs(texts: Sequence[str], folder: Path) -> tuple[StateSpec, ...]:
    """Where the states are: as named, or as the backend block of the code here says.

    Raises:
        BadInput: A place is none, or the code names no backend.
    """
    if texts:
        return tuple(spec_of(text) for text in texts)
    from sreagent.clients.state_code import read_folder
    from sreagent.drift.code.backend import state_spec

    variables = terraform_variables()
    found = read_folder(str(folder), data_folder=variables.get("TF_DATA_DIR", ""))
    return (state_spec(found, workspace=variables.get("TF_WORKSPACE", "")),)


def states_of_code(folder: Path, named: Sequence[str], read: Sequence[str]) -> frozenset[str]:
    """Which of the states that were read the code of a folder makes.

    One that a person names alone is taken to be made by it; of more, those that its backend means.

    Args:
        folder: Where the code lies.
        named: What the person named; nothing for the backend of the code.
        read: The states that came of it.
    """
    if not named or (len(named) == 1 and list(read) == [_source(spec_of(named[0]))]):
        return frozenset(read)
    try:
        (meant,) = specs((), folder)
    except BadInput:
        return frozenset()
    return frozenset(source for source in read if _means(meant, source))


def _source(spec: StateSpec) -> str:
    """What the state of a place is called, where it means only one."""
    if spec.scheme == "kubernetes":
        namespace, suffix = parts(spec)
        workspace = spec.options.get("workspace") or DEFAULT_WORKSPACE
        return f"kubernetes://{namespace}/tfstate-{workspace}-{suffix}"
    return str(Path(spec.address).expanduser()) if spec.scheme == "file" else spec.address


def _means(spec: StateSpec, source: str) -> bool:
    from sreagent.clients.state_many import is_pattern, matcher

    if spec.scheme == "file":
        return Path(source).resolve() == Path(spec.address).expanduser().resolve()
    # Which workspaces bear the tags of a `cloud` block does not show in their names.
    if is_pattern(spec.address) and not spec.options.get("tags"):
        return matcher(spec.address).fullmatch(source) is not None
    return source == _source(spec)


def ignored_changes(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """What the code of a folder says with `ignore_changes`; nothing where there is no code.

    Raises:
        Forbidden: There is code, and it cannot be read.
    """
    from sreagent.clients.state_code import files_in, read_folder

    found = read_folder(str(folder), data_folder=terraform_variables().get("TF_DATA_DIR", ""))
    if not found.files:
        return {}
    from sreagent.drift.code.ignored import ignored_changes

    return ignored_changes(found, files_in)


def code_of(folder: Path) -> Code | None:
    """The code of a folder, with the modules beside it in its repository; None where none is.

    Raises:
        Forbidden: There is code, and it cannot be read.
    """
    from sreagent.clients.git import GitRepository
    from sreagent.clients.terraform_code import read_code
    from sreagent.drift.mend.code import Code

    top = None
    # Without git or a repository, the folder stands for itself.
    with suppress(BadInput):
        top = GitRepository(folder).top
    try:
        found = read_code(folder, top)
    except NotFound:
        return None
    return Code(files=found.files, root=found.root, skipped=found.skipped)


def unformatted(code: Code, done: Mended) -> tuple[str, ...] | None:
    """Files that `terraform fmt` would change and would not have before; None without it."""
    from sreagent.clients import terraform_code

    return terraform_code.unformatted(code.files, done.files)


def committed(folder: Path, done: Mended, message: str) -> tuple[str, str, bool]:
    """Commit the patch on a branch of its own: its name, the commit, and whether it was there.

    Raises:
        BadInput: The folder lies in no repository, or git is not installed.
    """
    from sreagent.clients.git import GitRepository

    repository = GitRepository(folder)
    day = system_clock().now().date()
    made = repository.commit(done.files, day=day, digest=done.digest, message=message)
    return made.branch, made.id, made.existed


def offered(folder: Path, branch: str, title: str, body: str, *, send: bool) -> tuple[Opened, str]:
    """Open a pull request for a branch, or say what would be done; and which branch it goes to.

    Raises:
        BadInput: The repository has no remote that is known, or nothing tells where it is to go.
        Forbidden: There is no token, and no `gh`.
    """
    from sreagent.clients.git import GitRepository
    from sreagent.clients.pull_requests import Request, remote_of

    repository = GitRepository(folder)
    remote = remote_of(repository.remote_url())
    requests = _requests(remote.host, remote.path)
    request = Request(branch=branch, base=repository.base(), title=title, body=body)
    if send:
        repository.push(branch)
    return requests.offer(request, dry_run=not send), request.base


def _requests(host: str, path: str) -> PullRequests:
    from shutil import which

    from sreagent.clients.pull_requests import GhProgram, GitHub, GitLab

    gitlab = "gitlab" in host
    if not gitlab and which("gh"):
        return GhProgram(path, host=host)
    token = forge_token(gitlab)
    if not token:
        name = "GITLAB_TOKEN" if gitlab else "GH_TOKEN"
        msg = f"there is no token for {host}, so no pull request can be opened"
        raise Forbidden(msg, hint=f"set {name}, or take --fix branch and push it yourself")
    own(token)
    if gitlab:
        return GitLab(path, token, url=f"https://{host}/api/v4")
    return GitHub(path, token, url=API.get(host, f"https://{host}/api/v3"))
