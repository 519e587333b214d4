"""Keeps an alert quiet for a while in Alertmanager, and lets it be heard again."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from sreagent.domain.action import Action, Preview
from sreagent.domain.alert import Alert
from sreagent.domain.errors import Conflict, NotFound, TryAgain
from sreagent.domain.moment import stamp
from sreagent.domain.ports import Alerts, Clock
from sreagent.domain.silence import Silence
from sreagent.domain.text import one_line
from sreagent.policy.facts import Facts
from sreagent.tools.changes import Prepared, digest
from sreagent.tools.verbs import Arguments, ChangeTool, Nothing

NAME = "alertname"
MAKER = "sreagent"
"""Who made a silence, as Alertmanager shows it: only such ones are ended."""
LONGEST = 240
"""Minutes."""
CHECKED = "checked against Alertmanager, which has no dry run"

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
Value = Annotated[str, StringConstraints(pattern=r"^[!-~](?:[ -~]{0,198}[!-~])?$")]
"""Printable ASCII: no look-alikes, and nothing that cannot be seen."""
Comment = Annotated[str, StringConstraints(pattern=r"^[!-~](?:[ -~]{0,298}[!-~])?$")]


class AlertTarget(Arguments):
    """An alert by its name."""

    kind: str
    namespace: Nothing
    name: Value


class Matched(Arguments):
    """Labels and the exact value each must have; `alertname` is one of them."""

    matchers: dict[Label, Value] = Field(min_length=1, max_length=20)


class Quiet(Matched):
    """For how long, and why."""

    minutes: int = Field(ge=1, le=LONGEST)
    comment: Comment


def _labels(action: Action) -> str:
    return " ".join(shlex.quote(f"{key}={value}") for key, value in _matchers(action).items())


def _matchers(action: Action) -> Mapping[str, str]:
    matchers: Mapping[str, str] = action.arguments["matchers"]
    return matchers


SILENCE = ChangeTool(
    verb="silence",
    kinds=frozenset({"Alert"}),
    target=AlertTarget,
    arguments=Quiet,
    title=lambda a: f"Silence {a.target.name} for {a.arguments['minutes']} min",
    command=lambda a: (
        f"amtool silence add {_labels(a)} --duration={a.arguments['minutes']}m "
        f"--author={MAKER} --comment={shlex.quote(a.arguments['comment'])}"
    ),
)
UNSILENCE = ChangeTool(
    verb="unsilence",
    kinds=frozenset({"Alert"}),
    target=AlertTarget,
    arguments=Matched,
    title=lambda a: f"End the silence of {a.target.name}",
    command=lambda a: (
        f"amtool silence expire $(amtool silence query -q --created-by={MAKER} {_labels(a)})"
    ),
)
SILENCES: Mapping[str, ChangeTool] = {tool.verb: tool for tool in (SILENCE, UNSILENCE)}
"""By verb."""


@dataclass(frozen=True, slots=True)
class SilenceChanges:
    """Makes and ends silences in one Alertmanager."""

    alerts: Alerts
    clock: Clock

    @property
    def verbs(self) -> frozenset[str]:
        """Which verbs."""
        return frozenset(SILENCES)

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action against the alerts that fire and the silences that hold."""
        del replicas_at_start
        tool = SILENCES[action.verb]
        tool.check(action)
        if _matchers(action).get(NAME) != action.target.name:
            msg = f"{action.verb}: matchers need {NAME}={action.target.name}"
            raise TryAgain(msg)
        if action.verb == SILENCE.verb:
            return self._silencing(action)
        return self._ending(action, self._ours(action))

    def run(self, prepared: Prepared) -> str:
        """Make the silence, or end it, if the silences are as they were read."""
        action = prepared.action
        mine = self._ours(action)
        if _version(mine) != prepared.version:
            msg = f"the silences of {action.target.name} were changed since they were shown"
            raise Conflict(msg)
        if action.verb == UNSILENCE.verb:
            return self._end(mine)
        now = self.clock.now()
        ends = now + timedelta(minutes=action.arguments["minutes"])
        made = self.alerts.silence(
            Silence(
                matchers=_matchers(action),
                starts_at=now,
                ends_at=ends,
                created_by=MAKER,
                comment=action.arguments["comment"],
            )
        )
        return f"silenced until {stamp(ends)} ({made})"

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Whether as many silences of ours hold as the change would have left."""
        return {_count(action): len(self._ours(action))} == dict(after)

    def _silencing(self, action: Action) -> Prepared:
        ends = self.clock.now() + timedelta(minutes=action.arguments["minutes"])
        for one in self._same(action):
            if one.created_by == MAKER or one.ends_at >= ends:
                by = one_line(one.created_by, 60)
                msg = f"{action.target.name} is silenced already until {stamp(one.ends_at)} by {by}"
                raise TryAgain(msg)
        undo = Action(
            verb=UNSILENCE.verb,
            target=action.target,
            arguments={"matchers": dict(_matchers(action))},
        )
        return self._prepared(action, (), after=1, undo=undo)

    def _ending(self, action: Action, mine: Sequence[Silence]) -> Prepared:
        if not mine:
            msg = f"{MAKER} made no silence with exactly these matchers, or it is over"
            raise TryAgain(msg)
        last = max(mine, key=lambda silence: silence.ends_at)
        left = math.ceil((last.ends_at - self.clock.now()).total_seconds() / 60)
        undo = Action(
            verb=SILENCE.verb,
            target=action.target,
            arguments={
                "matchers": dict(_matchers(action)),
                "minutes": min(max(left, 1), LONGEST),
                "comment": "silenced again",
            },
        )
        return self._prepared(action, mine, after=0, undo=undo)

    def _prepared(
        self, action: Action, mine: Sequence[Silence], *, after: int, undo: Action
    ) -> Prepared:
        tool, name = SILENCES[action.verb], _count(action)
        return Prepared(
            action=action,
            title=tool.title(action),
            command=tool.command(action),
            uid=self.alerts.url,
            version=_version(mine),
            before={name: len(mine)},
            after={name: after},
            preview=Preview(
                accepted=True,
                answer=CHECKED,
                diff=(f"- {name}: {len(mine)}", f"+ {name}: {after}"),
                touches=self._touches(action),
                loses="nobody is told of these alerts meanwhile" if after else "nothing",
            ),
            facts=Facts(reversible=True),
            undo=undo,
            undo_command=SILENCES[undo.verb].command(undo),
        )

    def _same(self, action: Action) -> Sequence[Silence]:
        """Silences with exactly these matchers that hold."""
        wanted = dict(_matchers(action))
        found = self.alerts.silences()
        return [one for one in found if one.exact and dict(one.matchers) == wanted]

    def _ours(self, action: Action) -> Sequence[Silence]:
        """Those of them that this program made."""
        return [one for one in self._same(action) if one.created_by == MAKER]

    def _end(self, mine: Sequence[Silence]) -> str:
        for silence in mine:
            try:
                self.alerts.expire(silence.id)
            except NotFound:
                continue
        return "ended"

    def _touches(self, action: Action) -> str:
        """Which of the alerts that fire now it is about."""
        firing = self.alerts.firing()
        wanted = _matchers(action).items()
        found = [alert for alert in firing if wanted <= {**alert.labels, NAME: alert.name}.items()]
        where = sorted({_place(alert) for alert in found})
        places = f": {', '.join(where[:5])}{', …' if len(where) > 5 else ''}" if where else ""
        return f"{len(found)} of {len(firing)} firing alerts{places}"


def _place(alert: Alert) -> str:
    name = f"{alert.name} in {alert.namespace}" if alert.namespace else alert.name
    return one_line(name, 80)


def _count(action: Action) -> str:
    return f"silences of {action.target.name}"


def _version(silences: Sequence[Silence]) -> str:
    return digest(sorted([silence.id, stamp(silence.ends_at)] for silence in silences))
