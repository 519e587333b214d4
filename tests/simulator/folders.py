"""Small incidents, written into a folder and played."""

import json
from pathlib import Path
from typing import Any

import yaml
from tests.simulator.staging import Stage

from sreagent.simulator.kinds import TODAY, kind_named
from sreagent.simulator.objects import Json, name_of

Data = dict[str, Any]


def container(name: str, **more: Any) -> Json:
    return {"name": name, "image": f"registry.example.com/{name}:1.0", **more}


def deployment(name: str, replicas: int = 1, spec: Json | None = None, **more: Any) -> Json:
    """A Deployment of one container; `more` are fields of the container."""
    pod = {**(spec or {}), "containers": [container(name, **more)]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "lab"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    }


def service(name: str, port: int = 80, target: int = 8080, **selector: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "lab"},
        "spec": {
            "selector": selector or {"app": name},
            "ports": [{"port": port, "targetPort": target}],
        },
    }


def app(name: str, **parts: Any) -> Data:
    return {"match": {"namespace": "lab", "labels": {"app": name}}, **parts}


def write(folder: Path, steps: list[Data] | None = None, **files: Any) -> Path:
    """A folder with a scenario; keywords are files and folders, `_` for the dot before the end."""
    scenario = {
        "title": "t",
        "alert": "A",
        "steps": steps or [{"apply": "manifests", "age": "30m"}],
    }
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(yaml.safe_dump(scenario))
    for name, content in files.items():
        if isinstance(content, list) and not name.endswith("_json"):
            (folder / name).mkdir()
            (folder / name / "all.yaml").write_text(yaml.safe_dump_all(content))
            continue
        stem, _, end = name.rpartition("_")
        text = content if isinstance(content, str) else _as_text(content, end)
        (folder / f"{stem}.{end}").write_text(text)
    return folder


def _as_text(content: Any, end: str) -> str:
    return json.dumps(content) if end == "json" else yaml.safe_dump(content)


class Lab(Stage):
    """A stage of such a folder; everything is in the namespace `lab`."""

    def __init__(self, folder: Path, version: str = TODAY) -> None:
        super().__init__(folder, version)

    def all(self, kind: str, api_version: str = "v1", namespace: str | None = "lab") -> list[Json]:
        found = self.cluster.store.kinds.named(api_version, kind) or kind_named(api_version, kind)
        assert found is not None, kind
        return self.cluster.store.all(found, namespace)

    def one(self, kind: str, name: str, api_version: str = "v1") -> Json:
        return next(each for each in self.all(kind, api_version, None) if name_of(each) == name)

    def of(self, name: str) -> list[Json]:
        pods = self.all("Pod")
        return [pod for pod in pods if pod["metadata"]["labels"].get("app") == name]

    def state(self, name: str) -> str:
        """What the newest container of an app is doing: `running`, or the reason it is not."""
        ((word, told),) = self.of(name)[-1]["status"]["containerStatuses"][0]["state"].items()
        return str(told.get("reason", word))

    def events(self, reason: str) -> list[str]:
        return [e["message"] for e in self.all("Event", namespace=None) if e["reason"] == reason]

    def text(self, name: str, *, previous: bool = False) -> str:
        return self.log(self.of(name)[0], previous=previous, tail=60)
