"""What a person types to name a place of Terraform states."""

import secrets

import pytest

from sreagent.domain.errors import BadInput
from sreagent.domain.state_spec import parts, spec_of


@pytest.mark.parametrize(
    ("text", "scheme", "address", "options"),
    [
        pytest.param("-", "stdin", "stdin", {}, id="stdin"),
        pytest.param("a/b.tfstate", "file", "a/b.tfstate", {}, id="path"),
        pytest.param("file:///a/b", "file", "/a/b", {}, id="file-address"),
        pytest.param("tfstate://a/b", "file", "a/b", {}, id="driftctl-path"),
        pytest.param("s3://b/k", "s3", "s3://b/k", {}, id="s3"),
        pytest.param("tfstate+s3://b/**/k", "s3", "s3://b/**/k", {}, id="driftctl-s3"),
        pytest.param(
            "s3://b/k?.tfstate?region=eu-west-1&dynamodb_table=locks",
            "s3",
            "s3://b/k?.tfstate",
            {"region": "eu-west-1", "dynamodb_table": "locks"},
            id="options-behind-a-pattern",
        ),
        pytest.param("gcs://b/p", "gs", "gs://b/p", {}, id="gcs"),
        pytest.param("tfe://org/ws", "tfc", "tfc://org/ws", {}, id="tfe"),
        pytest.param("k8s://ns/x", "kubernetes", "kubernetes://ns/x", {}, id="k8s"),
        pytest.param("https://h:8/p?x=1", "https", "https://h:8/p?x=1", {}, id="https"),
        pytest.param("http://[::1]:8/p", "http", "http://[::1]:8/p", {}, id="ipv6"),
    ],
)
def test_a_text_names_a_place(
    text: str, scheme: str, address: str, options: dict[str, str]
) -> None:
    spec = spec_of(text)
    assert (spec.scheme, spec.address, dict(spec.options)) == (scheme, address, options)


def test_the_login_of_an_address_is_never_shown() -> None:
    word = secrets.token_hex(8)
    spec = spec_of(f"https://jo%40x:{word}@git.example.com/state")
    assert spec.address == "https://git.example.com/state"
    assert spec.options == {"username": "jo@x", "password": word}
    assert word not in f"{spec!r} {spec}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param("a\0b", "empty", id="nul"),
        pytest.param("s4://b/k", "s4:// is no place", id="unknown"),
        pytest.param("https://", "no https address", id="no-host"),
        pytest.param("http://[::1/x", "no http address", id="broken-host"),
    ],
)
def test_what_names_no_place_is_refused_with_what_does(text: str, told: str) -> None:
    with pytest.raises(BadInput, match=told) as error:
        spec_of(text)
    assert error.value.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("s3://b/a/b/c", ("b", "a/b/c")),
        ("s3://b", ("b", "")),
        ("azurerm://acc/con/a/b", ("acc", "con", "a/b")),
        ("azurerm://acc/con", ("acc", "con", "")),
        ("tfc://org/ws-*", ("org", "ws-*")),
        ("kubernetes://ns/suffix", ("ns", "suffix")),
    ],
)
def test_an_address_has_parts(text: str, found: tuple[str, ...]) -> None:
    assert parts(spec_of(text)) == found


@pytest.mark.parametrize("text", ["s3://", "s3:///k", "tfc://org", "azurerm://acc", "k8s:///x"])
def test_an_address_that_lacks_a_part_says_how_it_is_written(text: str) -> None:
    with pytest.raises(BadInput, match="names no state") as error:
        parts(spec_of(text))
    assert "://" in error.value.why
