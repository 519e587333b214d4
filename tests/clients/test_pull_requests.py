"""Pull requests: one for each branch, nothing sent unless it is asked for."""

import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.clients.servers import Server, reply

from sreagent.clients.pull_requests import (
    BODY_LIMIT,
    GhProgram,
    GitHub,
    GitLab,
    PullRequests,
    Request,
    remote_of,
)
from sreagent.domain.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    SreError,
    Unreachable,
)

BRANCH = "sre-drift/20261121-0123abcd"
ASKED = Request(branch=BRANCH, base="main", title="Drift\n: x", body="| a |")
GITHUB_PATH = "/repos/acme/infra/pulls"
GITLAB_PATH = "/projects/acme%2Fteam%2Finfra/merge_requests"
OPEN_GITHUB = {"number": 7, "html_url": "https://x/7", "head": {"ref": BRANCH}}
OPEN_GITLAB = {"iid": 7, "web_url": "https://x/7", "source_branch": BRANCH}


@pytest.fixture
def token() -> str:
    return secrets.token_hex(20)


Host = Callable[[], PullRequests]


@pytest.fixture(params=["github", "gitlab"])
def host(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def client(host: str, server: Server, token: str) -> PullRequests:
    if host == "github":
        return GitHub("acme/infra", token, url=server.url)
    return GitLab("acme/team/infra", token, url=server.url)


def path_of(host: str) -> str:
    return GITHUB_PATH if host == "github" else GITLAB_PATH


def open_one(host: str) -> dict[str, Any]:
    return OPEN_GITHUB if host == "github" else OPEN_GITLAB


def methods(server: Server) -> list[str]:
    return [asked.method for asked in server.asked]


def test_nothing_is_sent_unless_it_is_asked_for(host: str, server: Server, token: str) -> None:
    server.on(path_of(host), reply([]))
    done = client(host, server, token).offer(ASKED)
    assert done.did == "would create"
    assert methods(server) == ["GET"]


def test_a_request_is_opened(host: str, server: Server, token: str) -> None:
    server.on(path_of(host), reply([]), reply(open_one(host), 201))
    done = client(host, server, token).offer(ASKED, dry_run=False)
    assert (done.did, done.number, done.url) == ("created", 7, "https://x/7")
    sent = json.loads(server.asked[1].body)
    assert sent["title"] == "Drift : x"
    assert BRANCH in sent.values()
    assert "main" in sent.values()


def test_the_open_request_of_a_branch_is_brought_up_to_date(
    host: str, server: Server, token: str
) -> None:
    server.on(path_of(host), reply([open_one(host)]))
    server.on(f"{path_of(host)}/7", reply(open_one(host)))
    asked = client(host, server, token)
    assert asked.offer(ASKED).did == "would update"
    assert methods(server) == ["GET"]
    done = asked.offer(ASKED, dry_run=False)
    assert (done.did, done.number) == ("updated", 7)
    assert "POST" not in methods(server)


def test_the_request_of_another_branch_is_not_touched(
    host: str, server: Server, token: str
) -> None:
    other = {**open_one(host), "head": {"ref": "other"}, "source_branch": "other"}
    server.on(path_of(host), reply([other]), reply(open_one(host), 201))
    assert client(host, server, token).offer(ASKED, dry_run=False).did == "created"


def test_a_long_text_is_cut_and_says_so(host: str, server: Server, token: str) -> None:
    server.on(path_of(host), reply([]), reply(open_one(host), 201))
    long = Request(branch=BRANCH, base="main", title="x", body="| row |\n" * 20_000)
    client(host, server, token).offer(long, dry_run=False)
    sent = json.loads(server.asked[1].body)
    text = sent.get("body") or sent.get("description")
    assert len(text) < BODY_LIMIT + 100
    assert "characters more are left out" in text


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        pytest.param(reply({"message": "Bad credentials"}, 401), Forbidden, "Bad", id="login"),
        pytest.param(reply({"message": "no"}, 403), Forbidden, "refused to answer", id="rights"),
        pytest.param(reply({"message": "Not Found"}, 404), NotFound, "no such repo", id="absent"),
        pytest.param(
            reply({"message": "Validation", "errors": [{"message": "no commits"}]}, 422),
            Conflict,
            "Validation; no commits",
            id="refused",
        ),
        pytest.param(reply({}, 500), Unreachable, "gave no answer", id="broken"),
        pytest.param(reply({"a": 1}), Unreachable, "another shape", id="shape"),
        pytest.param(
            reply({}, 302, headers={"Location": "http://127.0.0.1:1/"}),
            Unreachable,
            "gave no answer",
            id="redirect",
        ),
    ],
)
def test_what_goes_wrong_is_said_without_the_token(
    host: str, server: Server, token: str, answer: Any, kind: type[SreError], says: str
) -> None:
    server.on(path_of(host), answer)
    with pytest.raises(kind, match=says) as caught:
        client(host, server, token).offer(ASKED, dry_run=False)
    assert token not in f"{caught.value}{caught.value.hint}"
    assert "POST" not in methods(server)


