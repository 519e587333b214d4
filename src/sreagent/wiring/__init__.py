"""Builds the real machine: the only place where ports meet clients.

Everything heavy is imported inside the functions, when it is needed.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sreagent import __version__
from sreagent.domain.alert import Alert
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import BadInput, BadSettings, Denied, SreError
from sreagent.domain.evidence import Health
from sreagent.domain.ports import Reply
from sreagent.domain.record import Answer, Answered, Closed, Looked, Opened, Proposed, Resumed
from sreagent.domain.secrets import own
from sreagent.domain.text import one_line
from sreagent.domain.verdict import Autonomy
from sreagent.settings import (
    Settings,
    halt_wish,
    load,
    model_key,
    person,
    policy_file,
    provider_keys,
    state_folder,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sreagent.clients.aws import AwsCloud
    from sreagent.clients.kill_switch import FileKillSwitch
    from sreagent.clients.model import LiteLlmModel
    from sreagent.clients.traces import Traces
    from sreagent.domain.action import Action, Proposal
    from sreagent.domain.command import KubectlRead, Read, Refusal
    from sreagent.domain.incident import Incident
    from sreagent.domain.inventory import Inventory
    from sreagent.domain.ports import (
        Alerts,
        Clock,
        Cloud,
        Cluster,
        KillSwitch,
        Metrics,
        Model,
        Person,
    )
    from sreagent.domain.record import Happening
    from sreagent.investigate.case import Case
    from sreagent.investigate.desk import Desk
    from sreagent.investigate.model.minds import Minds
    from sreagent.investigate.model.prompts import Prompts
    from sreagent.investigate.model.versions import Versions
    from sreagent.investigate.steps import Draft, Reasoner
    from sreagent.journal.anchors import Anchor, Place
    from sreagent.journal.mailbox import Letter
    from sreagent.journal.seals import Signer
    from sreagent.journal.store import Journal
    from sreagent.policy.document import Policy
    from sreagent.policy.tightening import Tighten
    from sreagent.tools.changes import Changes, EveryChange, Prepared
    from sreagent.tools.cloud_reads import AwsReads
    from sreagent.tools.every_read import EveryRead
    from sreagent.tools.looks import Beside
    from sreagent.tools.prometheus_reads import PrometheusReads
    from sreagent.tools.reads import KubectlReads
    from sreagent.tools.sighting import Sighting

READ_AT_MOST = 50_000_000
"""Bytes of an alert file or of standard input; intake says what is too large."""
UNASKED = "text; Alertmanager could not be asked: "
"""How the source of an alert begins that could not be looked up."""

HEARD = 5.0
"""Seconds in which whoever asks at another terminal takes an answer."""
LISTEN = 0.5
"""Seconds between two looks whether it did."""


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


def find_alert(argument: str, settings: Settings) -> Alert:
    """The alert a person means: a file, `-` for standard input, a firing alert's name, or text.

    Raises:
        BadInput: It is empty, or a file that cannot be understood.
    """
    from sreagent.domain.intake import pick

    text = argument.strip()
    if text == "-":
        return pick(_alerts(sys.stdin.buffer.read(READ_AT_MOST), "stdin"))
    if not text:
        msg = "the alert is empty"
        raise BadInput(msg, hint='try: sre investigate "checkout pods crash looping in shop"')
    if text.endswith(".json") or _is_there(text):
        return pick(_alerts(_read_file(Path(text)), text))
    if settings.alertmanager:
        return _firing(text, _alertmanager(settings))
    return Alert(name=one_line(text))


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

    time = system_clock()
    held = policy(settings)
    cluster = _cluster(settings, time)
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
        if alert.source.startswith(UNASKED):
            case.write(_alert_not_looked_up(opened))
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

    time = system_clock()
    before = read_incident(state_folder(), incident)
    held = policy(settings)
    settings = _as_before(settings, before.opened)
    cluster = _cluster(settings, time)
    version = cluster.version()
    _same_cluster(cluster, before.opened)
    signer = audit_signer(settings)
    with Journal.open(state_folder(), before.id, time, redact=_redact(), signer=signer) as journal:
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

    if not settings.model:
        msg = "no model is set, and the rules answer no questions"
        hint = "export SRE_MODEL=PROVIDER/MODEL, or try: --model PROVIDER/MODEL"
        raise BadSettings(msg, hint=hint)
    time, known = system_clock(), read_incident(state_folder(), incident)
    settings = _as_before(settings, known.opened)
    cluster, why = _cluster_of_then(settings, time, known.opened)
    signer = audit_signer(settings)
    with Journal.open(state_folder(), known.id, time, redact=_redact(), signer=signer) as journal:
        case = Case(
            journal=journal,
            incident=read_incident(state_folder(), known.id),
            inventory=_inventory(known.opened.server_version),
            clock=time,
            started=time.monotonic(),
            time_limit=settings.time_limit,
        )
        run = _run(case, cluster, settings, Wishes(), people, policy(settings))
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
        cluster = _cluster(settings, clock)
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
        lambda: _aws_reads(case, settings).run,
        lambda: _prometheus_reads(case, settings).run,
    )


def _offered_again(incident: Incident, action: str) -> Iterator[Proposed]:
    from sreagent.domain.action import ActionState

    proposal = incident.proposal(action)
    if proposal and proposal.state is ActionState.SKIPPED:
        yield Proposed(proposal=replace(proposal, state=ActionState.PROPOSED))


def waiting(incident: str, action: str) -> tuple[Incident, Proposal]:
    """An incident and one of its proposals that may still be answered.

    Raises:
        NotFound: There is no such incident.
        BadInput: No such proposal waits.
    """
    from sreagent.domain.action import UNDECIDED
    from sreagent.journal.shelf import incident as read_incident

    known = read_incident(state_folder(), incident)
    proposal = known.proposal(action)
    if proposal is None or proposal.state not in UNDECIDED:
        state = f"it is {proposal.state}" if proposal else "there is no such action"
        msg = f"{action} of {known.id} does not wait for an answer: {state}"
        raise BadInput(msg, hint=f"see: sre incidents show {known.id}")
    return known, proposal


def signed_yes(
    incident: Incident, proposal: Proposal, settings: Settings, key: Path | None
) -> Reply:
    """A yes to a proposal as it was shown, proved by a key where one is given.

    Raises:
        BadInput: The key cannot be used.
        Denied: The policy names nobody with this key.
    """
    said = Reply(answer=Answer.RUN, how="sre approve", by=person())
    if key is None:
        return said
    from sreagent.clients.person_key import load
    from sreagent.policy.approvers import owner_of, prove

    held = load(key)
    name = owner_of(held.public, policy(settings).approvers)
    if not name:
        msg = f"the policy knows no approver with the key {key}"
        raise Denied(msg, hint=f"its public half is {held.public}; see `approvers` of the policy")
    proof = prove(
        held.sign,
        incident=incident.id,
        action=proposal.id,
        digest=proposal.fingerprint,
        now=system_clock().now(),
    )
    return replace(said, by=name, proof=proof)


def hand_over(incident: Incident, proposal: Proposal, said: Reply) -> bool:
    """Hand an answer to the process that works on the incident; whether it wrote it down.

    One that asks nobody about this proposal now does not; then the answer is taken back.

    Raises:
        SreError: The folder cannot be written.
    """
    from sreagent.journal.mailbox import Letter, post, withdraw
    from sreagent.journal.shelf import incident as read_incident

    letter = Letter(
        action=proposal.id,
        answer=said.answer,
        digest=proposal.fingerprint,
        by=said.by or person(),
        how=said.how,
        reason=said.reason,
        proof=said.proof,
    )

    def written() -> bool:
        time.sleep(LISTEN)
        now = read_incident(state_folder(), incident.id)
        return _answers(now, proposal, said) > _answers(incident, proposal, said)

    time = system_clock()
    deadline = time.monotonic() + HEARD
    post(state_folder(), incident.id, letter)
    while time.monotonic() < deadline:
        if written():
            return True
    taken = not withdraw(state_folder(), incident.id, proposal.id)
    return taken and written()


def _answers(incident: Incident, proposal: Proposal, said: Reply) -> int:
    """How often a proposal was answered so."""
    answer = (proposal.id, said.answer, said.how)
    records = (entry.record for entry in incident.entries)
    given = [(r.action, r.answer, r.how) for r in records if isinstance(r, Answered)]
    return given.count(answer)


def refuse(incident: str, action: str, reason: str) -> Incident:
    """Write down that a person refused a proposal; no cluster is needed for a no.

    Raises:
        NotFound: There is no such incident.
        BadInput: No such proposal waits.
        SreError: Somebody else works on the incident.
    """
    from sreagent.investigate.outcome import outcome_of
    from sreagent.journal.store import Journal

    known, proposal = waiting(incident, action)
    no = Answered(
        action=action,
        answer=Answer.REJECT,
        digest=proposal.fingerprint,
        by=person(),
        how="sre reject",
        reason=reason,
    )
    time, signer = system_clock(), audit_signer(load({}))
    with Journal.open(state_folder(), known.id, time, redact=_redact(), signer=signer) as journal:
        # Somebody may have answered before the incident was ours.
        known, _ = waiting(known.id, action)
        known = known.apply(journal.append(no))
        outcome = outcome_of(known, asked=True)
        return known.apply(journal.append(Closed(outcome=outcome, cost=known.cost)))


def _run(
    case: Case, cluster: Cluster, settings: Settings, wishes: Wishes, people: Person, held: Policy
) -> Run:
    from sreagent.investigate.desk import Desk
    from sreagent.investigate.rules.reasoner import RulesReasoner
    from sreagent.journal.ledger import FileLedger
    from sreagent.tools.gate import Gate
    from sreagent.tools.looks import KubernetesLooks

    # First of all: what models need is loaded while the first evidence is gathered.
    minds = _minds(settings, case.clock, case.incident) if settings.model else None
    if minds and wishes.pages:
        from sreagent.investigate.model.prompts import Prompts

        minds.prompts = Prompts(wishes.pages)
    for address in (settings.prometheus, settings.alertmanager):
        own(_login_in(address))
    metrics = _metrics(settings)
    changes = _changes(case, cluster, settings)
    case.changes_allowed = not wishes.read_only
    case.has_metrics = metrics is not None
    desk = Desk(
        looks=KubernetesLooks(
            cluster, case.inventory, case.clock, _beside(case, cluster, settings)
        ),
        gate=Gate(
            inner=changes,
            policy=held,
            second=second_opinion(held),
            clock=case.clock,
            ledger=FileLedger(state_folder(), case.clock),
            switch=kill_switch(settings),
            ceiling=Autonomy(settings.autonomy) if settings.autonomy else Autonomy.AUTONOMOUS,
            read_only=wishes.read_only,
        ),
        reasoner=RulesReasoner(asks=not wishes.dry_run),
        person=people,
        parse=_parse,
        reads=_reads(case, cluster, settings, changes),
        metrics=metrics,
        dry_run=wishes.dry_run,
        verify_limit=settings.verify_limit,
    )
    if minds:
        from sreagent.investigate.model.calls import Calls
        from sreagent.investigate.model.mind import ModelMind
        from sreagent.investigate.model.reasoner import ModelReasoner

        rules = RulesReasoner(asks=not wishes.dry_run)
        desk.reasoner = ModelReasoner(rules, minds, Calls(_parse))
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

    contents = Contents(wanted=settings.traces_content == "yes", redact=_redact())
    return Traces(Delivery(settings.traces), case.incident, case.clock, contents)


def prompt_versions() -> Versions:
    """The versions of what models are told."""
    from sreagent.investigate.model.versions import Versions

    return Versions(state_folder() / "prompts")


def _prompts(incident: Incident) -> Prompts:
    """What the models of an incident are told: as it began, or as incidents begin now."""
    from sreagent.investigate.model.context import brief_of

    briefed = brief_of(incident)
    return prompt_versions().prompts_for(incident.id, briefed.version if briefed else "")


def _minds(settings: Settings, clock: Clock, incident: Incident) -> Minds:
    """The models of a run; litellm begins to load when this is called.

    Raises:
        BadSettings: The file with the key, or the prompts that are to be used, cannot be read.
    """
    make = _model_maker(settings, clock)
    from sreagent.investigate.model.minds import SMALL, Limits, Minds

    small = settings.model_small or settings.model

    def model(role: str) -> LiteLlmModel:
        return make(small if role in SMALL else settings.model)

    return Minds(
        models=model,
        prompts=_prompts(incident),
        limits=Limits(
            turns=settings.turn_limit, tokens=settings.token_limit, usd=settings.usd_limit
        ),
        own=frozenset(SMALL if settings.model_small else ()),
    )


def _model_maker(settings: Settings, clock: Clock) -> Callable[[str], LiteLlmModel]:
    """Makes models by name; litellm begins to load, and every key counts as a secret from now on.

    Raises:
        BadSettings: The file with the key cannot be read.
    """
    from sreagent.clients.model_loading import Loading

    loading = Loading()
    from sreagent.clients.model import LiteLlmModel

    key = model_key(settings)
    for secret in provider_keys():
        own(secret)
    wanted = {"yes": True, "no": False}.get(settings.model_tools)

    def make(name: str) -> LiteLlmModel:
        return LiteLlmModel(
            name=name,
            url=settings.model_url,
            key=key,
            tools=wanted,
            context=settings.model_context,
            loading=loading,
            clock=clock,
        )

    return make


def _changes(case: Case, cluster: Cluster, settings: Settings) -> EveryChange:
    """Everything that can be changed from here; AWS is loaded when somebody asks for it."""
    from sreagent.tools.changes import CLOUD_VERBS, EveryChange, LateChanges
    from sreagent.tools.cluster import cluster_changes
    from sreagent.tools.guarded import guarded

    switch = kill_switch(settings)
    cluster = guarded(cluster, switch, ("patch", "delete", "evict"))
    backends: list[Changes] = [cluster_changes(cluster, case.inventory, case.clock)]
    if settings.alertmanager:
        from sreagent.tools.silences import SilenceChanges

        alerts = guarded(_alertmanager(settings), switch, ("silence", "expire"))
        backends.append(SilenceChanges(alerts, case.clock))
    backends.append(LateChanges(CLOUD_VERBS, lambda: _cloud_changes(case, settings)))
    return EveryChange(tuple(backends))


def _cloud_changes(case: Case, settings: Settings) -> Changes:
    from sreagent.tools.cloud import CLOUD, CloudChanges
    from sreagent.tools.guarded import guarded

    cloud = guarded(_cloud(settings), kill_switch(settings), ("call",))
    return CloudChanges(cloud, case.clock, CLOUD)


def _reads(case: Case, cluster: Cluster, settings: Settings, changes: Changes) -> EveryRead:
    """Everything that a written command line can read from here."""
    from sreagent.tools.every_read import EveryRead

    return EveryRead(
        lambda: _kubectl_reads(case, cluster, settings, changes).run,
        lambda: _aws_reads(case, settings).run,
        lambda: _prometheus_reads(case, settings).run,
    )


def _prometheus_reads(case: Case, settings: Settings) -> PrometheusReads:
    """Raises BadInput when no Prometheus is known."""
    from sreagent.tools.prometheus_reads import PrometheusReads

    metrics = _metrics(settings)
    if metrics is None:
        msg = "no Prometheus is known"
        raise BadInput(msg, hint="set it with --prometheus or PROMETHEUS_URL")
    return PrometheusReads(metrics, case.clock)


def _kubectl_reads(
    case: Case, cluster: Cluster, settings: Settings, changes: Changes
) -> KubectlReads:
    from sreagent.clients.kubernetes_reads import connect_reads
    from sreagent.tools.lines import render
    from sreagent.tools.reads import KubectlReads

    api = connect_reads(
        kubeconfig=settings.kubeconfig,
        context=settings.context,
        timeout=settings.timeout,
        clock=case.clock,
    )
    return KubectlReads(
        cluster=cluster,
        api=api,
        clock=case.clock,
        render=render,
        preview=lambda action: _previewed(changes.prepare(action)),
    )


def _aws_reads(case: Case, settings: Settings) -> AwsReads:
    from sreagent.tools.aws.hidden import redact_answer
    from sreagent.tools.cloud_reads import AwsReads
    from sreagent.tools.lines.aws_render import render_aws

    cloud = _cloud(settings)
    return AwsReads(cloud=cloud, redact_answer=redact_answer, render=render_aws, clock=case.clock)


def _beside(case: Case, cluster: Cluster, settings: Settings) -> tuple[Beside, ...]:
    """How AWS says that a cluster is which it runs; for any other, AWS is never loaded."""
    from sreagent.clients.kubernetes import KubernetesCluster

    known = cluster.eks if isinstance(cluster, KubernetesCluster) else None
    if known is None:
        return ()
    from sreagent.tools.eks_health import EksHealth

    # As the login program does it, where no setting says otherwise.
    place = replace(settings, aws_profile=settings.aws_profile or known.profile)
    return EksHealth(
        name=known.name,
        region=known.region,
        host=known.host,
        connect=lambda: _cloud(place),
        clock=case.clock,
    ).sources()


def _parse(line: str) -> Read | Action | Refusal:
    """What a written line means; the grammars are loaded with the first one."""
    from sreagent.tools.lines import parse

    return parse(line)


def _cloud(settings: Settings) -> AwsCloud:
    from sreagent.clients.aws import connect

    return connect(
        profile=settings.aws_profile,
        region=settings.aws_region,
        endpoint=settings.aws_endpoint,
        timeout=settings.timeout,
    )


def _previewed(prepared: Prepared) -> str:
    """A dry run as text."""
    shown = prepared.preview
    said = (prepared.title, shown.answer, shown.touches, shown.depends, shown.loses, shown.owner)
    return "\n".join(line for line in (*said, *shown.diff) if line)


def _undoing(run: Run, action: str) -> Reasoner:
    from sreagent.investigate.undo import UndoReasoner

    return UndoReasoner(_undo_draft(run, action))


def _undo_draft(run: Run, action: str) -> Draft:
    from sreagent.investigate.undo import draft_undo

    return draft_undo(run.incident, action, run.desk)


def _login_in(address: str) -> str:
    """The password that stands in an address; empty when there is none."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(address).password or "")


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


