"""What a policy file may say, and what is said of one that cannot be used."""

from pathlib import Path
from typing import Any

import pytest

from sreagent.domain.errors import BadSettings, Exit
from sreagent.domain.verdict import Autonomy
from sreagent.policy.document import Policy, load

EXAMPLE = Path(__file__).parents[2] / "docs/examples/policy/policy.yaml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(f"version: 1\n{text}")
    return path


def refused(path: Path) -> BadSettings:
    with pytest.raises(BadSettings) as caught:
        load(path)
    assert caught.value.exit_code is Exit.USAGE
    assert str(path.parent) in caught.value.message
    return caught.value


def test_the_example_policy_loads() -> None:
    held = load(EXAMPLE)
    assert held.limits.replicas == 8
    assert held.autonomy_for("KubePodCrashLooping") is Autonomy.RESPONDER
    assert held.autonomy_for("AnythingElse") is Autonomy.ASSISTANT
    assert [window.name for window in held.freeze] == ["black-friday", "weekly-settlement"]


def test_a_file_that_says_nothing_more_is_the_built_in_policy(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Policy()
    assert load(written(tmp_path, "")).version == Policy().version


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("limit: 3", 2, "'limit'", id="unknown-key"),
        pytest.param("limits:\n  replica: 3", 3, "'limits.replica'", id="unknown-key-inside"),
        pytest.param("limits:\n\n  replicas: 11", 4, "limits.replicas", id="limit-raised"),
        pytest.param("limits: {factor: 2.5}", 2, "limits.factor", id="factor-raised"),
        pytest.param("limits: {share: 11}", 2, "limits.share", id="share-raised"),
        pytest.param("breakers: {scalings: 4}", 2, "breakers.scalings", id="breaker-raised"),
        pytest.param("breakers: {changes: -1}", 2, "breakers.changes", id="below-none"),
        pytest.param("limits: {replicas: 010}", 2, "'010'", id="octal"),
        pytest.param("limits: {replicas: 1_0}", 2, "'1_0'", id="underscore"),
        pytest.param("limits: {replicas: 3.0}", 2, "limits.replicas", id="fraction"),
        pytest.param("limits: {replicas: true}", 2, "limits.replicas", id="truth"),
        pytest.param("limits: {replicas: '3'}", 2, "limits.replicas", id="text"),
        pytest.param("autonomy: {default: god}", 2, "'observer', 'advisor'", id="no-such-level"),
        pytest.param("autonomy:\n  alerts:\n    A: boss", 4, "autonomy.alerts.A", id="for-alert"),
        pytest.param("tiers: {scale: allow}", 2, "'person' or 'deny'", id="tier-loosened"),
        pytest.param("tiers: {reboot: deny}", 2, "'rollout_undo'", id="unknown-verb"),
        pytest.param("two_people: {verbs: [all]}", 2, "two_people.verbs.0", id="two-for-unknown"),
        pytest.param(
            "freeze:\n  - name: a\n    zone: Mars/Base\n    days: [sat]",
            4,
            "time zone",
            id="unknown-zone",
        ),
        pytest.param(
            "freeze:\n  - {name: a, zone: UTC, days: [sat]}\n  - {name: a, zone: UTC, days: [sun]}",
            1,
            "same name",
            id="same-name-twice",
        ),
        pytest.param("rego: {file: nowhere.rego}", 2, "nowhere.rego", id="rego-file-missing"),
        pytest.param("opa: {url: 'ftp://opa/v1/data/x'}", 2, "opa.url", id="opa-address"),
        pytest.param("opa: {url: 'http://u:p@opa/v1/data/x'}", 2, "opa.url", id="opa-with-login"),
        pytest.param(
            "opa: {url: 'http://opa/v1/data/x', timeout: 60}", 2, "opa.timeout", id="slow"
        ),
        pytest.param("version: 1", 2, "twice", id="key-twice"),
        pytest.param("limits: &a {replicas: 3}\nbreakers: *a", 2, "anchor", id="anchor"),
        pytest.param("limits: !!python/object:os.system {}", 2, "the tag", id="tag"),
        pytest.param("limits: [", 2, "not YAML", id="no-yaml"),
        pytest.param("? [a, b]\n: 1", 2, "plain word", id="list-as-key"),
        pytest.param("always:\n  names: ['a b']", 3, "always.names.0", id="pattern-with-space"),
    ],
)
def test_a_wrong_policy_is_refused_by_line_and_key(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    error = refused(written(tmp_path, text))
    told = f"{error.message} {error.why}"
    assert said in told
    assert f"line {line}" in told


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "`version: 1` is missing", id="empty"),
        pytest.param(b"# nothing\n", "`version: 1` is missing", id="comment"),
        pytest.param(b"- 1\n", "`version: 1` is missing", id="list"),
        pytest.param(b"version: 2\n", "version", id="later-version"),
        pytest.param(b"version: 1\n\xff\xfe", "cannot read", id="no-text"),
        pytest.param(b"version: 1\n---\nversion: 1\n", "not YAML", id="two-documents"),
        pytest.param(b"[" * 5000, "nested too deeply", id="deep"),
        pytest.param(b"#" * 1_000_001, "longer than", id="huge"),
        pytest.param(b"version: 1\n\x00", "not YAML", id="zero-byte"),
    ],
)
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(content)
    assert said in refused(path).message


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "nowhere.yaml").message
    (tmp_path / "folder").mkdir()
    assert "directory" in refused(tmp_path / "folder").message


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    # A link to itself is one that root cannot read either.
    path = tmp_path / "policy.yaml"
    path.symlink_to(path)
    assert "cannot read" in refused(path).message
    assert "symbolic links" in refused(path).message


