"""`sre sim`: a pretend cluster to practise on."""

import json as jsonlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sreagent.domain.errors import BadInput, SreError

if TYPE_CHECKING:
    from sreagent.simulator import IncidentInfo

app = typer.Typer(help="A pretend cluster to practise on.", no_args_is_help=True)

IncidentName = Annotated[str, typer.Argument(help="bad-deploy, memory-limit or selector-mismatch.")]


def known(name: str) -> "IncidentInfo":
    """The incident of that name.

    Raises:
        BadInput: There is none.
    """
    from sreagent.simulator import incidents

    found = next((info for info in incidents() if info.name == name), None)
    if found is None:
        names = ", ".join(info.name for info in incidents())
        msg = f"there is no incident {name!r}"
        raise BadInput(msg, why=f"incidents: {names}", hint="see: sre sim list")
    return found


@app.command("list")
def list_incidents() -> None:
    """List the incidents there are."""
    from rich.text import Text

    from sreagent.cli.screen import console
    from sreagent.simulator import incidents

    out = console()
    for info in incidents():
        out.print(Text(info.name, style="bold").append(f"  {info.title}", style="not bold"))


@app.command()
def up(
    incident: IncidentName = "bad-deploy",
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes a free one.")] = 0,
) -> None:
    """Start a pretend cluster in the background and print how to reach it."""
    info = known(incident)
    _stop()
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "sreagent.simulator", incident, "--port", str(port)]
    with (folder / "simulator.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, "--kubeconfig", str(folder / "kubeconfig")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            text=True,
        )
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        msg = f"the simulator did not start (exit {process.wait()})"
        raise SreError(msg, hint=f"see: {folder / 'simulator.log'}")
    addresses = jsonlib.loads(line)
    _note().write_text(jsonlib.dumps({"pid": process.pid, **addresses}), encoding="utf-8")
    print(f"export KUBECONFIG={addresses['kubeconfig']}")
    print(f"export PROMETHEUS_URL={addresses['prometheus']}")
    print(f"export ALERTMANAGER_URL={addresses['alertmanager']}")
    print(f"# {info.title}. Try: kubectl get pods -n {info.namespace}", file=sys.stderr)
    print(f"#   sre investigate {info.alert}", file=sys.stderr)
    print("# Stop it with: sre sim down", file=sys.stderr)


@app.command()
def down() -> None:
    """Stop the pretend cluster."""
    print("stopped" if _stop() else "nothing was running")


def _folder() -> Path:
    from sreagent.settings import state_folder

    return state_folder() / "simulator"


def _note() -> Path:
    return _folder() / "running.json"


def _stop() -> bool:
    try:
        running: dict[str, Any] = jsonlib.loads(_note().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    _note().unlink(missing_ok=True)
    if not _is_ours(int(running["pid"])):
        return False
    os.kill(int(running["pid"]), signal.SIGTERM)
    return True


def _is_ours(pid: int) -> bool:
    """Whether the process still is the simulator: its number may have been given anew."""
    try:
        return b"sreagent.simulator" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
