"""Lines as ten sorts of programs write them, with the template each was made of."""

import random
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)

SYSTEMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "json": (
        '{{"ts":"{iso}","level":"%s","logger":"{app}.api","trace_id":"{hex32}","msg":"%s"}}',
        (
            "info|order {n} placed by {user} in {ms} ms",
            "info|cache miss for key {app}:{n}",
            'info|request done","method":"GET","path":"/orders/{n}","status":200,"took":{ms},"_":"',
            'error|request failed","method":"GET","path":"/orders/{n}","status":503,"_":"',
            "error|cannot reach payment for {user}: connection refused",
            "warn|retry {d} of 5 for order {n}",
        ),
    ),
    "logfmt": (
        "ts={iso} level=%s caller=http.go:{d} %s trace={hex16}",
        (
            'info|msg="request served" user={user} took={ms}ms',
            'warn|msg="slow query" rows={n} took={ms}ms table=orders',
            'info|msg="session opened" user={user} from={ip}',
            'error|msg="could not renew lease" holder={user} err="timeout after {ms}ms"',
        ),
    ),
    "nginx": (
        "{ip} - %s",
        (
            '{user} [{clf}] "GET /assets/app.js HTTP/1.1" 200 {n} "-" "Mozilla/5.0" {ms}',
            '{user} [{clf}] "GET /assets/app.js HTTP/1.1" 404 {n} "-" "Mozilla/5.0" {ms}',
            '{user} [{clf}] "POST /login HTTP/1.1" 302 {n} "-" "curl/8.5.0" {ms}',
            '{user} [{clf}] "POST /login HTTP/1.1" 502 {n} "-" "curl/8.5.0" {ms}',
        ),
    ),
    "java": (
        "{comma} %s",
        (
            "INFO  [exec-{d}] c.s.orders.OrderService - Placed order {n} for {user}",
            "WARN  [exec-{d}] c.s.orders.OrderService - Stock of {hex16} is low: {d} left",
            "ERROR [exec-{d}] c.s.pay.Client - Payment for {user} declined by bank {hex16}",
            "DEBUG [exec-{d}] o.h.SQL - select * from orders where id=? and owner=? [{hex16}]",
        ),
    ),
    "klog": (
        "%s",
        (
            'I{klog}       1 controller.go:{d}] "Synced" pod="shop/{user}-{hex16}" took="{ms}ms"',
            "W{klog}       1 reflector.go:{d}] watch of *v1.Pod ended with: too old: {n} ({hex16})",
            'E{klog}       1 worker.go:{d}] "Failed to sync" pod="shop/{user}-{hex16}" err="gone"',
            "I{klog}       1 leader.go:{d}] lease kube-system/{user} renewed by {hex16}",
        ),
    ),
    "postgres": (
        "{space} UTC [{d}] %s",
        (
            "LOG:  checkpoint complete: wrote {n} buffers; distance={d} kB, file {hex16}",
            "LOG:  connection authorized: user={user} database=shop application_name={hex16}",
            "ERROR:  duplicate key value violates unique constraint of {user} detail {hex16}",
            "LOG:  duration: {ms} ms  statement: select name from people where id = '{hex32}'",
        ),
    ),
    "python": (
        "{comma} %s",
        (
            "- shop.worker - INFO - Task {uuid} of {user} succeeded in {ms}s",
            "- shop.worker - INFO - Task {uuid} of {user} received",
            "- shop.worker - ERROR - Task {uuid} raised unexpected: ValueError({n})",
            "- shop.mail - WARNING - Mail to {user} was put off, queue {hex16}",
        ),
    ),
    "go": (
        "{slash} %s",
        (
            "http: TLS handshake error from {ip}:{d}: EOF id={hex16}",
            "served {user} object {hex32} size {n}",
            "consumer {user} joined group orders generation {d} member {hex16}",
            "compacted segment {hex16}: {n} bytes freed",
        ),
    ),
    "node": (
        '{{"level":%s","time":{epoch},"pid":1,"hostname":"web-{hex16}"}}',
        (
            '30,"msg":"session {hex16} of {user} restored',
            '30,"msg":"rendered page in {ms} ms for {user}',
            '50,"msg":"socket hang up","user":"{user}","request":"{uuid}',
            '40,"msg":"token of {user} expires soon","request":"{uuid}',
        ),
    ),
    "dotnet": (
        "{iso} %s",
        (
            "[INF] Executed endpoint Shop.Orders.Get in {ms}ms {hex16}",
            "[INF] User {user} signed in from {ip} session {uuid}",
            "[ERR] Saving the basket of {user} failed after {d} tries {hex16}",
            "[WRN] Thread pool is behind: {d} items, oldest {hex16}",
        ),
    ),
}


class Writer:
    """Writes lines; `wild` gives every line names and ids of its own."""

    def __init__(self, seed: int = 1, *, wild: bool = True) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - dice for a log
        self.wild = wild
        self.users = ["".join(self._letters(7)) for _ in range(40)]

    def _letters(self, size: int) -> list[str]:
        return self.dice.choices(string.ascii_lowercase, k=size)

    def values(self, at: datetime) -> dict[str, object]:
        dice = self.dice
        bits = dice.getrandbits(128) if self.wild else dice.choice((17, 2**64 + 3, 2**100 + 5))
        clock = at.strftime("%H:%M:%S")
        day = at.strftime("%Y-%m-%d")
        millis = f"{at.microsecond // 1000:03d}"
        return {
            "iso": f"{day}T{clock}.{millis}Z",
            "comma": f"{day} {clock},{millis}",
            "space": f"{day} {clock}.{millis}",
            "slash": f"{day.replace('-', '/')} {clock}",
            "clf": f"{at.strftime('%d/%b/%Y')}:{clock} +0000",
            "klog": f"{at.strftime('%m%d')} {clock}.{millis}000",
            "epoch": int(at.timestamp() * 1000),
            "app": "shop",
            "user": "".join(self._letters(8)) if self.wild else dice.choice(self.users),
            "n": bits % 99_991,
            "d": bits % 89 + 10,
            "ms": bits % 997,
            "ip": f"10.{bits % 251}.{bits % 241}.{bits % 239}",
            "hex16": f"{bits >> 64:016x}",
            "hex32": f"{bits:032x}",
            "uuid": f"{bits >> 96:08x}-{bits % 65521:04x}-4abc-9def-{bits % 2**48:012x}",
        }

    def lines(self, system: str, count: int, every: float = 0.05) -> Iterator[tuple[str, str]]:
        """Pairs of a template and a line made of it, one each `every` seconds."""
        frame, messages = SYSTEMS[system]
        forms = [frame % tuple(message.split("|")) if "|" in message else frame % message
                 for message in messages]  # fmt: skip
        at = BEGIN
        for _ in range(count):
            at += timedelta(seconds=every)
            number = self.dice.randrange(len(forms))
            yield messages[number], forms[number].format(**self.values(at))

    def mixed(self, count: int) -> Iterator[str]:
        """Lines of all systems in turn, a hundred of each at a time."""
        done = 0
        while done < count:
            for system in SYSTEMS:
                for _, line in self.lines(system, 100):
                    yield line
                done += 100