@pytest.mark.parametrize(
    "sections",
    [
        pytest.param("limits: {replicas: 9}", id="limit"),
        pytest.param("autonomy: {alerts: {A: observer}}", id="autonomy"),
        pytest.param("freeze: [{name: a, zone: UTC, days: [sat]}]", id="freeze"),
        pytest.param("tiers: {scale: deny}", id="tier"),
    ],
)
def test_the_version_tells_what_the_policy_says_and_not_how_it_is_written(
    tmp_path: Path, sections: str
) -> None:
    changed = load(written(tmp_path, sections)).version
    assert changed != Policy().version
    assert load(written(tmp_path, f"# a comment\n{sections}\n\n")).version == changed


def rego_policy(folder: Path, source: str, more: str = "") -> Path:
    folder.mkdir()
    (folder / "p.rego").write_text(source)
    return written(folder, f"rego:\n  file: p.rego\n{more}")


def test_the_version_follows_the_content_of_the_rego_file_wherever_it_lies(tmp_path: Path) -> None:
    one = load(rego_policy(tmp_path / "a", "package a"))
    same = load(rego_policy(tmp_path / "b", "package a"))
    other = load(rego_policy(tmp_path / "c", "package a\nx := 1"))
    assert one.version == same.version != other.version


def test_a_rego_file_that_is_not_the_one_named_by_its_hash_is_refused(tmp_path: Path) -> None:
    path = rego_policy(tmp_path / "a", "package a", f"  sha256: {'0' * 64}\n")
    error = refused(path)
    assert "line 3" in error.message
    assert "rego.sha256" in error.message


def test_a_policy_cannot_be_changed_once_it_is_loaded() -> None:
    held: Any = Policy()
    with pytest.raises(ValueError, match="frozen"):
        held.limits.replicas = 5


@pytest.mark.parametrize(
    "text",
    [
        'autonomy: {alerts: {"*": observer}}',
        'autonomy: {alerts: {"": autonomous}}',
        'autonomy: {alerts: {"Kube*": observer}}',
        'autonomy: {alerts: {"HighLoad ": observer}}',
        "freeze: [{name: x, zone: UTC, days: [mon], namespaces: ['']}]",
        'always: {names: ["[a-z]*"]}',
        f'approvers: {{" ": "{"A" * 43}="}}',
    ],
    ids=str,
)
def test_what_would_never_match_is_refused(tmp_path: Path, text: str) -> None:
    assert ", line 2: " in refused(written(tmp_path, text)).message
