"""ConfigMaps and Secrets that a container finds as files."""

import re
from collections.abc import Iterator

from sreagent.diagnose.objects.podspec import EMPTY, Container
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj

_FILE = re.compile(r"/[\w./@-]{2,300}")


def mounted(pod: Obj, container: Container) -> Iterator[tuple[str, Entity]]:
    """Each folder or file of the container, and the ConfigMap or Secret whose content it has."""
    space = pod["metadata"].get("namespace", "")
    volumes = {one["name"]: one for one in pod["spec"].get("volumes") or ()}
    for mount in container.spec.get("volumeMounts") or ():
        path = str(mount.get("mountPath") or "").rstrip("/")
        for entity in behind(volumes.get(mount["name"], EMPTY), space):
            yield path, entity


def named_in(text: str, pod: Obj, container: Container) -> Iterator[Entity]:
    """Those of which the text names a file."""
    files = _FILE.findall(text)
    for path, entity in mounted(pod, container):
        if any(one == path or one.startswith(f"{path}/") for one in files):
            yield entity


def behind(volume: Obj, space: str) -> Iterator[Entity]:
    """What a volume shows."""
    sources = [volume, *((volume.get("projected") or EMPTY).get("sources") or ())]
    for source in sources:
        if config := source.get("configMap"):
            yield Entity(kind="ConfigMap", namespace=space, name=config["name"])
        if secret := source.get("secret"):
            name = secret.get("secretName") or secret.get("name")
            yield Entity(kind="Secret", namespace=space, name=name)
