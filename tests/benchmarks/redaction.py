"""How fast and how good redaction is: `python -m tests.benchmarks.redaction`.

Prints MB/s on a mixed log, on JSON lines and on hostile text, with google-re2 and without it; then
what is found of the labelled set, and what is taken that should stay. CPU time, not the clock.
"""

import json
import random
import string
import time
from collections.abc import Callable, Iterable

from tests.policy.labelled import innocent, secret_bearing

from sreagent.policy.redaction.suspicion import Pointing, by_automaton, by_search
from sreagent.policy.redaction.text import redact_by

SIZE = 20_000_000
HOSTILE_SIZE = 50_000
ROUNDS = 3
DICE = random.Random(1)  # noqa: S311 - dice for a log
LINES = (
    "2026-11-21T01:02:{n:02d}Z INFO checkout GET /api/v1/orders/{n} 200 {n}ms trace={hex}",
    'ts=2026-11-21T01:02:{n:02d}Z level=warn msg="slow query" duration={n}.3s rows={n} db=orders',
    "E1121 01:02:{n:02d}.123456 1 controller.go:{n}] failed to sync pod checkout-{hex}: timeout",
    "    at com.example.orders.OrderService.place(OrderService.java:{n})",
    "level=info caller=http.go:{n} url=http://payment.shop.svc:8080/charge?id={n} status=503",
    "connected to postgres://app:{secret}@db.shop:5432/orders",
    'request headers: {{"authorization": "Bearer {secret}", "accept": "*/*"}}',
    "config loaded: DB_PASSWORD={secret} DB_HOST=db.shop",
)
WEIGHTS = (40, 25, 15, 10, 8, 1, 0.5, 0.5)
HOSTILE = (
    *(
        "password=",
        'password="',
        "://a:",
        "-eyJ",
        "Bearer ",
        "--token ",
        "-----BEGIN PRIVATE KEY-----",
    ),
    *("kind: Secret\n", '{"kind":"Secret","data":{', "- name: TOKEN\n  value: ", "curl -u ", "\\"),
    *("secret --from-literal=a=", "authorization: ", "[REDACTED:", "api key ", "A_", "é"),
)


def mixed_log(size: int) -> str:
    """Ordinary lines, two in a hundred with a secret."""
    lines: list[str] = []
    length = 0
    while length < size:
        (form,) = DICE.choices(LINES, WEIGHTS)
        secret = "".join(DICE.choices(string.ascii_letters, k=24))
        hex_ = f"{DICE.getrandbits(64):016x}"
        lines.append(form.format(n=DICE.randrange(60), hex=hex_, secret=secret))
        length += len(lines[-1]) + 1
    return "\n".join(lines)


def json_log(size: int) -> str:
    """The same as JSON lines, with the fields that such lines have."""
    lines: list[str] = []
    length = 0
    for message in mixed_log(size).split("\n"):
        fields = {
            "ts": "2026-11-21T01:02:03Z",
            "level": "info",
            "logger": "shop.orders",
            "trace_id": f"{DICE.getrandbits(128):032x}",
            "pod": "checkout-6c9d7f8b5-x2k4p",
            "key": "shop/checkout",
            "msg": message,
        }
        lines.append(json.dumps(fields))
        length += len(lines[-1]) + 1
        if length > size:
            break
    return "\n".join(lines)


def speed(work: Callable[[], object], size: int) -> float:
    """MB/s of CPU time, the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return size / best / 1e6


def on_lines(point: Pointing, lines: Iterable[str]) -> Callable[[], object]:
    """Redacts line by line."""
    return lambda: [redact_by(point, line) for line in lines]


def print_speeds(name: str, point: Pointing) -> None:
    """One engine on each kind of text."""
    mixed, as_json = mixed_log(SIZE), json_log(SIZE // 4)
    few = mixed[: SIZE // 20].split("\n")
    print(f"\n{name}")
    print(f"  mixed log      {speed(lambda: redact_by(point, mixed), len(mixed)):8.1f} MB/s")
    print(f"  JSON lines     {speed(lambda: redact_by(point, as_json), len(as_json)):8.1f} MB/s")
    print(f"  line by line   {speed(on_lines(point, few), SIZE // 20):8.1f} MB/s")


def print_hostile() -> None:
    """The worst texts: the time for twice as much has to be twice the time."""
    print("\nhostile text, google-re2")
    for piece in HOSTILE:
        small, large = (piece * (size // len(piece)) for size in (HOSTILE_SIZE, 2 * HOSTILE_SIZE))
        one = speed(lambda text=small: redact_by(by_automaton, text), len(small))  # type: ignore[misc]
        two = speed(lambda text=large: redact_by(by_automaton, text), len(large))  # type: ignore[misc]
        print(f"  {piece!r:34} {two:8.2f} MB/s, twice the text takes {2 * one / two:.1f} times")


def print_quality() -> None:
    """Recall on the texts with secrets, false positives on the others."""
    bearing, plain = list(secret_bearing()), list(innocent())
    missed = [
        case
        for case in bearing
        if any(secret in redact_by(by_automaton, case.text) for secret in case.secrets)
    ]
    taken = [text for text in plain if redact_by(by_automaton, text) != text]
    print(f"\nfound {1 - len(missed) / len(bearing):.1%} of {len(bearing)} texts with secrets")
    print(f"took  {len(taken) / len(plain):.1%} of {len(plain)} texts without")


if __name__ == "__main__":
    print_speeds("google-re2", by_automaton)
    print_speeds("without it", by_search)
    print_hostile()
    print_quality()
