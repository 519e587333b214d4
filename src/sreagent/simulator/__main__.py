"""`python -m sreagent.simulator INCIDENT`: serve one incident until told to stop."""

import argparse
import json
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from sreagent.simulator.catalogue import incidents
from sreagent.simulator.chat_script import Script, ScriptError, script_of
from sreagent.simulator.chat_site import chat
from sreagent.simulator.kinds import TODAY, VERSIONS
from sreagent.simulator.simulation import Simulation

VERSION = TODAY.rpartition(".")[0]


def main(arguments: list[str] | None = None) -> int:
    """Serve, print the addresses as one line of JSON, and wait for a signal."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if not asked.incident and not asked.chat:
        parser.error("name an incident, or a script with --chat")
    script = _script(asked.chat, parser) if asked.chat else None
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as open_servers:
        addresses = _incident(asked, open_servers)
        if script is not None:
            addresses["chat"] = open_servers.enter_context(chat(script, port=asked.chat_port)).url
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


def _incident(asked: argparse.Namespace, open_servers: ExitStack) -> dict[str, str]:
    if not asked.incident:
        return {}
    incident = Path(asked.incident) if "/" in asked.incident else asked.incident
    version = next(each for each in VERSIONS if each.startswith(asked.kubernetes))
    simulation = open_servers.enter_context(
        Simulation.start(incident, port=asked.port, kubernetes=version)
    )
    kubeconfig = simulation.kubeconfig
    if asked.kubeconfig:
        kubeconfig = _copy(kubeconfig, asked.kubeconfig)
    return {
        "incident": simulation.incident,
        "url": simulation.url,
        "kubeconfig": str(kubeconfig),
        "prometheus": simulation.prometheus_url,
        "alertmanager": simulation.alertmanager_url,
    }


def _script(path: Path, parser: argparse.ArgumentParser) -> Script:
    try:
        return script_of(path)
    except (OSError, ScriptError) as problem:
        parser.error(str(problem))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sreagent.simulator", description=__doc__)
    names = ", ".join(each.name for each in incidents())
    about = f"{names}, or the folder of one, with a / in it; may be left out with --chat"
    parser.add_argument("incident", nargs="?", help=about)
    parser.add_argument(
        "--kubernetes", choices=[each.rpartition(".")[0] for each in VERSIONS], default=VERSION
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--kubeconfig", type=Path, help="also write the kubeconfig here")
    parser.add_argument(
        "--chat", type=Path, metavar="SCRIPT.yaml", help="also serve a model that answers this"
    )
    parser.add_argument("--chat-port", type=int, default=0, help="0 takes a free one")
    return parser


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_bytes(source.read_bytes())
    return target.absolute()


if __name__ == "__main__":
    sys.exit(main())