def test_a_login_that_does_not_do_asks_for_another_token(
    host: str, server: Server, token: str
) -> None:
    server.on(path_of(host), reply({"message": "Bad credentials"}, 401))
    with pytest.raises(Forbidden) as caught:
        client(host, server, token).offer(ASKED)
    assert "another token" in caught.value.hint


def test_a_login_of_netrc_does_not_take_the_place_of_the_token(
    server: Server, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login jo password other\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    # As for any server that is not this very machine.
    monkeypatch.setattr("sreagent.clients.web.on_loopback", lambda _: False)
    server.on(GITHUB_PATH, reply([]))
    client("github", server, token).offer(ASKED)
    assert server.asked[0].headers["Authorization"] == f"Bearer {token}"


def test_a_token_is_not_sent_in_clear(token: str) -> None:
    with pytest.raises(BadInput, match="not https"):
        GitHub("acme/infra", token, url="http://example.com")


FAKE_GH = f"""#!{sys.executable}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "log").open("a") as log:
    print(json.dumps([sys.argv[1:], sys.stdin.read()]), file=log)
if (here / "fail").exists():
    sys.exit((here / "fail").read_text())
if sys.argv[2] == "list":
    print((here / "open").read_text())
if sys.argv[2] == "create":
    print("https://github.com/acme/infra/pull/8")
"""


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program `gh` in it, first on the PATH."""
    program = tmp_path / "gh"
    program.write_text(FAKE_GH, encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "open").write_text("[]", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def calls(gh: Path) -> list[list[Any]]:
    return [json.loads(line) for line in (gh / "log").read_text(encoding="utf-8").splitlines()]


def test_gh_opens_a_request(gh: Path) -> None:
    program = GhProgram("acme/infra")
    assert program.offer(ASKED).did == "would create"
    assert [words[1] for words, _ in calls(gh)] == ["list"]
    done = program.offer(ASKED, dry_run=False)
    assert (done.did, done.number) == ("created", 8)
    words, given = calls(gh)[-1]
    assert given == "| a |"
    assert f"--head={BRANCH}" in words
    assert "--repo=github.com/acme/infra" in words
    assert not [word for word in words[2:] if not word.startswith("--")]


def test_gh_brings_the_open_request_up_to_date(gh: Path) -> None:
    found = [{"number": 7, "url": "https://x/7", "headRefName": BRANCH}]
    (gh / "open").write_text(json.dumps(found), encoding="utf-8")
    done = GhProgram("acme/infra").offer(ASKED, dry_run=False)
    assert (done.did, done.number) == ("updated", 7)
    assert [words[1] for words, _ in calls(gh)] == ["list", "edit"]


def test_what_gh_says_is_handed_on(gh: Path) -> None:
    (gh / "fail").write_text("gh auth login first", encoding="utf-8")
    with pytest.raises(Forbidden, match="gh pr list failed: gh auth login first"):
        GhProgram("acme/infra").offer(ASKED)


def test_gh_that_gives_no_json_is_not_taken_for_no_request(gh: Path) -> None:
    (gh / "open").write_text("oops", encoding="utf-8")
    with pytest.raises(Unreachable, match="no JSON"):
        GhProgram("acme/infra").offer(ASKED, dry_run=False)


def test_without_gh_it_says_so() -> None:
    with pytest.raises(BadInput, match="gh is not installed"):
        GhProgram("acme/infra", program="no-such-gh")


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        pytest.param("git@github.com:acme/infra.git", "github.com", "acme/infra", id="scp"),
        pytest.param("https://github.com/acme/infra", "github.com", "acme/infra", id="https"),
        pytest.param("https://u:p@g.example/a/b/c.git/", "g.example", "a/b/c", id="login"),
        pytest.param("ssh://git@g.example:2222/a/b.git", "g.example", "a/b", id="ssh"),
    ],
)
def test_the_address_of_a_remote_is_read(url: str, host: str, path: str) -> None:
    found = remote_of(url)
    assert (found.host, found.path) == (host, path)


@pytest.mark.parametrize(
    "url", ["", "/srv/x.git", "file:///srv/x", "git@host:x", "https://h/a/../b"]
)
def test_what_is_no_host_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        remote_of(url)
