"""`python -m sreagent.simulator INCIDENT`: serve one incident until told to stop."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from sreagent.simulator.catalogue import incidents
from sreagent.simulator.simulation import Simulation


def main(arguments: list[str] | None = None) -> int:
    """Serve, print the addresses as one line of JSON, and wait for a signal."""
    asked = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with Simulation.start(asked.incident, port=asked.port) as simulation:
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
    parser.add_argument("incident", choices=[each.name for each in incidents()])
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