def kill_switch(settings: Settings) -> FileKillSwitch:
    """The switch that stops all changes of this state folder."""
    from sreagent.clients.kill_switch import FileKillSwitch

    return FileKillSwitch(root=state_folder(), shared=settings.halt_file, wish=halt_wish)


def policy(settings: Settings) -> Policy:
    """The policy that holds, at most as free as the settings wish.

    Raises:
        BadSettings: The file cannot be read, or says what no policy can say.
    """
    from sreagent.policy.document import Policy, load

    path = policy_file(settings)
    return load(path) if path else Policy()


def second_opinion(policy: Policy) -> Tighten | None:
    """The other policy that a policy wants to be asked: Rego in this process, or an OPA.

    Raises:
        BadSettings: The Rego cannot be used; the message says why.
    """
    if policy.rego:
        from sreagent.policy.rego import compile_rego

        return compile_rego(policy.rego)
    if policy.opa:
        from sreagent.clients.opa import OpaServer

        return OpaServer(policy.opa.url, timeout=policy.opa.timeout)
    return None


@dataclass(frozen=True, slots=True)
class Parts:
    """Builds what a run would use, part by part, for `sre doctor`."""

    settings: Settings

    @property
    def namespace(self) -> str:
        """The namespace of the settings."""
        return self.settings.namespace

    @property
    def source(self) -> str:
        """Where the policy is from."""
        return str(policy_file(self.settings) or "the built-in one")

    @property
    def state(self) -> Path:
        """The state folder."""
        return state_folder()

    @property
    def clock(self) -> Clock:
        """The time of this machine."""
        return system_clock()

    def cluster(self) -> Cluster:
        """The cluster."""
        return _cluster(self.settings, system_clock())

    def metrics(self) -> Metrics | None:
        """Prometheus, where it is known."""
        own(_login_in(self.settings.prometheus))
        return _metrics(self.settings)

    def alerts(self) -> Alerts | None:
        """Alertmanager, where it is known."""
        own(_login_in(self.settings.alertmanager))
        return _alertmanager(self.settings) if self.settings.alertmanager else None

    def cloud(self) -> Cloud | None:
        """The AWS account, where a setting names one."""
        named = (self.settings.aws_profile, self.settings.aws_region, self.settings.aws_endpoint)
        return _cloud(self.settings) if any(named) else None

    def policy(self) -> Policy:
        """The policy that holds."""
        return policy(self.settings)

    def switch(self) -> KillSwitch:
        """What stops all changes."""
        return kill_switch(self.settings)

    def models(self) -> tuple[Model, ...]:
        """The language models, each once."""
        names = dict.fromkeys(filter(None, (self.settings.model, self.settings.model_small)))
        make = _model_maker(self.settings, system_clock()) if names else None
        return tuple(make(name) for name in names) if make else ()


