"""Faults of programs themselves: slow code, limits, dependencies outside, several at once."""

from tests.diagnose.build import ago, lines
from tests.faults.scenes import fault
from tests.faults.stage import (
    failing,
    flat,
    mounted,
    program,
    rose,
    says,
    settings,
    slow,
    watched,
    well,
    wrote,
)

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit


@fault(
    "regex-backtracking",
    "ConfigMap/shop/proxy-rules",
    says="proxy-rules",
    alert="HighLatency shop/proxy",
)
def regex() -> Inventory:
    objects = [*program("proxy", "web", **mounted("proxy-rules")), *program("web")]
    words = (
        "[2026-03-04 02:58:11.102][31][warning][lua] [source/extensions/filters/common/lua/lua.cc]"
        " script log: request filter slow: 4182 ms path=/search?waf=aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"
    )
    signals = [
        rose(Measure.CPU, "proxy", 0.1, 0.99, 580, about="container app"),
        *slow("proxy", 4.0, 580),
        *well("web"),
    ]
    rules = settings("proxy-rules", 700, "envoy.yaml", "inline_code: '(a+)+$'\n")
    return watched(*objects, rules, logs=[says(objects, "proxy", words)], signals=signals)


@fault(
    "slow-path-attribute", "Deployment/shop/checkout", says="promo", alert="HighErrorRate shop/web"
)
def promo() -> Inventory:
    objects = [*program("web", "checkout"), *program("checkout", "cart"), *program("cart")]
    words = (
        "ERROR [http-nio-8080-exec-4] c.e.shop.PromoService : Promo code validation failed "
        "promo_code=SPRING10\n"
        "java.util.concurrent.TimeoutException: promo rules not evaluated within 5000 ms\n"
        "\tat com.example.shop.PromoService.validate(PromoService.java:88)"
    )
    stamped = "\n".join(f"{ago(20 * n)} {words}" for n in reversed(range(30)))
    signals = [
        *failing("checkout", 0.12, 600),
        *failing("web", 0.08, 590),
        *well("cart"),
    ]
    return watched(*objects, logs=[wrote(objects, "checkout", stamped)], signals=signals)


@fault("rate-limit", "Deployment/shop/api", says="requests", alert="HighErrorRate shop/api")
def rate_limit() -> Inventory:
    objects = [*program("api", "search"), *program("search")]
    words = 'level=warn msg="rate limit exceeded" limit=100 window=1s client=10.244.3.17 status=429'
    signals = [
        rose(Measure.RATE, "api", 85, 1000, 400, Unit.PER_SECOND),
        rose(Measure.CLIENT_ERRORS, "api", 0.002, 0.9, 390),
        *well("search"),
    ]
    return watched(*objects, logs=[says(objects, "api", words)], signals=signals)


@fault(
    "endpoint-timeout-503",
    "Deployment/shop/reports",
    says="/api/reports/generate",
    alert="HighErrorRate shop/reports",
)
def one_endpoint() -> Inventory:
    objects = [*program("web", "reports"), *program("reports")]
    good = lines('INFO "GET /api/users HTTP/1.1" 200 512 45ms', 40)
    bad = lines('ERROR "POST /api/reports/generate HTTP/1.1" 503 Service Unavailable 30002ms', 12)
    text = "\n".join(sorted([*good.splitlines(), *bad.splitlines()]))
    return watched(
        *objects,
        logs=[wrote(objects, "reports", text)],
        signals=[*failing("reports", 0.15, 600), *well("web")],
    )


@fault(
    "cascade-redis",
    "Deployment/shop/auth",
    says="redis.cache.example.com",
    alert="HighErrorRate shop/payment",
)
def cascade() -> Inventory:
    objects = [
        *program("payment", "orders"),
        *program("orders", "auth"),
        *program("auth", "redis.cache.example.com:6379"),
        *program("mail"),
    ]
    lost = (
        'level=error msg="session store unavailable" err="dial tcp: lookup '
        'redis.cache.example.com on 10.96.0.10:53: no such host"'
    )
    denied = 'level=error msg="POST http://auth:80/v1/token: 503 Service Unavailable"'
    failed = 'level=error msg="POST http://orders:80/v1/orders: 503 Service Unavailable"'
    logs = [
        says(objects, "auth", lost, times=100),
        says(objects, "orders", denied, times=60),
        says(objects, "payment", failed, times=40),
    ]
    signals = [
        *failing("auth", 0.99, 500),
        *failing("orders", 0.9, 490),
        *failing("payment", 0.8, 480),
        *well("mail"),
    ]
    return watched(*objects, logs=logs, signals=signals)


@fault(
    "maintenance-window",
    "Deployment/shop/payouts",
    says="api.bank.example.com",
    alert="HighErrorRate shop/payouts",
)
def maintenance() -> Inventory:
    objects = [*program("web", "payouts"), *program("payouts", "api.bank.example.com:443")]
    words = (
        'level=error msg="transfer failed" url="https://api.bank.example.com/v2/transfers" '
        'err="503 Service Unavailable" body="scheduled maintenance"'
    )
    return watched(
        *objects,
        logs=[says(objects, "payouts", words)],
        signals=[*failing("payouts", 0.99, 180), *failing("web", 0.1, 170)],
    )


@fault("mixed-log-errors", "Deployment/shop/app", alert="HighErrorRate shop/app")
def mixed() -> Inventory:
    objects = [
        *program("app", "cache.example.com:6379", "orders-db:5432"),
        *program("orders-db", port=5432),
    ]
    logs = says(
        objects,
        "app",
        "ERROR redis.exceptions.TimeoutError: Timeout reading from cache.example.com:6379",
        "ERROR idp: x509: certificate has expired or is not yet valid: current time is after "
        "2026-03-04T02:00:00Z",
        'ERROR: syntax error at or near "FORM" at character 10',
        'ERROR: duplicate key value violates unique constraint "orders_pkey"',
    )
    signals = [
        *failing("app", 0.3, 600),
        flat(Measure.CPU, "orders-db", 0.2),
    ]
    return watched(*objects, logs=[logs], signals=signals)
