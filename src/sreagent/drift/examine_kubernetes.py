"""Should be against is, for the Kubernetes objects of states: find, compare, say whose it is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.drift import Author, Coverage, Extent, Place, Trouble
from sreagent.domain.errors import SreError
from sreagent.drift.compare.compare import Difference
from sreagent.drift.examine import Drifted, Examined, Gone, Key
from sreagent.drift.field_owners import REPLICAS, counts, is_of, whose
from sreagent.drift.reality.kinds import Attributes, Kind
from sreagent.drift.reality.kubernetes.additions import additions, tells_managers
from sreagent.drift.reality.kubernetes.differ import Gap
from sreagent.drift.reality.kubernetes.dry_run import DryRuns
from sreagent.drift.reality.kubernetes.helm import read_release, release_differences
from sreagent.drift.reality.kubernetes.hidden import is_masked, is_secret, shown
from sreagent.drift.reality.kubernetes.manifests import Stated, stated
from sreagent.drift.reality.kubernetes.naming import attribute_path
from sreagent.drift.reality.kubernetes.objects import Objects, Seen, look, side_by_side
from sreagent.drift.reality.kubernetes.scaling import Scalers
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import RELEASE, Managed, is_kubernetes

Obj = Mapping[str, Any]
_TERRAFORM = frozenset({"Terraform"})
_HELM = frozenset({"Terraform", "Helm", "Flux (Helm)"})
_NO_MANAGERS = "the objects do not tell their field managers: what was added to them is not known"


def examine_kubernetes(resources: Iterable[Managed], cluster: Objects) -> Examined:
    """Compare resources of the providers `kubernetes` and `helm` with what is in a cluster.

    What cannot be read is told as not looked at, never as missing. Nothing is stored. Records of
    Helm are read only for the releases that are among the resources.

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
    seen: Seen = field(default_factory=Seen)
    release: bool = False
    """It is one of the objects of a release."""

    @property
    def own(self) -> frozenset[str]:
        """Who may write to it without that being drift."""
        return _HELM if self.release else _TERRAFORM

    @property
    def applied_by(self) -> str:
        """The field manager that the code names for itself; empty for the usual one."""
        block = self.managed.attributes.get("field_manager")
        first = block[0] if isinstance(block, list) and block else block
        return str(first.get("name") or "") if isinstance(first, Mapping) else ""

    def path(self, gap: Gap) -> str:
        """Where the state has it; objects of a release are in none."""
        if self.release:
            # As `kubernetes_manifest` has it, of one object among many.
            inside = attribute_path("kubernetes_manifest", {}, gap.steps)
            return inside.replace("manifest", f'manifest["{self.stated.called}"]', 1)
        return attribute_path(self.managed.type, self.managed.attributes, gap.steps)


