"""Edits of configuration that only the logs of those who read it date."""

import pytest
from tests.diagnose.build import DAY, NOW, Json, ago, container, make, running
from tests.faults.stage import program, watched, wrote

from sreagent.diagnose.changes.found import timeline
from sreagent.diagnose.view.freshness import edited_lately, fresh_edit
from sreagent.diagnose.view.reloads import reloads
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.change import Change
from sreagent.domain.inventory import Inventory

FLAGS = "ConfigMap/shop/flags"


def flagd(*volumes: str) -> list[Json]:
    """A program that finds ConfigMaps as files, each in a folder of its name."""
    mounts = [{"name": one, "mountPath": f"/etc/{one}"} for one in volumes]
    known = [(9 * DAY, container(volumeMounts=mounts))]
    spec = {"volumes": [{"name": one, "configMap": {"name": one}} for one in volumes]}
    return program("flagd", revisions=known, spec=spec, pods=[running(since=9 * DAY)])


def configured(*names: str) -> list[Json]:
    return [make("ConfigMap", one, age=30 * DAY, data={"flags.json": "{}"}) for one in names]


def cluster(*told: tuple[float, str], volumes: tuple[str, ...] = ("flags",)) -> Inventory:
    """What the program logged, so many seconds ago each."""
    objects = flagd(*volumes)
    text = "\n".join(f"{ago(second)} {line}" for second, line in told)
    return watched(*objects, *configured(*volumes), logs=[wrote(objects, "flagd", text)])


def edits(inventory: Inventory) -> list[Change]:
    return [one for one in timeline(inventory, NOW) if one.entity.kind == "ConfigMap"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("INFO config file changed, reloading /etc/flags/flags.json", id="a file"),
        pytest.param("level=info msg=\"Completed loading of configuration file\"", id="loaded"),
        pytest.param("configuration change (full) for source /etc/flags/flags.json", id="flagd"),
        pytest.param("msg=\"got runtime update and reloading config\"", id="a runtime update"),
        pytest.param("event=PROVIDER_CONFIGURATION_CHANGED flags=[checkout]", id="openfeature"),
        pytest.param("[notice] 1#1: signal 1 (SIGHUP) received, reconfiguring", id="a signal"),
        pytest.param("filepath event: /etc/flags/flags.json REMOVE", id="a watcher of files"),
        pytest.param("fsnotify event: CREATE /etc/flags/..data_tmp.json", id="what it was told"),
    ],
)  # fmt: skip
def test_a_program_that_took_its_files_over_dates_their_edit(line: str) -> None:
    inventory = cluster((4000, "INFO ready"), (900, line), (10, "INFO ready"))
    [edit] = edits(inventory)
    assert edit.entity.path == FLAGS
    assert edit.is_dated
    assert (NOW - edit.at).total_seconds() == 900
    assert "deployment shop/flagd took it over" in edit.summary


@pytest.mark.parametrize(
    ("told", "volumes"),
    [
        pytest.param([(9 * DAY - 5, "INFO loaded new config")], ("flags",), id="it only started"),
        pytest.param(
            [(second, "INFO reloading config") for second in range(7200, 0, -60)],
            ("flags",),
            id="it says so all day long",
        ),
        pytest.param([(900, "DEBUG config not changed")], ("flags",), id="nothing changed"),
        pytest.param(
            [(900, "INFO file event: uploads/invoice-12.pdf stored")], ("flags",), id="other files"
        ),
        pytest.param([(900, "INFO watch event for v1.Pod received")], ("flags",), id="no files"),
        pytest.param([(900, "INFO reloading config")], ("flags", "routes"), id="two it may mean"),
        pytest.param([(900, "INFO reloading config")], (), id="it reads no files"),
    ],
)
def test_no_edit_is_made_up(told: list[tuple[float, str]], volumes: tuple[str, ...]) -> None:
    assert edits(cluster(*told, volumes=volumes)) == []


def test_the_file_that_is_named_tells_which_of_several_it_was() -> None:
    told = (900, "INFO reloading /etc/routes/flags.json")
    scene = Scene(cluster(told, volumes=("flags", "routes")), NOW)
    assert [one.path for one in reloads(scene)] == ["ConfigMap/shop/routes"]


def test_of_several_edits_the_latest_counts() -> None:
    inventory = cluster((9000, "INFO reloading config a"), (900, "INFO config b was reloaded"))
    [edit] = edits(inventory)
    assert (NOW - edit.at).total_seconds() == 900


def test_what_was_taken_over_lately_counts_as_edited_lately() -> None:
    scene = Scene(cluster((900, "INFO reloading config")), NOW)
    [item] = scene.all("ConfigMap")
    assert edited_lately(scene, item)
    assert fresh_edit(scene, item)
