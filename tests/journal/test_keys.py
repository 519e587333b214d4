"""A key signs only for its owner; what is wrong with it is said with what to type."""

import base64
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.journal.signing import new_key, pem, public

from sreagent.domain.errors import BadInput, BadSettings, SreError
from sreagent.journal.keys import (
    Program,
    named_key,
    own_key,
    program_signer,
    public_keys,
)
from sreagent.journal.seals import seal, unseal

SIGN_WITH_OPENSSL = (
    "import base64, subprocess, sys, tempfile\n"
    "message = tempfile.NamedTemporaryFile()\n"
    "message.write(sys.stdin.buffer.read()); message.flush()\n"
    "sign = ['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', sys.argv[1]]\n"
    "done = subprocess.run([*sign, '-in', message.name], capture_output=True, check=True)\n"
    "print(base64.b64encode(done.stdout).decode())\n"
)


def test_the_first_use_makes_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "audit.key"
    key = own_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public_keys(path.with_suffix(".pub")).known == {key.key: key.public}
    assert own_key(path).key == key.key
    assert sorted(each.name for each in path.parent.iterdir()) == ["audit.key", "audit.pub"]


def test_the_public_half_of_an_earlier_key_stays(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    before = own_key(path)
    path.unlink()
    after = own_key(path)
    assert list(public_keys(tmp_path / "audit.pub").known) == [before.key, after.key]


def test_two_that_make_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sreagent.journal.keys import own_key\n"
        "print(own_key(Path(sys.argv[1])).key)\n"
    )
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "audit.key")], stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    assert len({maker.communicate()[0] for maker in makers}) == 1
    assert [maker.returncode for maker in makers] == [0, 0, 0]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_use_is_refused_with_what_to_type(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "audit.key"
    own_key(path)
    path.chmod(mode)
    with pytest.raises(BadSettings, match=f"mode {mode:04o}") as caught:
        own_key(path)
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize(
    ("make", "what"),
    [
        pytest.param(lambda path: path.write_text("no key", "ascii"), "no private key", id="text"),
        pytest.param(lambda path: path.mkdir(), "cannot read", id="a-folder"),
        pytest.param(
            lambda path: subprocess.run(
                ["openssl", "genpkey", "-algorithm", "x25519", "-out", str(path)], check=True
            ),
            "another kind",
            id="another-kind",
        ),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, make: object, what: str) -> None:
    path = tmp_path / "audit.key"
    assert callable(make)
    make(path)
    path.chmod(0o600)
    with pytest.raises(BadSettings, match=what):
        own_key(path)


def test_a_key_that_is_named_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="there is no audit key") as caught:
        named_key(tmp_path / "mine.pem")
    assert "openssl genpkey" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_openssl_is_used_and_its_public_half_noted(tmp_path: Path) -> None:
    path = tmp_path / "mine.pem"
    make = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(path)]
    subprocess.run(make, check=True)
    path.chmod(0o600)
    key = named_key(path)
    assert key.key in public_keys(tmp_path / "mine.pub").known


def test_a_program_signs_in_place_of_a_key_file(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "audit.key"
    key = own_key(path)
    script = tmp_path / "sign it.py"
    script.write_text(SIGN_WITH_OPENSSL, encoding="utf-8")
    line = f"{sys.executable} '{script}' {path}"
    signer = program_signer(line, path.with_suffix(".pub"))
    sealed = unseal(seal({"n": 1}, signer), frozenset({"n"}))
    assert sealed.holds(public(key))


WRONG = base64.b64encode(bytes(64)).decode()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        pytest.param("false", "it ended with 1", id="fails"),
        pytest.param("sleep 30", "within 0.2 s", id="hangs"),
        pytest.param(f"echo {WRONG}", "no signature of the key", id="another-signature"),
        pytest.param("echo ; echo nothing", "no signature of the key", id="no-shell-reads-it"),
        pytest.param("no-such-program-here", "cannot run", id="is-not-there"),
    ],
)
def test_a_program_that_does_not_sign_is_an_error(line: str, what: str) -> None:
    signer = Program(line=line, public=new_key().public, patience=0.2)
    with pytest.raises(SreError, match=what):
        signer.sign(b"message")


@pytest.mark.parametrize("line", ["", "   ", "sign 'it"])
def test_a_line_that_is_none_is_refused_at_once(tmp_path: Path, line: str) -> None:
    (tmp_path / "audit.pub").write_bytes(pem(new_key()))
    with pytest.raises(BadSettings, match="command line"):
        program_signer(line, tmp_path / "audit.pub")


def test_a_program_needs_the_public_half_of_its_key(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read the public key"):
        program_signer("sign", tmp_path / "audit.pub")
    (tmp_path / "audit.pub").write_text("nothing", encoding="ascii")
    with pytest.raises(BadInput, match="no public key"):
        program_signer("sign", tmp_path / "audit.pub")


def test_the_last_public_key_is_that_of_the_program(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    (tmp_path / "audit.pub").write_bytes(pem(old, new))
    assert program_signer("sign", tmp_path / "audit.pub").key == new.key


def test_a_key_does_not_show_itself(tmp_path: Path) -> None:
    key = own_key(tmp_path / "audit.key")
    assert repr(key) == "KeyFile()"
