"""What the API server says about itself: version, groups, resources, schemas."""

from sreagent.simulator.kinds import Kind, Kinds
from sreagent.simulator.objects import Json


def version(kinds: Kinds) -> Json:
    """The answer to `/version`."""
    major, minor, _ = kinds.version.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": kinds.version,
        "gitCommit": "a78aa47129b8539636eb86a9d00e31b2720fe06b",
        "gitTreeState": "clean",
        "buildDate": "2024-12-10T16:43:56Z",
        "goVersion": "go1.22.9",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def core_versions() -> Json:
    """The answer to `/api`."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def groups(kinds: Kinds) -> Json:
    """The answer to `/apis`."""
    names = dict.fromkeys(group for group, _ in kinds.group_versions() if group)
    named = [group_document(kinds, group) for group in names]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": named}


def group_document(kinds: Kinds, group: str) -> Json | None:
    """The answer to `/apis/GROUP`."""
    told = [
        {"groupVersion": f"{group}/{version}", "version": version}
        for known, version in kinds.group_versions()
        if known == group
    ]
    if not told:
        return None
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": group,
        "versions": told,
        "preferredVersion": told[0],
    }


def resources(served: Kinds, group: str, version: str) -> Json | None:
    """The answer to `/api/v1` and `/apis/GROUP/VERSION`."""
    kinds = [kind for kind in served.all() if (kind.group, kind.version) == (group, version)]
    if not kinds:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": kinds[0].api_version,
        "resources": [entry for kind in kinds for entry in _entries(kind)],
    }


def _entries(kind: Kind) -> list[Json]:
    entry: Json = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": sorted(kind.verbs),
    }
    if kind.short:
        entry["shortNames"] = list(kind.short)
    if kind.in_all:
        entry["categories"] = ["all"]
    return [entry, *(_subresource(kind, part) for part in kind.subresources)]


def _subresource(kind: Kind, part: str) -> Json:
    entry: Json = {
        "name": f"{kind.plural}/{part}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": ["get", "patch", "update"],
    }
    if part == "scale":
        entry |= {"kind": "Scale", "group": "autoscaling", "version": "v1"}
    elif part == "eviction":
        entry |= {"kind": "Eviction", "group": "policy", "version": "v1", "verbs": ["create"]}
    elif part in ("log", "status"):
        entry["verbs"] = ["get"]
    return entry


def schema_index(kinds: Kinds) -> Json:
    """The answer to `/openapi/v3`."""
    paths = [_group_path(group, version) for group, version in kinds.group_versions()]
    told = {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}
    return {"paths": told}


def schema(served: Kinds, path: str) -> Json | None:
    """The answer to `/openapi/v3/...`: as much as kubectl needs to know what it may send."""
    for group, version in served.group_versions():
        if _group_path(group, version) == path:
            kinds = [
                kind for kind in served.all() if (kind.group, kind.version) == (group, version)
            ]
            return {
                "openapi": "3.0.0",
                "info": {"title": "Kubernetes", "version": served.version},
                "paths": {f"/{path}/{kind.plural}/{{name}}": _operations(kind) for kind in kinds},
                "components": {"schemas": {}},
            }
    return None


def _group_path(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _operations(kind: Kind) -> Json:
    named = {"group": kind.group, "version": kind.version, "kind": kind.name}
    asked = ("dryRun", "fieldManager", "fieldValidation")
    parameters = [
        {"name": each, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
        for each in asked
    ]
    return {
        "patch": {
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": named,
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
        }
    }
