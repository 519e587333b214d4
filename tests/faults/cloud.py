"""Faults outside of the cluster, in the cloud."""

from tests.faults.scenes import fault
from tests.faults.stage import failing, program, says, watched, well

from sreagent.domain.inventory import Inventory


@fault("rds-stopped", "Deployment/shop/orders", says="orders.c9akciq32.eu-west-1.rds.amazonaws.com")
def rds() -> Inventory:
    host = "orders.c9akciq32.eu-west-1.rds.amazonaws.com"
    objects = [
        *program("web", "orders", "cart"),
        *program("orders", f"{host}:5432"),
        *program("cart"),
    ]
    words = (
        f'ERROR psycopg2.OperationalError: connection to server at "{host}" (10.0.31.7), port 5432 '
        "failed: Connection timed out"
    )
    signals = [*failing("orders", 0.99, 600), *failing("web", 0.4, 590), *well("cart")]
    return watched(*objects, logs=[says(objects, "orders", words)], signals=signals)


@fault("lambda-latency-no-data", alert="LambdaDurationHigh thumbnails")
def no_data() -> Inventory:
    objects = [*program("web", "cart"), *program("cart")]
    return watched(*objects, signals=[*well("web"), *well("cart")])
