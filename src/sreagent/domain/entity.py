"""The things an incident is about, and how to name them to kubectl."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Entity:
    """One object, by kind, namespace and name.

    `namespace` is empty for cluster-scoped kinds. Kinds are spelled as Kubernetes spells them.
    """

    kind: str
    namespace: str = ""
    name: str

    def __str__(self) -> str:
        """Render as people write it: ``deployment shop/checkout``."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind.lower()} {place}"

    @property
    def path(self) -> str:
        """The same as one word: ``Deployment/shop/checkout``."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def get(self) -> str:
        """The kubectl line that shows the object again."""
        scope = f" -n {self.namespace}" if self.namespace else ""
        return f"kubectl{scope} get {self.kind.lower()} {self.name} -o yaml"


def parse_path(path: str) -> Entity:
    """Read what `Entity.path` wrote.

    Raises:
        ValueError: The text has not two or three parts.
    """
    parts = path.split("/")
    if len(parts) == 2:
        return Entity(kind=parts[0], name=parts[1])
    kind, namespace, name = parts
    return Entity(kind=kind, namespace=namespace, name=name)
