"""More than one fault at once."""

from tests.diagnose.build import DAY, app, container, crashing, event, log, named, seen, service
from tests.faults.neighbours import caller, refused, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory


@fault("concurrent", "Service/shop/cart", "Deployment/shop/orders", says="selector")
def concurrent() -> Inventory:
    new = container(image="registry.example.com/shop/orders:7")
    broken = app(
        "orders",
        revisions=[(9 * DAY, container()), (900, new)],
        pods=[crashing(code=1), crashing(code=1)],
    )
    objects = [
        *broken,
        service("orders", ip="10.96.0.8"),
        *app("cart"),
        service("cart", selector={"app": "carts"}),
        *app("stock"),
        service("stock", ip="10.96.0.9"),
        *caller("cart"),
    ]
    words = (
        "Traceback (most recent call last):\n"
        '  File "/srv/main.py", line 4, in <module>\n'
        "    import prices\n"
        "ModuleNotFoundError: No module named 'prices'\n"
    )
    back_off = event(named(broken, "Pod"), "BackOff", "Back-off restarting failed container")
    logs = [log(named(broken, "Pod"), words, previous=True), web_says(objects, refused("cart"))]
    return seen(*objects, back_off, logs=logs)
