"""How fast redaction is: `python tests/benchmarks/redaction.py` prints MB/s on a synthetic log."""

import random
import string
import sys
import time

from sreagent.policy.redaction import redact

SIZE = 20_000_000
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


def synthetic_log(size: int) -> str:
    """Ordinary lines, two in a hundred with a secret."""
    lines: list[str] = []
    length = 0
    while length < size:
        (form,) = DICE.choices(LINES, WEIGHTS)
        secret = "".join(DICE.choices(string.ascii_letters, k=24))
        hex_ = f"{DICE.getrandbits(64):016x}"
        line = form.format(n=DICE.randrange(60), hex=hex_, secret=secret)
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines)


def main() -> None:
    """Print the speed on one large text, and on its lines one by one."""
    log = synthetic_log(SIZE)
    begin = time.perf_counter()
    found = redact(log).count("[REDACTED:")
    whole = time.perf_counter() - begin
    lines = log[: SIZE // 10].split("\n")
    begin = time.perf_counter()
    for line in lines:
        redact(line)
    single = time.perf_counter() - begin
    sys.stdout.write(
        f"one text   {len(log) / whole / 1e6:6.1f} MB/s   {found} secrets\n"
        f"per line   {SIZE / 10 / single / 1e6:6.1f} MB/s   {len(lines)} lines\n"
    )


if __name__ == "__main__":
    main()