def parts(settings: Settings) -> Parts:
    """What a run with these settings would use."""
    return Parts(settings)


def system_clock() -> Clock:
    """The time of this machine."""
    from sreagent.clients.clock import SystemClock

    return SystemClock()


def _cluster(settings: Settings, clock: Clock) -> Cluster:
    from sreagent.clients.kubernetes import connect

    return connect(
        kubeconfig=settings.kubeconfig,
        context=settings.context,
        timeout=settings.timeout,
        clock=clock,
    )


def _metrics(settings: Settings) -> Metrics | None:
    if not settings.prometheus:
        return None
    from sreagent.clients.prometheus import PrometheusMetrics

    return PrometheusMetrics(settings.prometheus, timeout=settings.timeout)


def _alertmanager(settings: Settings) -> Alerts:
    from sreagent.clients.alertmanager import AlertmanagerAlerts

    return AlertmanagerAlerts(settings.alertmanager, timeout=settings.timeout)


def _inventory(version: str) -> Inventory:
    from sreagent.domain.inventory import Inventory

    return Inventory(server_version=version)


def _redact() -> Callable[[str], str]:
    from sreagent.policy.redaction import redact

    return redact


def _new_journal(settings: Settings, clock: Clock) -> Journal:
    from sreagent.journal.store import Journal

    signer = audit_signer(settings)
    return Journal.create(state_folder(), clock, redact=_redact(), signer=signer)


