"""Scripted models for tests that run the program as a whole."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sreagent.simulator.chat_site import ChatSite, chat

Turn = dict[str, Any]


@contextmanager
def scripted(monkeypatch: pytest.MonkeyPatch, *turns: Turn) -> Iterator[ChatSite]:
    """A model that says these turns, set as the one to be asked."""
    with chat(list(turns)) as site:
        monkeypatch.setenv("SRE_MODEL", "openai/sim")
        monkeypatch.setenv("SRE_MODEL_URL", site.url)
        monkeypatch.setenv("OPENAI_API_KEY", secrets.token_hex(16))
        yield site


def call(name: str, *, text: str = "", **arguments: Any) -> Turn:
    """A turn that calls one tool."""
    return {"text": text, "calls": [{"name": name, "arguments": arguments}]}


def conclusion(**more: Any) -> Turn:
    """What is wrong with a bad rollout of checkout."""
    said = {
        "root_cause": "checkout revision 2 was rolled out and crashes",
        "entity": "Deployment/shop/checkout",
        "category": "deployment",
        "confidence": 0.95,
        "evidence": ["{{evidence:broken kubernetes: deployment shop/checkout}}"],
    }
    return call("conclude", **{**said, **more})
