"""Which namespace an alert is about."""

from dataclasses import dataclass, field
from typing import cast

import pytest
from tests.investigate.build import NOW

from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.errors import BadInput, Forbidden, NotFound
from sreagent.domain.inventory import Inventory, Listing, Obj
from sreagent.domain.ports import Cluster
from sreagent.investigate.scope import find_namespace


@dataclass
class Namespaces:
    """A cluster of which only the namespaces matter."""

    names: tuple[str, ...] = ("default", "shop", "shop-test", "checkout")
    default_namespace: str = ""
    context: str = "prod"
    server: str = "https://k8s"
    may_list: bool = True
    asked: list[str] = field(default_factory=list)

    def list(self, kind: str, namespace: str = "") -> Listing:
        self.asked.append(f"list {kind}")
        if not self.may_list:
            msg = "not allowed"
            raise Forbidden(msg)
        items = tuple({"metadata": {"name": name}} for name in self.names)
        return Listing(kind=kind, namespace=namespace, items=items, seen_at=NOW, command="")

    def get(self, entity: Entity) -> Obj:
        if not self.may_list:
            msg = "not allowed"
            raise Forbidden(msg)
        if entity.name not in self.names:
            msg = "no such namespace"
            raise NotFound(msg)
        return {}


def find(namespaces: Namespaces, alert: Alert, wanted: str) -> str:
    return find_namespace(cast("Cluster", namespaces), alert, wanted, Inventory())


@pytest.mark.parametrize(
    ("alert", "wanted", "found"),
    [
        pytest.param(Alert(name="x"), "shop", "shop", id="said-by-the-person"),
        pytest.param(Alert(name="x", labels={"namespace": "shop"}), "", "shop", id="label"),
        pytest.param(
            Alert(name="x", labels={"namespace": "shop"}), "default", "default", id="both"
        ),
        pytest.param(Alert(name="pods crash in shop"), "", "shop", id="in-the-text"),
        pytest.param(Alert(name="checkout pods crash looping in shop"), "", "shop", id="told-last"),
        pytest.param(Alert(name="HighErrorRate shop/web"), "", "shop", id="with-a-slash"),
        pytest.param(Alert(name="shop-test is slow"), "", "shop-test", id="longer-name"),
        pytest.param(Alert(name="everything is slow"), "", "", id="nowhere-so-everywhere"),
    ],
)
def test_the_namespace_is_found(alert: Alert, wanted: str, found: str) -> None:
    assert find(Namespaces(), alert, wanted) == found


def test_a_misspelt_namespace_is_told_with_the_near_one() -> None:
    with pytest.raises(BadInput) as caught:
        find(Namespaces(), Alert(name="x"), "shpo")
    assert "shop" in caught.value.hint


def test_who_may_not_list_namespaces_looks_where_the_context_says() -> None:
    limited = Namespaces(may_list=False, default_namespace="shop")
    assert find(limited, Alert(name="it is slow"), "") == "shop"
    assert find(limited, Alert(name="it is slow"), "other") == "other"