def _firing(text: str, alerts: Alerts) -> Alert:
    """The firing alert whose name is the first word; the other words choose among several."""
    from sreagent.domain.intake import pick

    name, *rest = text.split()
    try:
        firing = list(alerts.firing())
    except SreError as error:
        # It would tell more of the alert; what is wrong shows without it.
        return Alert(name=one_line(text), source=f"{UNASKED}{one_line(error.message, 200)}")
    found = [alert for alert in firing if alert.name == name]
    wanted = {part for word in rest for part in word.split("/")}
    nearer = [alert for alert in found if wanted <= set(alert.labels.values())]
    if found:
        return pick(nearer or found)
    names = ", ".join(sorted({alert.name for alert in firing})) or "none"
    source = "text" if rest else f"text; not firing in Alertmanager now, firing are: {names}"
    return Alert(name=one_line(text), source=source)


def _alert_not_looked_up(opened: Opened) -> Looked:
    """What could not be looked at is told at the end, like every other read."""
    return Looked(
        source="alertmanager",
        command=f"amtool alert query --alertmanager.url={opened.alertmanager}",
        result=opened.alert.source.removeprefix(UNASKED),
        verdict=Health.UNKNOWN,
    )


def _is_there(text: str) -> bool:
    """Whether it names a file, or a folder by its path: a bare word is no folder."""
    try:
        return Path(text).is_file() or ("/" in text and Path(text).is_dir())
    except (OSError, ValueError):
        # Too long for a name, or with characters no name has: then it is text.
        return False


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(READ_AT_MOST)
    except OSError as error:
        msg = f"cannot read the alert file {str(path)!r}: {error.strerror}"
        raise BadInput(msg, hint="try: a JSON file, `-` for standard input, or text") from error


