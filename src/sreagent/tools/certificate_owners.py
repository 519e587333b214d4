"""Which object holds a certificate that an exporter tells of; what is in Secrets is not read."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, entity_of

HOSTS = ("host", "target", "instance", "cn", "sans")
"""Labels that hold a host, an address of it, or several of them."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class CertificateOwners:
    """Secrets, Certificates and Ingresses in view, found by what labels of certificates say."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def find(self, labels: Mapping[str, str], namespace: str) -> Entity | None:
        """The Secret that is named, or the Ingress that uses it; a Certificate; a host's Ingress.

        A Certificate need not be in view: that its end is near is a reason to list it.
        """
        if secret := labels.get("secret_name"):
            return self._of_secret(labels.get("secret_namespace") or namespace, secret)
        if name := labels.get("name"):
            known = namespace in self._inventory.namespaces and _NAME.fullmatch(name)
            return Entity(kind="Certificate", namespace=namespace, name=name) if known else None
        hosts = (host for label in HOSTS for host in _hosts_in(labels.get(label, "")))
        return next((one for host in hosts if (one := self._of_host(host))), None)

    def _of_secret(self, namespace: str, name: str) -> Entity | None:
        secret = Entity(kind="Secret", namespace=namespace, name=name)
        if self._inventory.find(secret):
            return secret
        # Who may not list Secrets still sees who uses them.
        return self._users.get((namespace, name))

    def _of_host(self, host: str) -> Entity | None:
        if not host.startswith("*."):
            return self._hosts.get(host)
        served = (one for one in self._hosts if one.partition(".")[2] == host[2:])
        return self._hosts.get(host) or self._hosts.get(next(served, ""))

    @cached_property
    def _users(self) -> dict[tuple[str, str], Entity]:
        found: dict[tuple[str, str], Entity] = {}
        for entity, tls in self._served:
            found.setdefault((entity.namespace, str(tls.get("secretName"))), entity)
        return found

    @cached_property
    def _hosts(self) -> dict[str, Entity]:
        """Hosts of Ingresses, those first that are served with TLS."""
        found: dict[str, Entity] = {}
        for entity, tls in self._served:
            for host in _list(tls, "hosts"):
                found.setdefault(str(host), entity)
        for ingress in self._inventory.all("Ingress"):
            for rule in _list(ingress.get("spec"), "rules"):
                if isinstance(rule, Mapping) and rule.get("host"):
                    found.setdefault(str(rule["host"]), entity_of("Ingress", ingress))
        return found

    @cached_property
    def _served(self) -> list[tuple[Entity, Obj]]:
        return [
            (entity_of("Ingress", ingress), tls)
            for ingress in self._inventory.all("Ingress")
            for tls in _list(ingress.get("spec"), "tls")
            if isinstance(tls, Mapping)
        ]


def _hosts_in(text: str) -> Iterator[str]:
    """Hosts of `https://shop.example.com:8443/cart`, or of `shop.example.com,*.example.com`."""
    for one in text.split(","):
        host = (one.partition("://")[2] or one).partition("/")[0].partition(":")[0]
        if host:
            yield host.strip().lower()


def _list(item: Any, key: str) -> list[Any]:  # noqa: ANN401 - JSON of any shape
    found = item.get(key) if isinstance(item, Mapping) else None
    return found if isinstance(found, list) else []
