"""Investigations that are ready to go: new ones, those that go on, and talks about them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sreagent import __version__
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import BadSettings, Denied, SreError
from sreagent.domain.record import Opened, Proposed, Resumed
from sreagent.domain.secrets import own
from sreagent.domain.verdict import Autonomy
from sreagent.settings import Settings, person, state_folder
from sreagent.wiring import alerts, audit, connections, guards, models, tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sreagent.clients.traces import Traces
    from sreagent.domain.alert import Alert
    from sreagent.domain.command import KubectlRead
    from sreagent.domain.incident import Incident
    from sreagent.domain.inventory import Inventory
    from sreagent.domain.ports import Clock, Cluster, Person
    from sreagent.domain.record import Happening
    from sreagent.investigate.case import Case
    from sreagent.investigate.desk import Desk
    from sreagent.investigate.steps import Draft, Reasoner
    from sreagent.journal.mailbox import Letter
    from sreagent.journal.store import Journal
    from sreagent.policy.document import Policy
    from sreagent.tools.every_read import EveryRead
    from sreagent.tools.sighting import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the person wants of this run, beside the settings."""

    dry_run: bool = False
    read_only: bool = False
    pages: Mapping[str, str] | None = None
    """Prompts to be used in place of those in use."""


@dataclass(slots=True, kw_only=True)
class Run:
    """An investigation that is ready to go."""

    case: Case
    desk: Desk
    usd_limit: float | None = None
    """What models may cost, 0 for no limit; None where none takes part."""
    model: str = ""
    """The model that takes part in this run; empty for the rules alone."""
    traces: Traces | None = None
    """Makes spans of what happens, where somebody wants them."""
    untraced: str = ""
    """Why the spans of the run are nowhere to be found."""

    @property
    def incident(self) -> Incident:
        """How the incident stands."""
        return self.case.incident

    def happenings(self) -> Iterator[Happening]:
        """Go on to the end, telling everything that happens."""
        from sreagent.investigate.loop import investigate

        try:
            for happening in investigate(self.case, self.desk):
                if self.traces:
                    self.traces.see(happening)
                yield happening
        finally:
            if self.traces:
                self.untraced = self.traces.end(self.incident)

    def letters(self, action: str) -> Letter | None:
        """Take away the answer that another terminal left for an action."""
        from sreagent.journal.mailbox import take

        return take(self.case.journal.folder, action)

    def interrupt(self, reason: str, outcome: Outcome = Outcome.OPEN) -> None:
        """Leave a readable journal behind after Ctrl-C or an error."""
        from sreagent.investigate.loop import interrupted

        interrupted(self.case, self.desk, reason, outcome)


@contextmanager
def investigation(
    alert: Alert, settings: Settings, wishes: Wishes, people: Person
) -> Iterator[Run]:
    """A new incident.

    Raises:
        SreError: The cluster cannot be reached, or the journal cannot be written.
    """
    from sreagent.investigate.case import Case
    from sreagent.investigate.scope import find_namespace

    time = connections.system_clock()
    held = guards.policy(settings)
    cluster = connections.cluster(settings, time)
    version = cluster.version()
    inventory = _inventory(version)
    namespace = find_namespace(cluster, alert, settings.namespace, inventory)
    opened = Opened(
        alert=alert,
        context=cluster.context,
        server=cluster.server,
        server_version=version,
        user=cluster.user,
        namespace=namespace,
        prometheus=_without_login(settings.prometheus),
        alertmanager=_without_login(settings.alertmanager),
        by=person(),
        tool=f"sreagent {__version__}",
        model=settings.model,
    )
    with _new_journal(settings, time) as journal:
        case = Case.open(journal, opened, inventory, time, settings.time_limit)
        if alert.source.startswith(alerts.UNASKED):
            case.write(alerts.not_looked_up(opened))
        yield _run(case, cluster, settings, wishes, people, held)


