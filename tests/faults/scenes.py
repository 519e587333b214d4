"""Where the scenes of known faults are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import yaml
from tests.diagnose.build import NOW
from tests.diagnose.build import alert as alert_about

from sreagent.diagnose.argument.causes import Cause
from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.alert import Alert
from sreagent.domain.inventory import Inventory

CATALOGUE = Path(__file__).with_name("catalogue.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault with a scene in which it must be found."""

    id: str
    show: Callable[[], Inventory]
    """What the cluster shows: objects, events, logs, signals."""
    roots: tuple[str, ...]
    """What is to blame, as `Kind/namespace/name`; nothing for scenes without a fault."""
    says: str
    """A word or two that the statement of the first cause must hold."""
    alert: Alert

    def causes(self) -> tuple[Cause, ...]:
        """What is found to explain the alert, likeliest first."""
        scene = Scene(self.show(), NOW)
        return tuple(cause for cause in explain(scene, self.alert).causes if cause.relevant)


FAULTS: dict[str, Fault] = {}


@cache
def faults() -> dict[str, Fault]:
    """Every fault that has a scene; a page of scenes is found by being beside this one."""
    for page in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        if page.stem != "scenes" and not page.stem.startswith("test_"):
            import_module(f"tests.faults.{page.stem}")
    return FAULTS


def fault(
    id_: str, *roots: str, says: str = "", alert: str | Alert = ""
) -> Callable[[Callable[[], Inventory]], Callable[[], Inventory]]:
    """Register the scene of a fault: an inventory in which `roots` are to blame, and nobody else.

    Args:
        id_: As in the catalogue.
        roots: `Deployment/shop/app`, likeliest first.
        says: What the statement of the first cause must hold.
        alert: What fires; without it, an alert about the namespace.
    """

    def register(show: Callable[[], Inventory]) -> Callable[[], Inventory]:
        about = alert if isinstance(alert, Alert) else alert_about(alert or "HighErrorRate shop")
        FAULTS[id_] = Fault(id=id_, show=show, roots=roots, says=says, alert=about)
        return show

    return register


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Names of all known faults by group and id."""
    known: dict[str, dict[str, str]] = yaml.safe_load(CATALOGUE.read_text("utf-8"))
    return known