@dataclass(slots=True, kw_only=True)
class _Examination:
    cluster: Objects
    dry: DryRuns = field(init=False)
    scalers: Scalers = field(init=False)
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Why resources of a type were not looked at."""
    partial: dict[str, str] = field(default_factory=dict)
    """Why something within a resource of a type was not looked at."""
    shallow: dict[str, str] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    drifted: list[Drifted] = field(default_factory=list)
    authors: dict[Key, Author] = field(default_factory=dict)
    left: list[tuple[Gone, bool | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dry = DryRuns(self.cluster)
        self.scalers = Scalers(self.cluster)

    @property
    def place(self) -> Place:
        """The cluster, by the name of its context."""
        return Place(account=self.cluster.context)

    def run(self, resources: Sequence[Managed]) -> Examined:
        """Look at all of them."""
        releases = [each for each in resources if each.type == RELEASE]
        targets = self._targets([each for each in resources if each.type != RELEASE])
        for one in side_by_side(releases, self._release):
            targets += one
        for target, seen in zip(
            targets, look([each.stated for each in targets], self.cluster), strict=True
        ):
            target.seen = seen
        current = [each for each in targets if not each.managed.deposed]
        there = [each for each in current if each.seen.live is not None]
        self._miss([each for each in current if each.seen.live is None])
        found = side_by_side(there, self._compared)
        return Examined(
            drifted=(
                *sorted(self.drifted, key=lambda each: each.key),
                *(drift for each in found for drift in each),
            ),
            gone=tuple(self.gone),
            deposed=tuple(self._deposed(targets)),
            coverage=tuple(self._coverage(resources)),
            authors=self.authors,
            troubles=tuple(self._troubles(current, there)),
        )

    def _targets(self, resources: Sequence[Managed]) -> list[_Target]:
        said: list[_Target] = []
        for managed in resources:
            manifest = stated(managed.type, managed.attributes)
            if manifest is None:
                self.unread[managed.type].append("no object stands for this type")
            else:
                said.append(_Target(managed=managed, stated=manifest))
        return said

    def _release(self, managed: Managed) -> list[_Target]:
        """Compare a release with its newest record; its objects are to be compared as well."""
        namespace = str(managed.attributes.get("namespace") or "default")
        try:
            record = self.cluster.release(namespace, str(managed.attributes.get("name") or ""))
        except SreError as error:
            self.unread[RELEASE].append(error.message)
            return []
        if managed.deposed:
            self.left.append((self._gone(managed), record is not None))
            return []
        if record is None:
            self.gone.append(self._gone(managed))
            return []
        release = read_release(record)
        if isinstance(release, str):
            self.unread[RELEASE].append(release)
            return []
        self.drifted += (
            Drifted(
                managed=managed,
                real=_real(managed, f"{namespace}/{release.name}"),
                kind=_kind(RELEASE),
                place=self.place,
                difference=difference,
                secret=is_masked(difference),
            )
            for difference in release_differences(managed.attributes, release)
        )
        if not release.is_deployed:
            self.shallow.setdefault(RELEASE, f"objects of a release that is {release.status}")
            return []
        return [_Target(managed=managed, stated=each, release=True) for each in release.manifests]

    def _miss(self, absent: Sequence[_Target]) -> None:
        """What is not there is looked for once more; what cannot be read is not missing."""
        for each in absent:
            self._note_unread(each, each.seen.unknown)
        doubted = [each for each in absent if not each.seen.unknown and not _goes_away(each)]
        for each, again in zip(
            doubted, look([each.stated for each in doubted], self.cluster), strict=True
        ):
            self._note_unread(each, again.unknown)
            if again.unknown or again.live is not None:
                continue
            if each.release:
                self.drifted.append(self._lost(each))
            else:
                self.gone.append(self._gone(each.managed))

    def _note_unread(self, target: _Target, why: str) -> None:
        if why and target.release:
            self.partial.setdefault(RELEASE, f"{target.stated.called}: {why}")
        elif why:
            self.unread[target.managed.type].append(why)

    def _gone(self, managed: Managed) -> Gone:
        return Gone(managed=managed, kind=_kind(managed.type), place=self.place)

    def _lost(self, target: _Target) -> Drifted:
        """An object of a release that is not there, while the release is."""
        called = target.stated.called
        return Drifted(
            managed=target.managed,
            real=_real(target.managed, called),
            kind=_kind(target.managed.type),
            place=self.place,
            difference=Difference(path=f'manifest["{called}"]', before=called, after=None),
        )

    def _deposed(self, targets: Sequence[_Target]) -> Iterator[tuple[Gone, bool | None]]:
        yield from self.left
        for each in targets:
            if each.managed.deposed:
                exists = None if each.seen.unknown else each.seen.live is not None
                yield self._gone(each.managed), exists

    def _compared(self, target: _Target) -> list[Drifted]:
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
            applied_by = target.applied_by
            added = additions(
                target.stated.manifest, live, lambda who: who != applied_by and counts(who)
            )
            added = [gap for gap in added if gap.live_path not in told]
            added = [gap for gap in added if not is_of(target.own, live, gap)]
            added = self.dry.not_by_itself(target.stated, spot, added)
        return [
            *self._told(target, live, compared.gaps, shallow=bool(compared.shallow)),
            *self._told(target, live, added, shallow=False),
        ]

    def _told(
        self, target: _Target, live: Obj, found: Iterable[Gap], *, shallow: bool
    ) -> Iterator[Drifted]:
        for gap in found:
            try:
                author, owner = self._whose(target, live, gap)
            except SreError as error:
                why = f"{target.stated.called}: who scales it is not known: {error.message}"
                self.partial.setdefault(target.managed.type, why)
                continue
            drifted = self._drift(target, gap, owner, shallow=shallow)
            if author:
                self.authors[drifted.key] = author
            yield drifted

    def _drift(self, target: _Target, gap: Gap, owner: str, *, shallow: bool) -> Drifted:
        managed = target.managed
        path = target.path(gap)
        facts = {_owned(path): owner} if owner else {}
        hidden = target.stated.kind == "Secret" and gap.names[0] == "data"
        secret = hidden or is_secret(gap)
        return Drifted(
            managed=managed,
            real=_real(managed, target.stated.called, **facts),
            kind=_kind(managed.type),
            place=self.place,
            difference=Difference(
                path=path,
                before=shown(gap.before, hide=secret),
                after=shown(gap.after, hide=secret),
            ),
            shallow=shallow,
            secret=secret,
        )

    def _whose(self, target: _Target, live: Obj, gap: Gap) -> tuple[Author | None, str]:
        """Who wrote a field, and which controller owns it.

        Raises:
            SreError: An autoscaler may own it, and nothing is known of those that there are.
        """
        author, owner = whose(live, gap, target.own)
        if gap.names != REPLICAS:
            return author, owner
        namespace = str(live["metadata"].get("namespace") or "")
        try:
            scaler = self.scalers.of(target.stated.kind, namespace, target.stated.name)
        except SreError:
            if not owner:
                raise
            return author, owner
        return author, f"{scaler} scales it" if scaler else owner

    def _coverage(self, resources: Sequence[Managed]) -> Iterator[Coverage]:
        counted = Counter(managed.type for managed in resources)
        for type_, count in sorted(counted.items()):
            unread = self.unread.get(type_, [])
            partial, shallow = self.partial.get(type_, ""), self.shallow.get(type_, "")
            extent = Extent.SHALLOW if shallow else Extent.COMPLETE
            if unread or partial:
                extent = Extent.NOT_LOOKED_AT if len(unread) >= count else Extent.PARTIAL
            reasons = dict.fromkeys(each for each in (*unread, partial, shallow) if each)
            why = "; ".join([*reasons][:3])
            yield Coverage(type=type_, extent=extent, place=self.place, resources=count, why=why)

    def _troubles(self, current: Sequence[_Target], there: Sequence[_Target]) -> Iterator[Trouble]:
        looked_at = len(current) + sum(each.managed.type == RELEASE for each in self.gone)
        if len(self.gone) > 1 and not there and len(self.gone) == looked_at and not self.drifted:
            yield Trouble(
                what=f"objects of cluster {self.cluster.context}",
                message=f"none of the {looked_at} resources is there: is it another cluster?",
                hint="name its context: --context NAME",
            )


def _goes_away(target: _Target) -> bool:
    """Whether an object is meant to vanish: a finished Job that has an end."""
    spec = target.stated.manifest.get("spec")
    held = spec if isinstance(spec, Mapping) else {}
    return target.stated.kind == "Job" and held.get("ttlSecondsAfterFinished") is not None


def _kind(type_: str) -> Kind:
    return Kind(type=type_, owner=_owner)


def _owner(difference: Difference, _before: Attributes, real: Real) -> str:
    return real.facts.get(_owned(difference.path), "")


def _owned(path: str) -> str:
    return f"owner of {path}"


def _real(managed: Managed, name: str, **facts: str) -> Real:
    return Real(type=managed.type, id=managed.id, name=name, facts=facts)
