"""Faults of databases and of what programs ask of them."""

from tests.diagnose.build import DAY, container, running
from tests.faults.scenes import fault
from tests.faults.stage import (
    calling,
    failing,
    flat,
    program,
    rose,
    says,
    slow,
    watched,
    well,
)

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure


@fault("db-pool-exhausted", "Deployment/shop/orders", says="pool")
def pool() -> Inventory:
    objects = [
        *program("web", "orders"),
        *program("orders", "orders-db:5432"),
        *program("orders-db", port=5432),
    ]
    words = (
        "ERROR [exec-17] o.h.e.jdbc.spi.SqlExceptionHelper : HikariPool-1 - Connection is not "
        "available, request timed out after 30000ms (total=100, active=100, idle=0, waiting=57)"
    )
    signals = [
        rose(Measure.POOL, "orders", 0.3, 1.0, 600),
        *slow("orders", 30, 590),
        *failing("web", 0.4, 580),
        flat(Measure.CPU, "orders-db", 0.1),
    ]
    return watched(*objects, logs=[says(objects, "orders", words)], signals=signals)


@fault("db-missing-index", "Deployment/shop/orders-db", says="CPU", alert="HighLatency shop/orders")
def missing_index() -> Inventory:
    objects = [
        *program("web", "orders"),
        *program("orders", "orders-db:5432"),
        *program("orders-db", port=5432),
    ]
    words = (
        "2026-03-04 02:58:01.112 UTC [117] LOG:  duration: 4127.512 ms  statement: SELECT id, "
        "total FROM orders WHERE customer_email = 'a@example.com'"
    )
    signals = [
        rose(Measure.CPU, "orders-db", 0.15, 0.97, 900, about="container app"),
        *slow("orders", 4.2, 890),
        *slow("web", 4.4, 880),
    ]
    return watched(*objects, logs=[says(objects, "orders-db", words)], signals=signals)


@fault("db-lock", "Deployment/shop/orders-db", says="lock", alert="HighLatency shop/orders")
def lock() -> Inventory:
    objects = [
        *program("web", "orders"),
        *program("orders", "orders-db:5432"),
        *program("orders-db", port=5432),
    ]
    words = (
        "2026-03-04 02:58:01.112 UTC [117] LOG:  process 117 still waiting for RowExclusiveLock on "
        "relation 16412 of database 16384 after 1000.149 ms\n"
    )
    detail = (
        "2026-03-04 02:58:01.112 UTC [117] DETAIL:  Process holding the lock: 98. Wait queue: 117, "
        "121, 130."
    )
    theirs = (
        "ERROR sqlalchemy.exc.OperationalError: (psycopg2.errors.QueryCanceled) canceling "
        "statement due to statement timeout"
    )
    signals = [
        flat(Measure.CPU, "orders-db", 0.1),
        *slow("orders", 12, 600),
        *slow("web", 12, 590),
    ]
    logs = [says(objects, "orders-db", words.strip(), detail), says(objects, "orders", theirs)]
    return watched(*objects, logs=logs, signals=signals)


@fault("db-slow-query", "Deployment/shop/fraud", says="slow", alert="HighLatency shop/fraud")
def slow_query() -> Inventory:
    objects = [
        *program("orders", "fraud"),
        *program("fraud", "fraud-db:5432"),
        *program("fraud-db", port=5432),
    ]
    words = (
        'level=warning msg="slow query" query="SELECT * FROM rules WHERE score > $1" took=7.312s '
        "db=fraud-db:5432"
    )
    signals = [
        *slow("fraud", 7.5, 600),
        *slow("orders", 7.6, 590),
        flat(Measure.CPU, "fraud-db", 0.2),
    ]
    return watched(*objects, logs=[says(objects, "fraud", words)], signals=signals)


@fault("redis-keys", "Deployment/shop/redis", says="CPU", alert="HighLatency shop/sessions")
def keys() -> Inventory:
    objects = [
        *program("web", "sessions"),
        *program("sessions", "redis:6379"),
        *program("redis", port=6379),
    ]
    theirs = "ERROR redis.exceptions.TimeoutError: Timeout reading from redis:6379"
    signals = [
        rose(Measure.CPU, "redis", 0.05, 0.99, 600, about="container app"),
        *slow("sessions", 2, 590),
        *failing("web", 0.3, 580),
    ]
    return watched(*objects, logs=[says(objects, "sessions", theirs)], signals=signals)


@fault("db-driver-mismatch", "Deployment/shop/app", says="does not fit the server")
def driver() -> Inventory:
    env = calling("mongo:27017")
    old = container(image="registry.example.com/shop/app:1", env=env)
    new = container(image="registry.example.com/shop/app:2", env=env)
    objects = [
        *program("web", "app"),
        *program("app", revisions=[(9 * DAY, old), (600, new)], pods=[running(since=590)]),
        *program("mongo", port=27017),
        *program("mail", "mongo:27017"),
    ]
    words = (
        "ERROR MongoError: Server at mongo:27017 reports maximum wire version 6, but this version "
        "of the driver requires at least 8 (MongoDB 4.2)"
    )
    signals = [*failing("app", 0.99, 580), *failing("web", 0.5, 570), *well("mail")]
    return watched(*objects, logs=[says(objects, "app", words)], signals=signals)


@fault("sql-column", "Deployment/shop/app", says="Unknown column")
def column() -> Inventory:
    old, new = (container(image=f"registry.example.com/shop/app:{tag}") for tag in "12")
    objects = [
        *program("web", "app"),
        *program("app", revisions=[(9 * DAY, old), (600, new)], pods=[running(since=590)]),
        *program("mysql", port=3306),
    ]
    words = (
        "ERROR pymysql.err.OperationalError: (1054, \"Unknown column 'o.custmer_id' in 'field "
        "list'\")"
    )
    signals = [*failing("app", 0.5, 580), *failing("web", 0.2, 570)]
    return watched(*objects, logs=[says(objects, "app", words)], signals=signals)


@fault("sql-nested", "Deployment/shop/app", says="SQL syntax")
def nested() -> Inventory:
    old, new = (container(image=f"registry.example.com/shop/app:{tag}") for tag in "12")
    objects = [
        *program("web", "app"),
        *program("app", revisions=[(9 * DAY, old), (600, new)], pods=[running(since=590)]),
        *program("mysql", port=3306),
    ]
    words = (
        'ERROR (1064, "You have an error in your SQL syntax; check the manual that corresponds to '
        "your MySQL server version for the right syntax to use near 'SELECT id FROM' at line 1\")"
    )
    signals = [*failing("app", 0.5, 580), *failing("web", 0.2, 570)]
    return watched(*objects, logs=[says(objects, "app", words)], signals=signals)
