"""What the behaviour file makes of the containers."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.folders import Data, Lab, app, deployment, write

from sreagent.simulator.objects import Json, lookup
from sreagent.simulator.staging.errors import StagingError

LIMIT = {"resources": {"limits": {"memory": "100Mi"}}}


def lab(tmp_path: Path, *apps: Data, age: str = "30m", top: Data | None = None, **more: Any) -> Lab:
    behaviour = {"apps": list(apps), **(top or {})}
    steps = [{"apply": "manifests", "age": age}]
    folder = write(
        tmp_path, steps=steps, manifests=[deployment("web", **more)], behaviour_yaml=behaviour
    )
    return Lab(folder)


def last_end(pod: Json) -> Json:
    (status,) = pod["status"]["containerStatuses"]
    found: Json = lookup(status, "lastState.terminated") or lookup(status, "state.terminated")
    return found


@pytest.mark.parametrize(
    ("parts", "more", "ended"),
    [
        pytest.param(
            {"memory_mib": 140}, LIMIT, {"reason": "OOMKilled", "exitCode": 137}, id="oom"
        ),
        pytest.param(
            {"memory_mib": {"base": 60, "per_minute": 30, "max": 400}},
            LIMIT,
            {"reason": "OOMKilled", "exitCode": 137},
            id="leak",
        ),
        pytest.param(
            {"exit_after": 2, "exit_code": 7, "termination_message": "no disk"},
            {},
            {"reason": "Error", "exitCode": 7, "message": "no disk"},
            id="exit",
        ),
        pytest.param(
            {"exit_after": 2, "exit_code": 0}, {}, {"reason": "Completed", "exitCode": 0}, id="done"
        ),
        pytest.param(
            {"start_error": "exec: no such file"},
            {},
            {"reason": "StartError", "exitCode": 128, "message": "exec: no such file"},
            id="start-error",
        ),
        pytest.param(
            {"needs_env": [{"name": "KEY", "exit_code": 4}]},
            {},
            {"reason": "Error", "exitCode": 4},
            id="variable",
        ),
    ],
)
def test_a_program_ends_as_it_is_told(tmp_path: Path, parts: Data, more: Data, ended: Data) -> None:
    played = lab(tmp_path, app("web", **parts), **more)
    told = last_end(played.of("web")[0])
    assert {key: told.get(key) for key in ended} == ended
    assert played.of("web")[0]["status"]["containerStatuses"][0]["restartCount"] >= 2


@pytest.mark.parametrize(
    ("match", "more", "fits"),
    [
        pytest.param({"image": "*:1.0"}, {}, True, id="image"),
        pytest.param({"image": "*:2.*"}, {}, False, id="other-image"),
        pytest.param({"env": {"MODE": "^slow$"}}, {}, False, id="variable-not-set"),
        pytest.param(
            {"env": {"MODE": "^slow$"}},
            {"env": [{"name": "MODE", "value": "slow"}]},
            True,
            id="env",
        ),
        pytest.param({"command": "serve"}, {"command": ["serve", "-x"]}, True, id="command"),
        pytest.param({"container": "other"}, {}, False, id="container"),
        pytest.param({"labels": {"app": "web"}}, {}, True, id="labels"),
        pytest.param({"namespace": "other"}, {}, False, id="namespace"),
        pytest.param({"config": {"settings/mode": "x"}}, {}, False, id="no-config"),
    ],
)
def test_an_entry_is_about_the_containers_it_matches(
    tmp_path: Path, match: Data, more: Data, fits: bool
) -> None:
    entry = {"match": match, "exit_after": 1}
    assert (lab(tmp_path, entry, **more).state("web") == "CrashLoopBackOff") is fits


def test_later_entries_win_over_earlier_ones(tmp_path: Path) -> None:
    played = lab(tmp_path, app("web", exit_after=1), {"match": {"image": "*"}, "exit_after": None})
    assert played.state("web") == "running"


def test_a_program_may_fail_only_at_first(tmp_path: Path) -> None:
    played = lab(tmp_path, app("web", exit_after=1, exit_times=2))
    assert played.state("web") == "running"
    assert played.of("web")[0]["status"]["containerStatuses"][0]["restartCount"] == 2


@pytest.mark.parametrize(
    ("words", "image", "said"),
    [
        pytest.param("missing", "*/web:1.0", ": not found", id="missing"),
        pytest.param("denied", "*", "401 Unauthorized", id="denied"),
        pytest.param("unreachable", "*", "i/o timeout", id="unreachable"),
        pytest.param("exist", "*:2.0", ": not found", id="only-some-exist"),
    ],
)
def test_a_registry_refuses_in_its_own_words(
    tmp_path: Path, words: str, image: str, said: str
) -> None:
    played = lab(tmp_path, top={"images": {words: [image]}})
    assert played.state("web") in ("ErrImagePull", "ImagePullBackOff")
    assert any(said in message for message in played.events("Failed"))


def test_probes_find_what_the_program_answers(tmp_path: Path) -> None:
    listens = [{"port": 8080, "paths": {"/live": 404, "*": 200}}]
    probes = {"livenessProbe": {"httpGet": {"path": "/live", "port": 8080}}}
    played = lab(tmp_path, app("web", listens=listens), age="5m", **probes)
    assert "Liveness probe failed: HTTP probe failed with statuscode: 404" in played.events(
        "Unhealthy"
    )
    assert "Container web failed liveness probe, will be restarted" in played.events("Killing")


def test_a_startup_probe_holds_the_others_back(tmp_path: Path) -> None:
    port = {"tcpSocket": {"port": 8080}}
    probes: Data = {"startupProbe": {**port, "failureThreshold": 60}, "livenessProbe": port}
    parts = {"listens": [8080], "start_delay": 120}
    played = lab(tmp_path, app("web", **parts), age="4m", **probes)
    assert played.state("web") == "running"
    assert not [message for message in played.events("Unhealthy") if "Liveness" in message]
    assert [message for message in played.events("Unhealthy") if "Startup" in message]


def test_lines_are_filled_in(tmp_path: Path) -> None:
    line = (
        "{{ts}}|{{clock}}|{{pod}}|{{ns}}|{{node}}|{{ip}}|{{restarts}}|{{mem}}|{{env MODE}}|"
        "{{rand 3 5}}|{{hex 6}}|{{choice a|b}}|{{n}}|{{unknown}}"
    )
    entry = app("web", memory_mib=90, logs=[{"every": 10, "line": line}])
    played = lab(tmp_path, entry, env=[{"name": "MODE", "value": "slow"}])
    assert re.fullmatch(
        r"[\d-]{10}T[\d:]{8}\.\d{3}Z\|[\d:]{8}\|web-\w+-\w+\|lab\|node-\d\|10\.244\.\d+\.\d+\|0\|90"
        r"\|slow\|[345]\|[0-9a-f]{6}\|[ab]\|\d+\|\{\{unknown\}\}",
        played.text("web").splitlines()[-1],
    )


def test_lines_come_once_again_and_again_for_a_while_and_at_the_end(tmp_path: Path) -> None:
    entry = app(
        "web",
        exit_after=60,
        logs=[
            {"at": 1, "lines": "one\ntwo"},
            {"every": 10, "line": "beat"},
            {"rate": 2, "line": "quick", "for": 3},
            {"on": "exit", "line": "bye"},
            {"every": 5, "line": "late", "active_from": "{{now+1h}}"},
        ],
    )
    lines = lab(tmp_path, entry).text("web", previous=True).splitlines()
    assert lines.index("two") - lines.index("one") == 1
    assert lines[-1] == "bye"
    assert 4 <= lines.count("beat") <= 6
    assert 5 <= lines.count("quick") <= 7
    assert "late" not in lines


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        pytest.param({"app": []}, "unknown key 'app'", id="top"),
        pytest.param({"apps": [{"memory": 3}]}, "unknown key 'memory' of a program", id="program"),
        pytest.param({"apps": [{"match": {"lable": 3}}]}, "lable", id="match"),
        pytest.param({"apps": [{"depends_on": [{"effect": "x"}]}]}, "cannot be under", id="call"),
        pytest.param({"images": {"gone": []}}, "gone", id="images"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(
    tmp_path: Path, behaviour: Data, told: str
) -> None:
    folder = write(tmp_path, manifests=[deployment("web")], behaviour_yaml=behaviour)
    with pytest.raises(StagingError, match=rf"behaviour\.yaml:\d+: .*{told}"):
        Lab(folder)


def test_a_loop_of_many_days_is_counted_and_takes_no_time_to_play(tmp_path: Path) -> None:
    (tmp_path / "week").mkdir()
    (tmp_path / "hours").mkdir()
    week = lab(tmp_path / "week", app("web", exit_after=2), age="7d")
    hours = lab(tmp_path / "hours", app("web", exit_after=2), age="10h")
    (long,) = week.of("web")[0]["status"]["containerStatuses"]
    (short,) = hours.of("web")[0]["status"]["containerStatuses"]
    assert long["restartCount"] == pytest.approx(7 * 86400 / 302, rel=0.02)
    assert short["restartCount"] == pytest.approx(10 * 3600 / 302, rel=0.1)
    assert week.text("web", previous=True)
    assert len(week.cluster.timeline.moments) < 400