@contextmanager
def resumption(
    incident: str,
    settings: Settings,
    wishes: Wishes,
    people: Person,
    *,
    undo: str = "",
    about: str = "",
) -> Iterator[Run]:
    """An incident that goes on where it stands.

    `undo` names a change to take back instead, `about` a proposal that is asked about even if it
    was skipped.

    Raises:
        NotFound: There is no such incident.
        Denied: The change cannot be taken back.
        SreError: The cluster cannot be reached, or somebody else works on the incident.
    """
    from sreagent.investigate.case import Case
    from sreagent.journal.mailbox import drop
    from sreagent.journal.shelf import incident as read_incident
    from sreagent.journal.store import Journal
    from sreagent.policy.redaction import redact

    time = connections.system_clock()
    before = read_incident(state_folder(), incident)
    held = guards.policy(settings)
    settings = _as_before(settings, before.opened)
    cluster = connections.cluster(settings, time)
    version = cluster.version()
    _same_cluster(cluster, before.opened)
    signer = audit.audit_signer(settings)
    with Journal.open(state_folder(), before.id, time, redact=redact, signer=signer) as journal:
        drop(journal.folder)
        before = read_incident(state_folder(), before.id)
        case = Case(
            journal=journal,
            incident=before,
            inventory=_inventory(version),
            clock=time,
            started=time.monotonic(),
            time_limit=settings.time_limit,
        )
        run = _run(case, cluster, settings, wishes, people, held)
        run.desk.earlier = before.cost
        if undo:
            run.desk.reasoner, run.usd_limit = _undoing(run, undo), None
        case.write(Resumed(by=person()), *_offered_again(before, about))
        yield run


@contextmanager
def conversation(incident: str, settings: Settings, people: Person) -> Iterator[Run]:
    """A talk about an incident; that its cluster is gone is told when a look is wanted.

    Raises:
        BadSettings: No model is set.
        NotFound: There is no such incident.
        Denied: The context leads to another cluster now.
        SreError: Somebody else works on the incident.
    """
    from sreagent.investigate.case import Case
    from sreagent.investigate.chat import ChatReasoner
    from sreagent.investigate.model.reasoner import ModelReasoner
    from sreagent.journal.shelf import incident as read_incident
    from sreagent.journal.store import Journal
    from sreagent.policy.redaction import redact

    if not settings.model:
        msg = "no model is set, and the rules answer no questions"
        hint = "export SRE_MODEL=PROVIDER/MODEL, or try: --model PROVIDER/MODEL"
        raise BadSettings(msg, hint=hint)
    time, known = connections.system_clock(), read_incident(state_folder(), incident)
    settings = _as_before(settings, known.opened)
    cluster, why = _cluster_of_then(settings, time, known.opened)
    signer = audit.audit_signer(settings)
    with Journal.open(state_folder(), known.id, time, redact=redact, signer=signer) as journal:
        case = Case(
            journal=journal,
            incident=read_incident(state_folder(), known.id),
            inventory=_inventory(known.opened.server_version),
            clock=time,
            started=time.monotonic(),
            time_limit=settings.time_limit,
        )
        run = _run(case, cluster, settings, Wishes(), people, guards.policy(settings))
        if why:
            run.desk.reads = _reads_without(why, case, settings)
        if not isinstance(run.desk.reasoner, ModelReasoner):
            raise TypeError(run.desk.reasoner)
        run.desk.earlier = known.cost
        run.desk.reasoner = ChatReasoner(run.desk.reasoner)
        case.write(Resumed(by=person()))
        yield run


def _cluster_of_then(
    settings: Settings, clock: Clock, opened: Opened
) -> tuple[Cluster, SreError | None]:
    """The cluster of an incident, or one that says why it cannot be found."""
    from sreagent.clients.absent import absent_cluster

    try:
        cluster = connections.cluster(settings, clock)
    except SreError as error:
        return absent_cluster(opened, error), error
    _same_cluster(cluster, opened)
    return cluster, None


def _reads_without(why: SreError, case: Case, settings: Settings) -> EveryRead:
    """What can be read where there is no cluster."""
    from sreagent.clients.absent import gone
    from sreagent.tools.every_read import EveryRead

    def no_kubectl() -> Callable[[KubectlRead], Sighting]:
        raise gone(why)

    return EveryRead(
        no_kubectl,
        lambda: tools.aws_reads(case, settings).run,
        lambda: tools.prometheus_reads(case, settings).run,
    )


def _offered_again(incident: Incident, action: str) -> Iterator[Proposed]:
    from sreagent.domain.action import ActionState

    proposal = incident.proposal(action)
    if proposal and proposal.state is ActionState.SKIPPED:
        yield Proposed(proposal=replace(proposal, state=ActionState.PROPOSED))


