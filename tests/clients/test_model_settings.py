"""Which model is asked, and with which key: what may be set where."""

import secrets
from pathlib import Path

import pytest

from sreagent.domain.errors import BadSettings
from sreagent.settings import Settings, load, model_key, provider_keys


def test_without_settings_no_model_is_asked() -> None:
    found = load({})
    assert (found.model, found.token_limit, found.usd_limit, found.turn_limit) == (
        *("", 100_000, 0.0, 15),
    )
    assert model_key(found) == ""


@pytest.mark.parametrize("name", ["model", "model_small", "model_url", "model_key_file"])
def test_a_file_in_the_working_folder_does_not_choose_who_reads_the_incident(name: str) -> None:
    Path("sre.yaml").write_text(f"{name}: http://x\n", encoding="utf-8")
    with pytest.raises(BadSettings, match="not taken from a file in the working folder"):
        load({})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("token_limit: 10", "1000 to 999999 whole tokens", id="too-few-tokens"),
        pytest.param("turn_limit: 2.5", "1 to 200 whole turns", id="half-a-turn"),
        pytest.param("usd_limit: -1", "0 to 1000 US dollars", id="less-than-nothing"),
        pytest.param("model_context: much", "0 to 999999 whole tokens", id="no-number"),
        pytest.param("model_tools: perhaps", "auto, yes, no", id="neither-yes-nor-no"),
    ],
)
def test_a_bad_setting_says_what_is_allowed(line: str, words: str) -> None:
    Path("sre.yaml").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(BadSettings) as caught:
        load({})
    assert words in caught.value.why
    assert "sre.yaml, line 1" in caught.value.message


def test_yes_and_no_are_words_here() -> None:
    Path("sre.yaml").write_text("model_tools: no\nturn_limit: 3\n", encoding="utf-8")
    found = load({})
    assert (found.model_tools, found.turn_limit) == ("no", 3)


def test_a_key_comes_from_its_file_or_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = secrets.token_hex(16), secrets.token_hex(16)
    monkeypatch.setenv("SRE_MODEL_KEY", first)
    assert model_key(Settings()) == first
    Path("key").write_text(f"{second}\n", encoding="utf-8")
    assert model_key(Settings(model_key_file="key")) == second


@pytest.mark.parametrize("text", ["", "  \n", "two words"])
def test_a_file_that_holds_no_key_is_named(text: str) -> None:
    Path("key").write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings, match="'key' holds no key"):
        model_key(Settings(model_key_file="key"))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadSettings, match="'nowhere': No such file"):
        model_key(Settings(model_key_file="nowhere"))


def test_keys_of_providers_are_secrets_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    key = secrets.token_hex(16)
    monkeypatch.setenv("SOME_API_KEY", key)
    assert key in provider_keys()
