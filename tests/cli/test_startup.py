"""What is loaded to print the help."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("litellm", "kubernetes", "boto3", "requests", "pydantic", "yaml")

PROBE = """
import sys
from sreagent.cli.app import app
try:
    app({arguments!r})
except SystemExit as end:
    assert end.code == 0, end.code
loaded = [name for name in {heavy!r} if name in sys.modules]
sys.exit(f"loaded: {{loaded}}" if loaded else 0)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_none_of_the_heavy_libraries(arguments: list[str]) -> None:
    probe = PROBE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_investigation_by_rules_loads_only_what_it_needs() -> None:
    probe = (
        "import sys, sreagent.wiring.runs as w; from sreagent.simulator import Simulation\n"
        "from sreagent.settings import Settings; from sreagent.cli.person import Nobody\n"
        "import sreagent.cli.session\n"
        "from sreagent.domain.alert import Alert\n"
        "with Simulation.start('bad-deploy') as s:\n"
        "    settings = Settings(kubeconfig=str(s.kubeconfig), namespace='shop')\n"
        "    nobody = Nobody('t', yes=False)\n"
        "    with w.investigation(Alert(name='x'), settings, w.Wishes(), nobody) as run:\n"
        "        list(run.happenings()); assert run.incident.diagnosis\n"
        "heavy = ('litellm', 'boto3', 'botocore', 'kubernetes', 'requests', 'rich')\n"
        "bad = [n for n in heavy if n in sys.modules]\n"
        "sys.exit(f'loaded: {bad}' if bad else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_drift_loads_no_room_that_a_run_does_not_need(tmp_path: Path) -> None:
    state = tmp_path / "prod.tfstate"
    state.write_text(json.dumps({"version": 4, "serial": 1, "resources": []}))
    probe = (
        "import sys; from sreagent.cli.app import app\n"
        "try:\n"
        f"    app(['drift', '--state', {str(state)!r}, '--no-who', '--json'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        "rooms = ('domain.record', 'drift.mend', 'drift.who.trail', 'drift.who.match',\n"
        "         'drift.examine_kubernetes', 'drift.reality.kubernetes', 'clients.apiserver',\n"
        "         'journal', 'wiring.runs')\n"
        "names = ('yaml', 'kubernetes', 'requests', 'rich', *(f'sreagent.{r}' for r in rooms))\n"
        "bad = [name for name in names if name in sys.modules]\n"
        "sys.exit(f'loaded: {bad}' if bad else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
