"""Where those are looked for who should read a queue that grows."""

from dataclasses import replace

from tests.diagnose.build import NOW, Json, alert, app, container, seen, service
from tests.diagnose.signals import level, named, signal

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.argument.looks import wanted_namespaces
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.inventory import Inventory
from sreagent.domain.kinds import KINDS
from sreagent.domain.signal import Measure, Unit
from sreagent.investigate.rules.further_kinds import OF_READERS, further_lists

BROKER = [*app("broker"), service("broker")]
GROWS = signal(
    Measure.QUEUE,
    level((10_800, 30), (1500, 4000), (600, 9000)),
    Unit.COUNT,
    named("broker"),
    labels={"queue": "mail.send"},
    about="mail.send",
)


def worker(namespace: str) -> list[Json]:
    env = [{"name": "QUEUE", "value": "mail.send"}]
    objects = app("worker", revisions=[(9000, container(env=env))])
    for one in objects:
        one["metadata"]["namespace"] = namespace
    return objects


def view(*objects: Json, everywhere: tuple[str, ...] = ()) -> Inventory:
    """What is in view once namespace shop was listed, and some kinds of all namespaces."""
    found = seen(*objects)
    for kind, _ in list(found.listings):
        if KINDS[kind].namespaced and kind not in everywhere:
            listing = found.listings.pop((kind, ""))
            own = tuple(one for one in listing.items if one["metadata"]["namespace"] == "shop")
            found.add(replace(listing, namespace="", items=()))
            del found.listings[kind, ""]
            found.add(replace(listing, namespace="shop", items=own))
    found.signals.append(GROWS)
    return found


def everywhere(inventory: Inventory) -> set[str]:
    scene = Scene(inventory, NOW)
    looks = further_lists(scene, explain(scene, alert(namespace="shop")), "shop")
    return {kind for look in looks for kind in look.kinds if not look.namespace}


def test_workloads_of_all_namespaces_are_asked_for_where_nobody_in_view_reads_a_queue() -> None:
    assert set(OF_READERS) <= everywhere(view(*BROKER))


def test_workloads_elsewhere_are_left_alone_where_the_reader_is_in_view() -> None:
    assert not set(OF_READERS) & everywhere(view(*BROKER, *worker("shop")))


def test_the_namespace_of_the_reader_is_read() -> None:
    scene = Scene(view(*BROKER, *worker("post"), everywhere=OF_READERS), NOW)
    assert wanted_namespaces(scene, explain(scene, alert(namespace="shop"))) == ("post",)
