"""`python -m sreagent.simulator INCIDENT`: serve one incident until told to stop."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from sreagent.simulator.catalogue import incidents
from sreagent.simulator.kinds import TODAY, VERSIONS
from sreagent.simulator.simulation import Simulation

VERSION = TODAY.rpartition(".")[0]


def main(arguments: list[str] | None = None) -> int:
    """Serve, print the addresses as one line of JSON, and wait for a signal."""
    asked = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    incident = Path(asked.incident) if "/" in asked.incident else asked.incident
    version = next(each for each in VERSIONS if each.startswith(asked.kubernetes))
    with Simulation.start(incident, port=asked.port, kubernetes=version) as simulation:
        kubeconfig = simulation.kubeconfig
        if asked.kubeconfig:
            kubeconfig = _copy(kubeconfig, asked.kubeconfig)
        addresses = {
            "incident": simulation.incident,
            "url": simulation.url,
            "kubeconfig": str(kubeconfig),
            "prometheus": simulation.prometheus_url,
            "alertmanager": simulation.alertmanager_url,
        }
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sreagent.simulator", description=__doc__)
    names = ", ".join(each.name for each in incidents())
    parser.add_argument("incident", help=f"{names}, or the folder of one, with a / in it")
    parser.add_argument(
        "--kubernetes", choices=[each.rpartition(".")[0] for each in VERSIONS], default=VERSION
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--kubeconfig", type=Path, help="also write the kubeconfig here")
    return parser


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_bytes(source.read_bytes())
    return target.absolute()


if __name__ == "__main__":
    sys.exit(main())
