"""Should be against is, for the Kubernetes objects of states: find, compare, say whose it is."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.drift import Author, Class, Coverage, Extent, Place, Trouble, Way
from sreagent.domain.secrets import mask, names_secret
from sreagent.drift.compare.compare import Difference
from sreagent.drift.examine import Drifted, Gone
from sreagent.drift.reality.kinds import Attributes, Kind
from sreagent.drift.reality.kubernetes.additions import additions, tells_managers
from sreagent.drift.reality.kubernetes.differ import Gap, Member
from sreagent.drift.reality.kubernetes.dry_run import DryRuns
from sreagent.drift.reality.kubernetes.manifests import Stated, stated
from sreagent.drift.reality.kubernetes.naming import attribute_path
from sreagent.drift.reality.kubernetes.objects import Objects, Seen, look, side_by_side
from sreagent.drift.reality.kubernetes.scaling import Scalers
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed
from sreagent.drift.who.fields import BESIDE, Writer, kind_of, owner_of

Obj = Mapping[str, Any]
Json = Any
"""A JSON value."""
_SIDECARS = re.compile(
    r"(?P<who>istio|linkerd|vault|consul-connect|envoy|dapr|aws-iam-token|aws-secrets"
    r"|workload|credential)(?:d|d-)?(?:[-.].*)?"
)
"""Names of containers and volumes that injectors put beside those of people."""
_SIDECAR_LISTS = frozenset({"containers", "initContainers", "volumes"})
_CA_FROM = "cert-manager.io/inject-"
_REPLICAS = ("spec", "replicas")
_OWN = frozenset({"Terraform"})
_NO_MANAGERS = "the objects do not tell their field managers: what was added to them is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDrift:
    """One field that differs, and whose it is."""

    drifted: Drifted
    klass: Class = Class.DRIFT
    why: str = ""
    """Who owns the field, where a controller does."""
    author: Author | None = None
    shallow: str = ""
    """Why the server could not be asked, where it could not."""
    secret: bool = False
    """Its values are never shown, and never written to code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveExamined:
    """What was found in one cluster."""

    drifted: tuple[LiveDrift, ...] = ()
    gone: tuple[Gone, ...] = ()
    deposed: tuple[tuple[Gone, bool | None], ...] = ()
    """Left-over objects, and whether they are still there."""
    coverage: tuple[Coverage, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    dry_runs: int = 0


def is_kubernetes(managed: Managed) -> bool:
    """Whether a resource is an object of a cluster."""
    return managed.type.startswith("kubernetes_")


def examine_kubernetes(resources: Iterable[Managed], cluster: Objects) -> LiveExamined:
    """Compare resources of the provider `kubernetes` with what is in a cluster.

    What cannot be read is told as not looked at, never as missing. Nothing is stored.

    Args:
        resources: Of one cluster; those of other providers are left out.
        cluster: Answers for it.
    """
    return _Examination(cluster=cluster).run([each for each in resources if is_kubernetes(each)])


@dataclass(slots=True, kw_only=True)
class _Target:
    """One resource, what it says, and what was found."""

    managed: Managed
    stated: Stated
    seen: Seen


@dataclass(slots=True, kw_only=True)
class _Examination:
    cluster: Objects
    dry: DryRuns = field(init=False)
    scalers: Scalers = field(init=False)
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Why resources of a type were not looked at."""
    shallow: dict[str, str] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dry = DryRuns(self.cluster)
        self.scalers = Scalers(self.cluster)

    @property
    def place(self) -> Place:
        """The cluster, by the name of its context."""
        return Place(account=self.cluster.context)

    def run(self, resources: Sequence[Managed]) -> LiveExamined:
        targets = self._targets(resources)
        current = [each for each in targets if not each.managed.deposed]
        there = [each for each in current if each.seen.live is not None]
        self._miss([each for each in current if each.seen.live is None])
        found = side_by_side(there, self._compared)
        return LiveExamined(
            drifted=tuple(drift for each in found for drift in each),
            gone=tuple(self.gone),
            deposed=tuple(self._deposed(targets)),
            coverage=tuple(self._coverage(resources)),
            troubles=tuple(self._troubles(current, there)),
            dry_runs=self.dry.count,
        )

    def _targets(self, resources: Sequence[Managed]) -> list[_Target]:
        said: list[tuple[Managed, Stated]] = []
        for managed in resources:
            manifest = stated(managed.type, managed.attributes)
            if manifest is None:
                self.unread[managed.type].append("no object stands for this type")
            else:
                said.append((managed, manifest))
        seen = look([manifest for _, manifest in said], self.cluster)
        return [
            _Target(managed=managed, stated=manifest, seen=one)
            for (managed, manifest), one in zip(said, seen, strict=True)
        ]

    def _miss(self, absent: Sequence[_Target]) -> None:
        """What is not there is looked for once more; what cannot be read is not missing."""
        for each in absent:
            if each.seen.unknown:
                self.unread[each.managed.type].append(each.seen.unknown)
        doubted = [each for each in absent if not each.seen.unknown and not _goes_away(each)]
        for each, again in zip(
            doubted, look([each.stated for each in doubted], self.cluster), strict=True
        ):
            if again.unknown:
                self.unread[each.managed.type].append(again.unknown)
            elif again.live is None:
                self.gone.append(self._gone(each.managed))

    def _gone(self, managed: Managed) -> Gone:
        return Gone(managed=managed, kind=_kind(managed.type), place=self.place)

    def _deposed(self, targets: Sequence[_Target]) -> Iterator[tuple[Gone, bool | None]]:
        for each in targets:
            if each.managed.deposed:
                exists = None if each.seen.unknown else each.seen.live is not None
                yield self._gone(each.managed), exists

    def _compared(self, target: _Target) -> list[LiveDrift]:
        spot, live = target.seen.spot, target.seen.live
        if spot is None or live is None:
            return []
        compared = self.dry.compared(target.stated, spot, live)
        if compared.shallow:
            self.shallow.setdefault(target.managed.type, compared.shallow)
        live = compared.live
        added: Sequence[Gap] = ()
        if not tells_managers(live):
            self.shallow.setdefault(target.managed.type, _NO_MANAGERS)
        elif not target.stated.partial:
            told = {gap.live_path for gap in compared.gaps}
            added = additions(target.stated.manifest, live, _counts)
            added = [gap for gap in added if gap.live_path not in told]
            added = [gap for gap in added if not _is_terraforms(live, gap)]
            added = self.dry.not_by_itself(target.stated, spot, added)
        return [
            *(self._drift(target, live, gap, compared.shallow) for gap in compared.gaps),
            *(self._drift(target, live, gap, "") for gap in added),
        ]

    def _drift(self, target: _Target, live: Obj, gap: Gap, shallow: str) -> LiveDrift:
        managed = target.managed
        path = attribute_path(managed.type, managed.attributes, gap.steps)
        author, why = self._whose(target.stated, live, gap)
        hidden = target.stated.kind == "Secret" and gap.names[0] == "data"
        secret = hidden or is_secret(gap)
        difference = Difference(
            path=path,
            before=_shown(gap.before, hide=secret),
            after=_shown(gap.after, hide=secret),
        )
        return LiveDrift(
            drifted=Drifted(
                managed=managed,
                real=_real(managed, live, path, why),
                kind=_kind(managed.type),
                place=self.place,
                difference=difference,
            ),
            klass=Class.CONTROLLER if why else Class.DRIFT,
            why=why,
            author=author,
            shallow=shallow,
            secret=secret,
        )

    def _whose(self, said: Stated, live: Obj, gap: Gap) -> tuple[Author | None, str]:
        """Who wrote a field, and which controller owns it."""
        ownership = owner_of(live, gap.live_path)
        author = ownership.author
        # Servers before 1.22 do not record who scaled.
        guessed = author is not None and (author.confidence <= BESIDE or gap.names == _REPLICAS)
        if guessed and author and author.how is Way.TERRAFORM:
            author = None
        return author, (
            self._scaled(said, live, gap)
            or (f"{ownership.controller} owns the field" if ownership.controller else "")
            or _injected(live, gap)
            or (_deployed(author) if ownership.kind is Writer.DEPLOYER else "")
        )

    def _scaled(self, said: Stated, live: Obj, gap: Gap) -> str:
        if gap.names != _REPLICAS:
            return ""
        namespace = str(live["metadata"].get("namespace") or "")
        scaler = self.scalers.of(said.kind, namespace, said.name)
        return f"{scaler} scales it" if scaler else ""

    def _coverage(self, resources: Sequence[Managed]) -> Iterator[Coverage]:
        counted = Counter(managed.type for managed in resources)
        for type_, count in sorted(counted.items()):
            reasons = self.unread.get(type_, [])
            shallow = self.shallow.get(type_, "")
            extent = Extent.SHALLOW if shallow else Extent.COMPLETE
            if reasons:
                extent = Extent.NOT_LOOKED_AT if len(reasons) >= count else Extent.PARTIAL
            why = "; ".join([*dict.fromkeys([*reasons, shallow] if shallow else reasons)][:3])
            yield Coverage(type=type_, extent=extent, place=self.place, resources=count, why=why)

    def _troubles(self, current: Sequence[_Target], there: Sequence[_Target]) -> Iterator[Trouble]:
        if len(self.gone) > 1 and not there and len(self.gone) == len(current):
            yield Trouble(
                what=f"objects of cluster {self.cluster.context}",
                message=f"none of the {len(current)} resources is there",
                hint="is it the cluster of this state? try: --context",
            )


def _counts(manager: str) -> bool:
    """Whether what a field manager adds is drift: it is for people, and for who is not known."""
    return kind_of(manager)[2] in (Writer.PERSON, Writer.PROGRAM)


def _is_terraforms(live: Obj, gap: Gap) -> bool:
    ownership = owner_of(live, gap.live_path)
    first = ownership.author.who if ownership.author else ""
    return not _OWN.isdisjoint({first, *ownership.others})


def _deployed(author: Author | None) -> str:
    if author is None or author.confidence <= BESIDE or author.how is not Way.CI:
        return ""
    return f"{author.who} deploys it"


def _injected(live: Obj, gap: Gap) -> str:
    """What injectors put into objects, under whoever's name it was stored."""
    if gap.names[-1] == "caBundle":
        notes = live["metadata"].get("annotations") or {}
        return "cert-manager injects it" if any(key.startswith(_CA_FROM) for key in notes) else ""
    if gap.before is not None:
        return ""
    for name, step in zip(gap.steps, gap.steps[1:], strict=False):
        if name in _SIDECAR_LISTS and isinstance(step, Member):
            called = str(dict(step.key).get("name") or "")
            found = _SIDECARS.fullmatch(called)
            return f"the injector of {found['who']} adds it" if found else ""
    return ""


def _goes_away(target: _Target) -> bool:
    """Whether an object is meant to vanish: a finished Job that has an end."""
    spec = target.stated.manifest.get("spec")
    held = spec if isinstance(spec, Mapping) else {}
    return target.stated.kind == "Job" and held.get("ttlSecondsAfterFinished") is not None


def is_secret(gap: Gap) -> bool:
    """Whether a name on the way tells that the values are secret: a key, or a variable."""
    last = gap.names[-1]
    if names_secret(last) and isinstance(gap.after if gap.before is None else gap.before, str):
        return True
    variables = (
        str(dict(step.key).get("name") or "")
        for name, step in zip(gap.steps, gap.steps[1:], strict=False)
        if name == "env" and isinstance(step, Member)
    )
    return any(names_secret(name) for name in variables) and last in ("env", "value")


def _shown(value: Json, *, hide: bool = False) -> Json:
    """A value without those of variables and keys whose names tell that they are secret."""
    if isinstance(value, list):
        return [_shown(each, hide=hide and not isinstance(each, Mapping)) for each in value]
    if isinstance(value, Mapping):
        is_secret_one = names_secret(str(value.get("name") or "")) and "value" in value
        return {
            name: _shown(each, hide=(name == "value" and is_secret_one) or _tells(name, each))
            for name, each in value.items()
        }
    return mask(str(value)) if hide and value is not None else value


def _tells(name: str, value: Json) -> bool:
    return isinstance(value, str) and names_secret(name)


def _kind(type_: str) -> Kind:
    return Kind(type=type_, owner=_owner)


def _owner(difference: Difference, _before: Attributes, real: Real) -> str:
    return real.facts.get(f"owner of {difference.path}", "")


def _real(managed: Managed, live: Obj, path: str, owner: str) -> Real:
    metadata = live["metadata"]
    namespace = str(metadata.get("namespace") or "")
    return Real(
        type=managed.type,
        id=managed.id,
        name=f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"]),
        facts={f"owner of {path}": owner} if owner else {},
    )
