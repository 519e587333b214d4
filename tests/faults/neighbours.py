"""Who stands beside a fault: those who call what is broken, and who edited what."""

from tests.diagnose.build import DAY, Json, ago, app, container, lines, log, running, service

from sreagent.domain.inventory import PodLog


def caller(of: str = "app", port: int = 80) -> list[Json]:
    """`web`, well itself, which calls another Service."""
    env = [{"name": f"{of.upper().replace('-', '_')}_URL", "value": f"http://{of}:{port}"}]
    objects = app("web", revisions=[(9 * DAY, container(env=env))], pods=[running(since=9 * DAY)])
    return [*objects, service("web", ip="10.96.0.3")]


def web_says(objects: list[Json], line: str) -> PodLog:
    """The log of `web`, the same line again and again."""
    pod = next(
        one
        for one in objects
        if one["kind"] == "Pod" and one["metadata"]["name"].startswith("web-")
    )
    return log(pod, lines(line))


def refused(name: str = "app", port: int = 80) -> str:
    """What a Go program logs when nobody listens."""
    return (
        f'level=error msg="upstream failed" err="Get \\"http://{name}:{port}/api/v1\\": '
        f'dial tcp 10.96.0.7:{port}: connect: connection refused"'
    )


def listening(port: int) -> Json:
    """The port of a container, on which it serves."""
    return {"ports": [{"name": "main", "containerPort": port}]}


def edit(since: float, fields: Json, by: str = "kubectl-edit") -> list[Json]:
    """Managed fields after somebody edited these, so many seconds ago."""
    made = {"manager": "helm", "operation": "Update", "time": ago(9 * DAY), "fieldsV1": {}}
    return [
        made,
        {"manager": by, "operation": "Update", "time": ago(since), "fieldsV1": fields},
    ]


def serves(name: str, port: int, target: object = None) -> Json:
    """A Service on another port than 80, with the same port behind it."""
    made = service(name, ip="10.96.0.20", target=target or port)
    made["spec"]["ports"][0]["port"] = port
    return made


def elsewhere(namespace: str, objects: list[Json]) -> list[Json]:
    """The same objects in another namespace."""
    for one in objects:
        one["metadata"]["namespace"] = namespace
    return objects