def _run(
    case: Case, cluster: Cluster, settings: Settings, wishes: Wishes, people: Person, held: Policy
) -> Run:
    from sreagent.investigate.desk import Desk
    from sreagent.investigate.rules.reasoner import RulesReasoner
    from sreagent.journal.ledger import FileLedger
    from sreagent.tools.gate import Gate
    from sreagent.tools.looks import KubernetesLooks

    # First of all: what models need is loaded while the first evidence is gathered.
    minds = models.minds(settings, case.clock, case.incident) if settings.model else None
    if minds and wishes.pages:
        from sreagent.investigate.model.prompts import Prompts

        minds.prompts = Prompts(wishes.pages)
    for address in (settings.prometheus, settings.alertmanager):
        own(connections.login_in(address))
    metrics = connections.metrics(settings)
    changes = tools.every_change(case, cluster, settings)
    case.changes_allowed = not wishes.read_only
    case.has_metrics = metrics is not None
    desk = Desk(
        looks=KubernetesLooks(
            cluster, case.inventory, case.clock, tools.beside(case, cluster, settings)
        ),
        gate=Gate(
            inner=changes,
            policy=held,
            second=guards.second_opinion(held),
            clock=case.clock,
            ledger=FileLedger(state_folder(), case.clock),
            switch=guards.kill_switch(settings),
            ceiling=Autonomy(settings.autonomy) if settings.autonomy else Autonomy.AUTONOMOUS,
            read_only=wishes.read_only,
        ),
        reasoner=RulesReasoner(asks=not wishes.dry_run),
        person=people,
        parse=tools.parse_line,
        reads=tools.every_read(case, cluster, settings, changes),
        metrics=metrics,
        dry_run=wishes.dry_run,
        verify_limit=settings.verify_limit,
    )
    if minds:
        from sreagent.investigate.model.calls import Calls
        from sreagent.investigate.model.mind import ModelMind
        from sreagent.investigate.model.reasoner import ModelReasoner

        rules = RulesReasoner(asks=not wishes.dry_run)
        desk.reasoner = ModelReasoner(rules, minds, Calls(tools.parse_line))
        desk.mind = ModelMind(minds)
    run = Run(case=case, desk=desk, model=settings.model)
    run.usd_limit = minds.limits.usd if minds else None
    if settings.traces:
        try:
            run.traces = _traces(case, settings)
        except BadSettings as error:
            # An incident is looked into all the same.
            run.untraced = f"{error.message}: {error.hint}"
    return run


def _traces(case: Case, settings: Settings) -> Traces:
    """Raises BadSettings when the packages for it are not installed."""
    from sreagent.clients.otlp import Delivery
    from sreagent.clients.traces import Contents, Traces
    from sreagent.policy.redaction import redact

    contents = Contents(wanted=settings.traces_content == "yes", redact=redact)
    return Traces(Delivery(settings.traces), case.incident, case.clock, contents)


def _undoing(run: Run, action: str) -> Reasoner:
    from sreagent.investigate.undo import UndoReasoner

    return UndoReasoner(_undo_draft(run, action))


def _undo_draft(run: Run, action: str) -> Draft:
    from sreagent.investigate.undo import draft_undo

    return draft_undo(run.incident, action, run.desk)


def _without_login(address: str) -> str:
    """An address as the journal keeps it: a login in it is a secret."""
    scheme, mark, rest = address.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _as_before(settings: Settings, opened: Opened) -> Settings:
    """Where nothing else is said, the places are those of the first run."""
    return replace(
        settings,
        context=settings.context or opened.context,
        prometheus=settings.prometheus or opened.prometheus,
        alertmanager=settings.alertmanager or opened.alertmanager,
    )


def _same_cluster(cluster: Cluster, opened: Opened) -> None:
    if cluster.server != opened.server:
        msg = f"this incident is of the cluster at {opened.server}, not of {cluster.server}"
        raise Denied(
            msg,
            why=f"context {cluster.context!r} leads somewhere else now",
            hint=f"try: --context {opened.context} with the kubeconfig of then",
        )


def _inventory(version: str) -> Inventory:
    from sreagent.domain.inventory import Inventory

    return Inventory(server_version=version)


def _new_journal(settings: Settings, clock: Clock) -> Journal:
    from sreagent.journal.store import Journal
    from sreagent.policy.redaction import redact

    signer = audit.audit_signer(settings)
    return Journal.create(state_folder(), clock, redact=redact, signer=signer)
