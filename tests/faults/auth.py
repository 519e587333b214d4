"""Faults of credentials and encryption between programs."""

from tests.diagnose.build import DAY, container, crashing, running
from tests.faults.neighbours import refused
from tests.faults.scenes import fault
from tests.faults.stage import failing, mounted, program, says, settings, watched, wrote

from sreagent.domain.inventory import Inventory


@fault("mongo-tls-missing", "Deployment/shop/mongodb-url", says="TLS")
def tls_missing() -> Inventory:
    plain = container(args=["--bind_ip_all"])
    strict = container(
        args=["--bind_ip_all", "--tlsMode=requireTLS", "--tlsCAFile=/etc/tls/ca.crt",
              "--tlsCertificateKeyFile=/etc/tls/mongo.pem"]
    )  # fmt: skip
    objects = [
        *program("url-shorten", "mongodb-url:27017"),
        *program(
            "mongodb-url",
            port=27017,
            revisions=[(30 * DAY, plain), (600, strict)],
            pods=[running(since=590)],
        ),
    ]
    own = (
        '{"t":{"$date":"2026-03-04T02:58:45.501+00:00"},"s":"E","c":"NETWORK","id":23255,'
        '"ctx":"conn312","msg":"No SSL certificate provided by peer; connection rejected"}'
    )
    theirs = (
        "[error] (MongoClient) No suitable servers found (`serverSelectionTryOnce` set): "
        "[socket timeout calling hello on 'mongodb-url:27017']"
    )
    logs = [
        wrote(objects, "mongodb-url", "\n".join([own] * 30)),
        says(objects, "url-shorten", theirs),
    ]
    return watched(*objects, logs=logs, signals=failing("url-shorten", 0.99, 580))


@fault("mongo-auth-revoked", "Deployment/shop/mongodb-geo", says="not authorized")
def revoked() -> Inventory:
    objects = [
        *program("search", "geo"),
        *program("geo", "mongodb-geo:27017"),
        *program("mongodb-geo", port=27017),
    ]
    theirs = (
        'ERR Failed get geo data from mongodb-geo:27017 error="not authorized on geo-db to execute '
        'command { find: \\"geo\\", skip: 0, filter: {}, $db: \\"geo-db\\" }"'
    )
    signals = [*failing("geo", 0.99, 580), *failing("search", 0.99, 570)]
    return watched(*objects, logs=[says(objects, "geo", theirs)], signals=signals)


@fault("mongo-user-missing", "Deployment/shop/mongodb-user", says="Authentication failed")
def user_missing() -> Inventory:
    objects = [
        *program("user", "mongodb-user:27017"),
        *program("mongodb-user", port=27017),
    ]
    own = (
        '{"t":{"$date":"2026-03-04T02:58:45.501+00:00"},"s":"I","c":"ACCESS","id":20249,'
        '"ctx":"conn9","msg":"Authentication failed","attr":{"mechanism":"SCRAM-SHA-256",'
        '"principalName":"admin","authenticationDatabase":"admin","remote":"10.244.1.9:51002",'
        '"error":"UserNotFound: Could not find user \\"admin\\" for db \\"admin\\""}}'
    )
    theirs = (
        "panic: server returned error on SASL authentication step: Authentication failed. "
        "(mongodb-user:27017)"
    )
    logs = [
        wrote(objects, "mongodb-user", "\n".join([own] * 30)),
        says(objects, "user", f"ERROR {theirs}"),
    ]
    return watched(*objects, logs=logs, signals=failing("user", 0.99, 580))


@fault("valkey-password", "ConfigMap/shop/valkey-config", says="valkey-config")
def password() -> Inventory:
    objects = [
        *program("web", "cart"),
        *program("cart", "valkey:6379"),
        *program("valkey", port=6379, **mounted("valkey-config")),
        settings("valkey-config", 800, "valkey.conf", "requirepass changed\n"),
    ]
    theirs = (
        "StackExchange.Redis.RedisConnectionException: It was not possible to connect to the redis "
        "server(s) valkey:6379. There was an authentication failure; check that passwords (or "
        "client certificates) are configured correctly: (RedisServerException) WRONGPASS invalid "
        "username-password pair or user is disabled."
    )
    signals = [*failing("cart", 0.99, 600), *failing("web", 0.4, 590)]
    return watched(*objects, logs=[says(objects, "cart", f"fail: {theirs}")], signals=signals)


@fault("runs-as-root-refused", "Deployment/shop/postgres", says="root")
def as_root() -> Inventory:
    old = container(securityContext={"runAsUser": 999})
    new = container(securityContext={"runAsUser": 0})
    objects = [
        *program("app", "postgres:5432"),
        *program(
            "postgres",
            port=5432,
            revisions=[(30 * DAY, old), (600, new)],
            pods=[crashing(code=1)],
        ),
    ]
    own = (
        '"root" execution of the PostgreSQL server is not permitted.\n'
        "The server must be started under an unprivileged user ID to prevent\n"
        "possible system security compromise.  See the documentation for\n"
        "more information on how to properly start the server.\n"
    )
    logs = [
        wrote(objects, "postgres", own, previous=True),
        says(objects, "app", refused("postgres", 5432)),
    ]
    return watched(*objects, logs=logs, signals=failing("app", 0.99, 580))
