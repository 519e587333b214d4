"""What a probe of the kubelet finds."""

from sreagent.simulator.containers import Life
from sreagent.simulator.network import listens_on
from sreagent.simulator.objects import Json

LABELS = {
    "startupProbe": "Startup",
    "livenessProbe": "Liveness",
    "readinessProbe": "Readiness",
}


def probe_problem(life: Life, name: str, spec: Json, address: str) -> str:
    """Why a check of a running container fails, empty when it passes."""
    run = life.run
    if run is None:
        return "container is not running"
    if "exec" in spec:
        return run.program.exec_fails
    asked = spec.get("httpGet") or spec.get("tcpSocket") or spec.get("grpc") or {}
    port = _port(life.spec, asked.get("port"))
    listen = listens_on(life, port)
    if "httpGet" not in spec:
        return "" if listen else f"dial tcp {address}:{port}: connect: connection refused"
    path = asked.get("path", "/")
    url = f"{str(asked.get('scheme', 'HTTP')).lower()}://{address}:{port}{path}"
    if listen is None:
        return f'Get "{url}": dial tcp {address}:{port}: connect: connection refused'
    code, latency = listen.answer(path)
    if latency > float(spec.get("timeoutSeconds", 1)):
        return (
            f'Get "{url}": context deadline exceeded '
            "(Client.Timeout exceeded while awaiting headers)"
        )
    if name == "readinessProbe":
        code = _with_dependencies(life, code)
    return "" if 200 <= code < 400 else f"HTTP probe failed with statuscode: {code}"


def _with_dependencies(life: Life, code: int) -> int:
    run = life.run
    if run is not None:
        for at, each in enumerate(run.program.depends_on):
            if each.effect == "not_ready" and run.failing(at):
                return each.status
    return code


def _port(container: Json, asked: object) -> int:
    if isinstance(asked, int):
        return asked
    named = {each.get("name"): each["containerPort"] for each in container.get("ports") or ()}
    found = named.get(asked)
    if found is not None:
        return int(found)
    return int(str(asked)) if str(asked).isdigit() else 0