def _alerts(data: bytes, source: str) -> tuple[Alert, ...]:
    from sreagent.domain.intake import read_alerts, read_text

    return read_alerts(read_text(data, source=source), source=source)


def audit_keys(settings: Settings) -> tuple[Path, Path]:
    """Where the audit's private key and its public keys are."""
    private = Path(settings.audit_key) if settings.audit_key else state_folder() / "audit.key"
    return private, private.with_suffix(".pub")


def audit_signer(settings: Settings) -> Signer:
    """Who signs checkpoints; the key of the state folder is made when it is first needed.

    Raises:
        BadSettings: The key cannot be used, or others may use it.
        SreError: It cannot be written.
    """
    from sreagent.journal.keys import named_key, own_key, program_signer

    private, public = audit_keys(settings)
    if settings.audit_signer:
        return program_signer(settings.audit_signer, public)
    return named_key(private) if settings.audit_key else own_key(private)


def anchoring(settings: Settings, to: str) -> Callable[[Path], Anchor]:
    """Anchors the newest checkpoint of an incident's folder in the place `to`.

    Raises:
        BadSettings: There is no such place, or no key to sign with.
    """
    from functools import partial

    from sreagent.journal.anchors import anchor, local_place
    from sreagent.journal.keys import public_keys

    clock = system_clock()
    place = local_place(to) or _s3_place(to, settings, clock)
    signer = audit_signer(settings)
    keys = public_keys(audit_keys(settings)[1])
    return partial(anchor, place=place, signer=signer, keys=keys, clock=clock, redact=_redact())


def _s3_place(to: str, settings: Settings, clock: Clock) -> Place:
    from sreagent.clients.aws import connect
    from sreagent.clients.s3_anchor import s3_place

    cloud = connect(
        profile=settings.aws_profile,
        region=settings.aws_region,
        endpoint=settings.aws_endpoint,
        timeout=settings.timeout,
    )
    return s3_place(to, cloud, clock)
