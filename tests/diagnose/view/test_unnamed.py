"""Whom a log means that names nobody."""

import pytest
from tests.diagnose.build import NOW, SPACE

from sreagent.diagnose.logs.addresses import Address
from sreagent.diagnose.logs.reading import LogError, read
from sreagent.diagnose.view.targets import Target
from sreagent.diagnose.view.unnamed import asked_somebody, meant
from sreagent.domain.entity import Entity

GRPC = "io.grpc.StatusRuntimeException: UNAVAILABLE: Network closed for unknown reason"
FRAME = "\tat com.shop.session.%s.authorize(X.java:58)"
STATUS = "ERROR HTTPError: Response code 503 (Service Unavailable)"
UNKNOWN = "ERROR rpc error: code = Unimplemented desc = unknown service shop.quote_api.v1.Quotes"
LOGIN = 'FATAL: password authentication failed for user "app"'


def end(name: str, port: int | None = 80, **more: bool) -> Target:
    entity = None if more.get("outside") else Entity(kind="Service", namespace=SPACE, name=name)
    return Target(address=Address(name, port), entity=entity, **more)


def error(text: str) -> LogError:
    return read(text, NOW).errors[0]


TAGS, QUOTES, DB = end("tag-authorizer", 9000), end("quote-api"), end("orders-db", 5432)


@pytest.mark.parametrize(
    ("text", "known", "who"),
    [
        pytest.param(
            f"{GRPC}\n{FRAME % 'TagAuthorizerClient'}", [TAGS, QUOTES, DB], TAGS, id="by-its-client"
        ),
        pytest.param(
            f"{GRPC}\n{FRAME % 'TagAuthorizerGrpc.TagAuthorizerBlockingStub'}",
            [TAGS, QUOTES],
            TAGS,
            id="by-its-stub",
        ),
        pytest.param(
            f"{STATUS}\n    at async quoteClient (/app/quote.js:37)",
            [TAGS, QUOTES],
            QUOTES,
            id="by-the-name-without-what-all-are-called",
        ),
        pytest.param(f"{STATUS} of quote-api", [TAGS, QUOTES], QUOTES, id="by-its-name"),
        pytest.param(STATUS, [QUOTES, DB], QUOTES, id="the-only-one-that-speaks-http"),
        pytest.param("ERROR connect ECONNREFUSED", [QUOTES], QUOTES, id="the-only-one"),
        pytest.param(LOGIN, [QUOTES, DB], DB, id="the-only-store"),
        pytest.param(STATUS, [TAGS, QUOTES], None, id="one-of-two"),
        pytest.param(STATUS, [QUOTES, end("api.example.com", outside=True)], None, id="or-outside"),
        pytest.param(STATUS, [end("quote-api", missing=True)], None, id="who-is-not-there"),
        pytest.param(STATUS, [DB], None, id="a-store-speaks-no-http"),
        pytest.param(STATUS, [], None, id="nobody"),
        pytest.param(UNKNOWN, [TAGS, QUOTES], QUOTES, id="by-the-package-of-the-call"),
        pytest.param(UNKNOWN, [TAGS, end("orders")], None, id="of-whom-no-package-is"),
        pytest.param(
            'INFO "GET /orders HTTP/1.1" 500 12ms', [QUOTES], None, id="its-own-answer-to-others"
        ),
        pytest.param("ERROR request timed out", [QUOTES], None, id="who-waited-is-not-told"),
        pytest.param("ERROR write: broken pipe", [QUOTES], None, id="who-hung-up-is-not-told"),
        pytest.param("ERROR 401 Unauthorized", [DB], None, id="a-login-that-is-none-at-a-store"),
        pytest.param(
            f"{GRPC}\n{FRAME % 'QuoteClient'}\n{FRAME % 'TagAuthorizerClient'}",
            [TAGS, QUOTES],
            None,
            id="two-clients",
        ),
    ],
)
def test_whom_an_error_means(text: str, known: list[Target], who: Target | None) -> None:
    assert meant(error(text), known) == who


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param("ERROR AxiosError: Request failed with status code 502", True, id="axios"),
        pytest.param('ERROR quote request failed {"statusCode":504}', True, id="a-gateway"),
        pytest.param(
            'level=error msg="flush failed" status=500 body="open x: read-only file system"',
            True,
            id="the-words-of-another",
        ),
        pytest.param(
            'level=error msg="write failed" status=500 err="open x: read-only file system"',
            False,
            id="its-own-answer-and-why",
        ),
        pytest.param(
            "ERROR no space left on device status=500 path=/upload body=413kb",
            False,
            id="how-long-the-body-was",
        ),
        pytest.param(
            'ERROR no space left on device status=500 body="upload failed"',
            False,
            id="its-own-trouble-before-its-answer",
        ),
        pytest.param(
            'ERROR IndexError status=500 request body="{}"', False, id="the-body-of-the-request"
        ),
        pytest.param("ERROR TypeError: getPrice returned undefined", False, id="its-own-bug"),
        pytest.param("ERROR received SIGTERM", False, id="a-signal"),
        pytest.param("ERROR took 504 ms", False, id="a-number"),
        pytest.param("ERROR Request failed: connect ECONNREFUSED db:5432", False, id="it-is-named"),
    ],
)
def test_that_somebody_was_asked_in_vain_is_told_by_clients(text: str, asked: bool) -> None:
    line = f"2026-03-04T02:50:00Z {text}"
    assert asked_somebody(error(line)) is asked
