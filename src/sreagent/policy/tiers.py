"""Which changes may go by themselves, which need a person, and which are never made.

The first rule that speaks wins: first all that deny, then all that ask a person. A policy document
adds rules and lowers limits; nothing outside this room can loosen it.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import get_args

from sreagent.domain.action import Action
from sreagent.domain.verdict import STOPPED, Allow, Ask, Autonomy, Deny, Tier, Verdict
from sreagent.policy.always import covers, escalate, in_namespaces, matches
from sreagent.policy.breakers import autonomy_is_spent, open_breaker
from sreagent.policy.document import Limits, Policy, Verb, lower
from sreagent.policy.facts import Circumstances, Facts, Origin

VERBS: frozenset[str] = frozenset(get_args(Verb))
BOUNDED: Mapping[str, str] = {
    "rollout_restart": "a rolling restart",
    "scale": "scaling within the limits",
    "delete_pod": "a pod that does not serve, and that is made again",
    "evict_pod": "a pod that does not serve, and that is made again",
    "suspend": "a schedule that waits until it is resumed",
    "unsilence": "an alert is heard again",
    "ecs_redeploy": "a rolling restart",
    "ecs_scale": "scaling within the limits",
}
"""What may be bounded, and why. Every other verb needs a person."""
PERSON: Mapping[str, str] = {
    "rollout_undo": "a rollback changes what code runs",
    "set_resources": "resources change where pods fit, and restart them",
    "set_image": "an image changes what code runs",
    "restore_env": "a setting changes what the code does",
    "cordon": "the cluster loses room for pods",
    "uncordon": "pods will be placed on the node again",
    "drain": "every pod of the node has to move",
    "set_autoscaler_bounds": "bounds change what every later load costs or gets",
    "resume": "runs that were missed may start at once",
    "delete_job": "its pods and logs are gone afterwards",
    "patch_service": "traffic goes elsewhere",
    "patch_ingress": "traffic goes elsewhere",
    "restore_applied": "somebody's later edit is taken back",
    "silence": "an alert is hidden from people",
    "ecs_rollback": "a rollback changes what code runs",
    "asg_scale": "instances cost money, and hold state",
    "lambda_alias": "an alias changes what code runs",
    "rds_reboot": "connections drop",
    "rds_start": "an instance that somebody stopped costs money again",
    "ec2_reboot": "everything on the instance stops for a while",
}
_PODS = frozenset({"delete_pod", "evict_pod"})
_TAKES_AWAY = _PODS | {"drain"}
"""Changes that a disruption budget stands in the way of."""
LEAST = "min_replicas"
_COUNTED: Mapping[str, tuple[str, ...]] = {
    "scale": ("replicas",),
    "ecs_scale": ("desired_count",),
    "asg_scale": ("desired_capacity",),
    "set_autoscaler_bounds": (LEAST, "max_replicas"),
}


def judge(action: Action, facts: Facts, around: Circumstances, policy: Policy) -> Verdict:
    """Allow, ask or deny, with the rule that matched and a reason to act on."""
    speaking = _speak(action, facts, around, policy)
    verdict = next(speaking)
    if not isinstance(verdict, Ask):
        return by_two(verdict, {verdict.rule}, action, policy)
    # Two people may be asked for by a rule that another one spoke before.
    asking = {verdict.rule, *(one.rule for one in speaking if isinstance(one, Ask))}
    return by_two(verdict, asking, action, policy)


def explain(action: Action, policy: Policy) -> Verdict:
    """What policy says about a change as far as that can be told without looking at the target.

    The live facts may make it stricter. Never Allow: a change goes by itself only with them.
    """
    wanted = max(_wanted(action).values(), default=None)
    facts = Facts(
        replicas=wanted, replicas_at_start=wanted, controlled=True, ready=False, reversible=True
    )
    around = Circumstances(now=datetime.max.replace(tzinfo=UTC))
    timeless = policy.model_copy(update={"freeze": (), "business_hours": None})
    verdict = judge(action, facts, around, timeless)
    if isinstance(verdict, Allow):
        bounded = verdict.tier is Tier.BOUNDED
        verdict = Ask(verdict.rule, verdict.reason, bounded=bounded)
    if isinstance(verdict, Ask) and verdict.bounded:
        return replace(verdict, reason=f"{verdict.reason}, unless the live facts say otherwise")
    return verdict


def _speak(
    action: Action, facts: Facts, around: Circumstances, policy: Policy
) -> Iterator[Verdict]:
    level = lower(policy.autonomy_for(around.alert), around.ceiling)
    yield from _stopped(action, around, policy, level)
    yield from _forbidden(action, around, policy)
    if not around.restores:
        yield from _limits(action, facts, policy.limits)
        yield from open_breaker(action, around, policy.breakers)
    yield from _budget_is_used_up(action, facts)
    yield from escalate(action, policy.always)
    yield from _grounds(action, around)
    yield from _blast_radius(action, facts, policy.limits)
    yield from _outside_hours(around, policy)
    tier = _tier(action, facts, policy)
    if level in (Autonomy.RESPONDER, Autonomy.AUTONOMOUS):
        yield from autonomy_is_spent(around, policy.breakers)
        yield from _by_itself(tier, facts, level)
    yield tier.verdict


def _stopped(
    action: Action, around: Circumstances, policy: Policy, level: Autonomy
) -> Iterator[Deny]:
    """Nothing at all is changed now."""
    if around.halted:
        yield Deny("halt", f"{STOPPED}: {around.halted}", passes=True)
    for window in policy.freeze:
        if window.covers(around.now, action.target.namespace):
            why = f": {window.reason}" if window.reason else ""
            reason = f"changes are frozen now ({window.name}, {window.told}){why}"
            yield Deny(f"freeze/{window.name}", reason, passes=True)
    if around.read_only:
        yield Deny("read-only", "this run changes nothing")
    if level is Autonomy.OBSERVER:
        yield Deny("autonomy/observer", "an observer proposes and makes no change")
    if level is Autonomy.ADVISOR:
        yield Deny("autonomy/advisor", "an advisor proposes; run the command yourself")


def _forbidden(action: Action, around: Circumstances, policy: Policy) -> Iterator[Deny]:
    if action.verb not in VERBS:
        yield Deny("catalogue", f"{action.verb!r} is no change of the catalogue")
    if policy.tier_of(action.verb) == "deny":
        yield Deny(f"policy/{action.verb}", f"the policy denies {action.verb}")
    if covers(policy.protect, action):
        yield Deny("protect", f"the policy protects {action.target}")
    if not around.in_scope and around.origin in (Origin.MODEL, Origin.LINE):
        yield Deny("scope", f"the incident is not about {action.target}")


def _limits(action: Action, facts: Facts, limits: Limits) -> Iterator[Verdict]:
    """Limits of the numbers that a change sets."""
    if action.verb not in _COUNTED:
        return
    numbers = _wanted(action)
    if not numbers:
        yield Deny("limit/number", "it does not say how many, as a whole number")
        return
    most = max(numbers.values())
    if facts.autoscaler and action.verb != "set_autoscaler_bounds":
        why = f"autoscaler {facts.autoscaler} owns the number and would set it back"
        yield Deny("autoscaler", why)
    if most > limits.replicas:
        yield Deny("limit/replicas", f"{most} is above the limit of {limits.replicas}")
    for name, number in numbers.items():
        start = _at_start(name, facts)
        if start and number > limits.factor * start:
            why = f"{number} is above {limits.factor:g}x the {start} at incident start"
            yield Deny("limit/doubling", why)


def _at_start(name: str, facts: Facts) -> int | None:
    """What a number was at incident start."""
    if name == LEAST and facts.least_at_start is not None:
        return facts.least_at_start
    return facts.replicas if facts.replicas_at_start is None else facts.replicas_at_start


def _wanted(action: Action) -> dict[str, int]:
    """The numbers that a change sets, by argument; empty when one of them is no number."""
    given = {name: action.arguments.get(name) for name in _COUNTED.get(action.verb, ())}
    numbers = {name: n for name, n in given.items() if n is not None}
    whole = {
        name: n
        for name, n in numbers.items()
        if isinstance(n, int) and not isinstance(n, bool) and n >= 0
    }
    return whole if len(whole) == len(numbers) else {}


def _budget_is_used_up(action: Action, facts: Facts) -> Iterator[Deny]:
    if action.verb in _TAKES_AWAY and facts.headroom == 0 and (facts.ready or facts.at_once):
        name = facts.budget or "a disruption budget"
        yield Deny("budget", f"{name} allows no disruption now, and the pod serves")


def _grounds(action: Action, around: Circumstances) -> Iterator[Ask]:
    """Where the thought comes from."""
    if around.origin is Origin.LINE:
        yield Ask("line", "a written command line never runs unasked")
    if around.origin is Origin.PERSON:
        return
    if not around.in_scope:
        yield Ask("scope", f"the incident is not about {action.target}")
    if not around.grounded:
        yield Ask("taint", "only free text speaks for it, no status field and no metric")
    if not around.confident:
        yield Ask("confidence", "the diagnosis is not sure enough to act on")


def _blast_radius(action: Action, facts: Facts, limits: Limits) -> Iterator[Ask]:
    if facts.unseen:
        yield Ask("unseen", f"could not look at {', '.join(facts.unseen)}")
    if action.verb in _COUNTED and facts.replicas is None:
        yield Ask("unseen", "nobody knows how many run now")
    if facts.owner:
        yield Ask("owner", f"{facts.owner} owns it and may set it back")
    share = _share(action, facts)
    if share > limits.share:
        why = f"{share:.0f} % of what serves is away at once; the limit is {limits.share} %"
        yield Ask("share", why)
    if facts.headroom == 0 and facts.at_once:
        yield Ask("budget", f"{facts.budget or 'the disruption budget'} allows no disruption now")
    if facts.state_lost:
        yield Ask("state", f"it does not survive: {', '.join(facts.state_lost)}")


def _share(action: Action, facts: Facts) -> float:
    """Percent of the serving capacity that is away at one moment."""
    share = 100 * (facts.share or 0.0)
    # A lower bound takes nothing away.
    names = [name for name in _COUNTED.get(action.verb, ()) if name != LEAST]
    left = max((action.arguments.get(name) or 0 for name in names), default=None)
    if facts.replicas and left and left < facts.replicas:
        share = max(share, 100 * (facts.replicas - left) / facts.replicas)
    return share


def _outside_hours(around: Circumstances, policy: Policy) -> Iterator[Ask]:
    hours = policy.business_hours
    if hours and not hours.covers(around.now):
        yield Ask("hours", "it is outside business hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tier:
    """What the table says."""

    verdict: Ask
    kept: bool
    """It stays with a person at every level of autonomy."""


def _tier(action: Action, facts: Facts, policy: Policy) -> _Tier:
    rule, verb = f"tier/{action.verb}", action.verb
    if policy.tier_of(verb):
        why = f"the policy leaves {verb} to a person"
        return _Tier(verdict=Ask(f"policy/{verb}", why), kept=True)
    if verb in PERSON:
        return _Tier(verdict=Ask(rule, f"{PERSON[verb]}: a person decides"), kept=False)
    for why in _raised(action, facts):
        return _Tier(verdict=Ask(rule, f"{why}: a person decides"), kept=True)
    return _Tier(verdict=Ask(rule, f"{BOUNDED[verb]}: a bounded change", bounded=True), kept=False)


def _raised(action: Action, facts: Facts) -> Iterator[str]:
    """Why a change that may be bounded is not."""
    if action.verb in _PODS and not facts.controlled:
        yield "nothing makes this pod again"
    if action.verb in _PODS and facts.ready:
        yield "this pod serves"
    if action.verb in _COUNTED and facts.replicas == 0:
        yield "somebody scaled it to zero"


def _by_itself(tier: _Tier, facts: Facts, level: Autonomy) -> Iterator[Allow]:
    verdict = tier.verdict
    if verdict.bounded:
        yield Allow(verdict.rule, verdict.reason, Tier.BOUNDED)
    elif level is Autonomy.AUTONOMOUS and facts.reversible and not tier.kept:
        why = verdict.reason.removesuffix(": a person decides")
        yield Allow(verdict.rule, f"{why}; it can be undone, so it runs by itself", Tier.PERSON)


def by_two(verdict: Verdict, asking: Set[str], action: Action, policy: Policy) -> Verdict:
    """The same, by two people where the policy says so.

    `asking` are all rules that ask a person, not only the one that spoke first.
    """
    where = policy.two_people
    rule = any(matches(rule, where.rules) for rule in asking)
    named = action.verb in where.verbs or in_namespaces(where.namespaces, action)
    if isinstance(verdict, Deny) or not (rule or named):
        return verdict
    reason = f"{verdict.reason}; two people have to say yes"
    if isinstance(verdict, Ask):
        return replace(verdict, reason=reason, bounded=False, people=2)
    return Ask(verdict.rule, reason, people=2)
