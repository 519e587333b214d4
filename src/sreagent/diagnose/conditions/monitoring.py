"""The configuration of Prometheus, where it lies in a ConfigMap."""

from collections.abc import Iterator

import yaml

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.shapes import part
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.text import one_line

KEYS = ("prometheus.yml", "prometheus.yaml")
LARGEST = 1_048_576
_SOURCES = ("scrape_configs", "scrape_config_files", "remote_read")


@condition(
    "prometheus.config",
    "ConfigMap",
    worth=0.72,
    even_mild=True,
    refuted_by="a reload of Prometheus that succeeds with it",
)
def prometheus_config(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Prometheus cannot read its configuration, or is told to watch nothing."""
    for key in KEYS:
        text = part(item, "data").get(key)
        wrong = _wrong(text[:LARGEST]) if isinstance(text, str) and text.strip() else ""
        if wrong:
            yield say(
                entity,
                item,
                "prometheus.config",
                f"key {key} {wrong}",
                severity=Severity.WARNING,
                path=f"data[{key}]",
                facts={"key": key},
            )


def _wrong(text: str) -> str:
    try:
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return f"is no YAML, so Prometheus will not load it: {one_line(str(error), 200)}"
    if not isinstance(found, dict):
        return "holds no configuration"
    jobs = next((found[name] for name in _SOURCES if found.get(name)), None)
    if jobs is None:
        return "has no scrape_configs: Prometheus watches nothing"
    return ""
