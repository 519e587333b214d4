"""The servers on the wire: faults on demand, start, stop, and the command line."""

import http.client
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.simulator.staging import ask, fetch, token_of

from sreagent.simulator import Faults, Simulation

PODS = "/api/v1/namespaces/shop/pods"


@pytest.fixture
def faulty(running: Simulation) -> Iterator[Simulation]:
    """The running simulation, whose faults end with the test."""
    yield running
    running.faults.delay = 0.0
    running.faults.answers.clear()
    running.faults.cuts.clear()


class TestFaults:
    @pytest.mark.parametrize("code", [401, 403, 429, 500, 503])
    def test_a_path_can_be_told_to_refuse(self, faulty: Simulation, code: int) -> None:
        faulty.faults.answers["/api/v1/namespaces/shop"] = code
        answer = ask(faulty, PODS)
        assert (answer.code, answer.json()["code"]) == (code, code)
        assert ask(faulty, "/api/v1/nodes").code == 200

    def test_the_longest_prefix_counts(self, faulty: Simulation) -> None:
        faulty.faults.answers |= {"/api/v1": 500, PODS: 403}
        assert ask(faulty, PODS).code == 403

    def test_the_other_servers_have_a_prefix_of_their_own(self, faulty: Simulation) -> None:
        faulty.faults.answers["/prometheus"] = 503
        assert fetch(f"{faulty.prometheus_url}/-/ready").code == 503
        assert fetch(f"{faulty.alertmanager_url}/-/ready").code == 200

    def test_a_connection_can_be_dropped_in_the_middle(self, faulty: Simulation) -> None:
        faulty.faults.cuts[PODS] = 100
        with pytest.raises(http.client.IncompleteRead) as broken:
            ask(faulty, PODS)
        assert len(broken.value.partial) == 100

    def test_every_answer_can_be_late(self, faulty: Simulation) -> None:
        faulty.faults.delay = 0.3
        began = time.monotonic()
        ask(faulty, PODS)
        assert time.monotonic() - began >= 0.3


def test_faults_can_be_there_from_the_start() -> None:
    with Simulation.start("bad-deploy", faults=Faults(answers={"/": 500})) as simulation:
        assert ask(simulation, PODS).code == 500


def test_one_connection_serves_many_requests(running: Simulation) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(running.url.rpartition(":")[2]))
    headers = {"Authorization": f"Bearer {token_of(running, 'admin')}"}
    for _ in range(3):
        connection.request("GET", PODS, headers=headers)
        with connection.getresponse() as reply:
            assert reply.status == 200
            assert reply.version == 11
            reply.read()
        assert connection.sock is not None
    connection.close()


def test_the_kubeconfig_is_private_and_its_tokens_are_new_each_time(tmp_path: Path) -> None:
    with (
        Simulation.start("bad-deploy", state_dir=tmp_path / "one") as one,
        Simulation.start("bad-deploy", state_dir=tmp_path / "two") as two,
    ):
        assert stat.S_IMODE(one.kubeconfig.stat().st_mode) == 0o600
        assert one.kubeconfig.parent == tmp_path / "one"
        config = yaml.safe_load(one.kubeconfig.read_text())
        assert config["current-context"] == "admin"
        assert {each["name"] for each in config["contexts"]} == {"admin", "viewer"}
        assert token_of(one, "admin") != token_of(two, "admin")
        assert token_of(one, "admin") != token_of(one, "viewer")


def test_a_stopped_simulation_hangs_up_and_leaves_nothing_behind() -> None:
    with Simulation.start("bad-deploy") as simulation:
        connection = http.client.HTTPConnection("127.0.0.1", int(simulation.url.rpartition(":")[2]))
        path = f"{PODS}?watch=true"
        headers = {"Authorization": f"Bearer {token_of(simulation, 'admin')}"}
        connection.request("GET", path, headers=headers)
        watch = connection.getresponse()
        assert watch.readline()
        kubeconfig = simulation.kubeconfig
    with watch:
        assert not watch.read().endswith(b'{"type')
    connection.close()
    assert not kubeconfig.exists()
    with pytest.raises(OSError, match="refused"):
        fetch(simulation.url + "/version")


def test_an_unknown_incident_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="bad-deploy, memory-limit, selector-mismatch"):
        Simulation.start("no-such")


def test_importing_the_front_loads_neither_yaml_nor_a_server() -> None:
    code = (
        "import sys, sreagent.simulator;"
        "print([name for name in ('yaml', 'http.server') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(
    tmp_path: Path, number: signal.Signals
) -> None:
    kubeconfig = tmp_path / "deep" / "config"
    command = [sys.executable, "-m", "sreagent.simulator", "memory-limit"]
    serving = subprocess.Popen(
        [*command, "--kubeconfig", str(kubeconfig)], stdout=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    with serving.stdout as out:
        addresses = json.loads(out.readline())
        assert addresses["kubeconfig"] == str(kubeconfig)
        assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
        assert fetch(addresses["prometheus"] + "/-/ready").code == 200
        assert fetch(addresses["alertmanager"] + "/-/ready").code == 200
        assert fetch(addresses["url"] + "/version").code == 200
        os.kill(serving.pid, number)
        assert serving.wait(timeout=10) == 0
        assert out.read() == ""
