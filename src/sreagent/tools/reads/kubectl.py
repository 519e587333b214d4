"""The front of the reads: time, errors and the receipt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sreagent.domain.action import Action
from sreagent.domain.command import KubectlRead
from sreagent.domain.errors import SreError, ToolProblem
from sreagent.domain.evidence import Health
from sreagent.domain.ports import Clock, Cluster, ClusterReads
from sreagent.tools.reads.access import can_i, whoami
from sreagent.tools.reads.asking import Asking, Bounded, Told, told
from sreagent.tools.reads.describe import describe
from sreagent.tools.reads.events import events
from sreagent.tools.reads.logs import logs
from sreagent.tools.reads.objects import get
from sreagent.tools.reads.rollouts import rollout_history, rollout_status
from sreagent.tools.reads.schema import explain
from sreagent.tools.reads.server import (
    api_resources,
    api_versions,
    cluster_info,
    contexts,
    raw,
    usage,
    version,
)
from sreagent.tools.reads.usage import top
from sreagent.tools.reads.waiting import LONGEST, wait
from sreagent.tools.sighting import Sighting, shown

TIME = 30.0
"""Seconds after which no more requests of one read go out."""

_VERBS: Mapping[str, Callable[[Asking], Told]] = {
    "api_resources": api_resources,
    "api_versions": api_versions,
    "can_i": can_i,
    "cluster_info": cluster_info,
    "contexts": contexts,
    "describe": describe,
    "events": events,
    "explain": explain,
    "get": get,
    "help": usage,
    "logs": logs,
    "rollout_history": rollout_history,
    "rollout_status": rollout_status,
    "top": top,
    "version": version,
    "wait": wait,
    "whoami": whoami,
}
_PLAIN = frozenset(
    (
        *("api_versions", "can_i", "cluster_info", "contexts", "help", "rollout_status", "top"),
        *("version", "wait", "whoami"),
    )
)
"""Verbs whose answers are numbers, names and words of the server, no free text."""
_STRANGE = (KeyError, IndexError, TypeError, AttributeError, ValueError)
"""What an answer of another shape leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubectlReads:
    """Runs reads of one cluster."""

    cluster: Cluster
    api: ClusterReads
    clock: Clock
    render: Callable[[KubectlRead], str]
    """The line of a read, for the receipt."""
    preview: Callable[[Action], str]
    """Asks the server's dry run of a change, and tells what it would do."""
    seconds: float = TIME

    def run(self, read: KubectlRead) -> Sighting:
        """What was seen; a look that failed says so and is `unknown`, it never raises."""
        started = self.clock.monotonic()
        seen = self._told(read)
        return shown(
            seen.text,
            command=self.render(read),
            source="logs" if read.verb == "logs" else "kubernetes",
            verdict=Health.UNKNOWN if seen.missed else Health.HEALTHY,
            tainted=read.verb not in _PLAIN,
            seconds=self.clock.monotonic() - started,
        )

    def _told(self, read: KubectlRead) -> Told:
        try:
            return self._ask(read)
        except SreError as error:
            return told([error])
        except ToolProblem as problem:
            return Told(text=f"not run: {problem}", missed=True)
        except _STRANGE as error:
            text = f"not understood: the server's answer has another shape ({error!r})"
            return Told(text=text, missed=True)

    def _ask(self, read: KubectlRead) -> Told:
        if read.verb == "preview":
            return self._previewed(read)
        limit = self.seconds + (LONGEST if read.verb == "wait" else 0.0)
        api = Bounded(inner=self.api, clock=self.clock, ends=self.clock.monotonic() + limit)
        asking = Asking(read=read, api=api, cluster=self.cluster, clock=self.clock)
        if read.verb == "get" and "path" in read.options:
            return raw(asking)
        return _VERBS[read.verb](asking)

    def _previewed(self, read: KubectlRead) -> Told:
        action = read.options.get("action")
        if isinstance(action, Action):
            return Told(text=self.preview(action))
        return Told(text="not run: only changes of the catalogue have a dry run here", missed=True)
