"""Sorts of log lines that a program tells since a change, and did not before."""

from sreagent.diagnose.logs.novelty import novel, say_novel
from sreagent.diagnose.logs.reading import LogReading
from sreagent.diagnose.view.revisions import Revision, revision_of, workload_revisions
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.change import Change
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.text import one_line

TOLD = 3
"""New sorts of lines that are shown."""


def new_since(
    scene: Scene, workload: Entity, change: Change | None, failing: Revision | None
) -> tuple[Finding, ...]:
    """What the pods complain of since the change that those before it did not.

    Known is what pods of another revision tell, what runs before tell where the pod is not of the
    failing revision, and what a log told before the change. Nothing is said without any of these.
    """
    if change is None or not change.is_dated:
        return ()
    before: list[LogReading] = []
    after: list[LogReading] = []
    command = ""
    revisions = workload_revisions(scene, workload)
    for pod in scene.pods_by_workload.get(workload, ()):
        is_old = failing is not None and revision_of(pod, revisions) != failing
        for log, reading in scene.logs(pod):
            (before if is_old else after).append(reading)
            command = command if is_old else command or log.command
    found = [one for one in novel(before, after, change.at) if one.loud]
    if not found:
        return ()
    return (
        Finding(
            condition="workload.new_lines",
            entity=workload,
            claim=f"{workload} logs what it did not before the change: {say_novel(found)}, "
            f"first of all {one_line(found[0].text, 160)!r}",
            category=Category.DEPLOYMENT,
            severity=Severity.INFO,
            since=min((one.first_at for one in found if one.first_at), default=None),
            source="logs",
            command=command,
            excerpt="\n".join(one.example for one in found[:TOLD]),
            tainted=True,
        ),
    )
