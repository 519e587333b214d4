"""Settings that bear on what is seen."""

import pytest
from tests.diagnose.build import make

from sreagent.diagnose.view.bearing import bearing

TOML = """[cache]
max_entries = 500000
ttl = "20s"
[upstream]
timeout = "2500ms"
retry_token = "x9"
"""


@pytest.mark.parametrize(
    ("data", "seen", "told"),
    [
        pytest.param(
            {"a.toml": TOML},
            "cache hit ratio 86 % to 25 %",
            ("max_entries = 500000", "ttl = 20s"),
            id="toml",
        ),
        pytest.param(
            {"a.toml": TOML},
            "gets timeout of db:5432",
            ("timeout = 2500ms",),
            id="timeout, no secret",
        ),
        pytest.param(
            {"a.json": '{\n  "pool_size": 4,\n  "name": "x"\n}'},
            "connection pool 100 %",
            ("pool_size = 4",),
            id="json",
        ),
        pytest.param(
            {"POOL_MAX": "4"}, "the connection pool is used up", ("POOL_MAX = 4",), id="a key"
        ),
        pytest.param({"a.toml": TOML}, "logs NullPointerException", (), id="nothing bears on it"),
        pytest.param({}, "cache hit ratio", (), id="empty"),
    ],
)
def test_settings_that_bear_on_it_are_told(
    data: dict[str, str], seen: str, told: tuple[str, ...]
) -> None:
    assert bearing(make("ConfigMap", "settings", data=data), seen) == told


@pytest.mark.timeout(30)  # seconds; to go back over blank lines takes hours
def test_blank_lines_cost_nothing() -> None:
    blank = "\n" * 50_000 + "   \n" * 10_000 + "end of it"
    assert bearing(make("ConfigMap", "settings", data={"a": blank}), "cache hit ratio") == ()
