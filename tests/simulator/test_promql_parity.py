"""The real Prometheus, given the same samples, says the same."""

import json
import math
import shutil
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.staging import fetch

from sreagent.simulator.promql.evaluate import Evaluator
from sreagent.simulator.promql.parse import parse
from sreagent.simulator.promql.series import Database

pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="prometheus and promtool are not installed: nothing to compare with",
)

EXPRESSIONS = """
requests_total
rate(requests_total[1m])
rate(requests_total[47s])
increase(requests_total[3m])
increase(restarts_total[10m])
irate(requests_total[2m])
delta(memory_bytes[5m])
deriv(memory_bytes[5m])
changes(restarts_total[10m])
resets(restarts_total[10m])
avg_over_time(memory_bytes[2m])
max_over_time(memory_bytes[2m]) - min_over_time(memory_bytes[2m])
stddev_over_time(memory_bytes[2m])
quantile_over_time(0.9, memory_bytes[5m])
sum_over_time(restarts_total[1m]) / count_over_time(restarts_total[1m])
last_over_time(short_lived[20m])
max_over_time(rate(requests_total[1m])[5m:30s])
sum by (service) (rate(requests_total{code="503"}[1m])) / sum by (service) (requests_total)
sum(rate(requests_total[1m])) by (code)
avg without (code) (rate(requests_total[1m]))
count(requests_total) by (service)
min(memory_bytes) + max(memory_bytes)
quantile(0.3, memory_bytes)
topk(1, memory_bytes)
bottomk(1, memory_bytes)
histogram_quantile(0.5, sum by (le) (rate(took_seconds_bucket[5m])))
histogram_quantile(0.99, sum by (le, service) (rate(took_seconds_bucket[5m])))
memory_bytes / on (service) limit_bytes
memory_bytes / ignoring (tier) limit_bytes
requests_total * on (service) group_left (tier) limit_bytes
limit_bytes * on (service) group_right (tier) requests_total
last_over_time(requests_total[47s])
memory_bytes > bool 200
memory_bytes > 200
200 < memory_bytes
memory_bytes and on (service) limit_bytes > 300
memory_bytes unless on (service) limit_bytes > 300
memory_bytes > 1e9 or limit_bytes
absent(no_such{service="a"})
absent(memory_bytes)
clamp(memory_bytes, 100, 250)
clamp_min(memory_bytes, 220)
round(memory_bytes, 7)
ceil(memory_bytes / 7)
floor(-memory_bytes / 7)
abs(memory_bytes - 300)
label_replace(memory_bytes, "who", "$1-x", "service", "(.).*")
label_replace(limit_bytes, "ask", "0", "", "") or label_replace(memory_bytes, "ask", "1", "", "")
{service!="",tier=""}
memory_bytes offset 2m
requests_total{code!~"5..|4.."}
requests_total{service="cart",code!="200"}
-memory_bytes ^ 2
7 % 3 + 2 ^ 3 ^ 0.5
scalar(memory_bytes{service="cart"}) + 1
vector(3) * 2
timestamp(memory_bytes)
short_lived
sort_desc(memory_bytes)
rate(requests_total[5m] offset 1m)
sum(requests_total) > bool 10
memory_bytes == memory_bytes
memory_bytes != 0 / 0
group(memory_bytes)
""".strip().splitlines()


def samples(start: float) -> Iterator[tuple[str, dict[str, str], float, float]]:
    """Twenty minutes of everything the language can be asked about."""
    for number in range(81):
        moment = start + number * 15
        grown = number * 15.0
        for service, rate in (("cart", 3.5), ("web", 21.25)):
            noisy = grown * rate + 11 * math.sin(number)
            labels = {"service": service}
            yield "requests_total", {**labels, "code": "200"}, moment, max(0.0, noisy + 30)
            yield "requests_total", {**labels, "code": "503"}, moment, grown * rate * 0.04
            memory = 180 + 40 * math.sin(number / 5) + rate * 5
            yield "memory_bytes", labels, moment, memory
            yield "limit_bytes", {**labels, "tier": f"of-{service}"}, moment, 250 + rate * 10
            yield "restarts_total", labels, moment, float((number * 3) % 50)
            for bound, share in (("0.1", 0.5), ("0.5", 0.9), ("2", 0.99), ("+Inf", 1.0)):
                yield "took_seconds_bucket", {**labels, "le": bound}, moment, grown * rate * share
        if number < 40:
            yield "short_lived", {"service": "cart"}, moment, 1.0


def open_metrics(start: float) -> str:
    lines: dict[str, list[str]] = {}
    for name, labels, moment, value in samples(start):
        told = ",".join(f'{key}="{text}"' for key, text in labels.items())
        lines.setdefault(name, []).append(f"{name}{{{told}}} {value!r} {moment}")
    return "\n".join(line for each in lines.values() for line in each) + "\n# EOF\n"


@pytest.fixture(scope="module")
def start() -> float:
    return time.time() // 15 * 15 - 1500


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, start: float) -> Iterator[str]:
    """A real Prometheus that holds the samples."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples.om").write_text(open_metrics(start))
    (folder / "empty.yml").write_text("global: {}\n")
    create = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "samples.om", "data"]
    subprocess.run(create, cwd=folder, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    serving = subprocess.Popen(
        ["prometheus", "--config.file=empty.yml", "--storage.tsdb.path=data",
         f"--web.listen-address=127.0.0.1:{port}"],
        cwd=folder, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(url, folder)
        yield url
    finally:
        serving.terminate()
        serving.wait()


def _wait_for(url: str, folder: Path) -> None:
    for _ in range(100):
        try:
            if fetch(f"{url}/-/ready").code == 200:
                return
        except OSError:
            time.sleep(0.1)
    problem = f"prometheus never became ready in {folder}"
    raise AssertionError(problem)


@pytest.fixture(scope="module")
def ours(start: float) -> Evaluator:
    data = Database()
    for name, labels, moment, value in samples(start):
        data.series({"__name__": name, **labels}).add(moment, value)
    return Evaluator(data)


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize(
    "after", [pytest.param(1200.0, id="end"), pytest.param(607.0, id="middle")]
)
def test_both_say_the_same(
    real: str, ours: Evaluator, start: float, expression: str, after: float
) -> None:
    moment = start + after
    asked = urllib.parse.urlencode({"query": expression, "time": moment})
    told = json.loads(fetch(f"{real}/api/v1/query?{asked}").body)
    assert told["status"] == "success", told
    value = ours.value(parse(expression), moment)
    if isinstance(value, float):
        assert value == pytest.approx(float(told["data"]["result"][1]), nan_ok=True)
        return
    mine = {_key(sample.labels): sample.value for sample in value}
    theirs = {_key(each["metric"]): float(each["value"][1]) for each in told["data"]["result"]}
    assert mine == pytest.approx(theirs, rel=1e-6, nan_ok=True)


def _key(labels: dict[str, Any]) -> str:
    return json.dumps(labels, sort_keys=True)
