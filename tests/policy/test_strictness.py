"""Settings tighten and never loosen: tried on thousands of made-up policies and situations."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from tests.policy.situations import act, around, policy, tried

from sreagent.domain.verdict import Allow, Ask, Autonomy, Deny, Verdict
from sreagent.policy.document import Policy
from sreagent.policy.facts import Circumstances, Facts, Origin
from sreagent.policy.tiers import VERBS, judge
from sreagent.policy.tightening import tighten

LEVELS = list(Autonomy)
PLACES = ("shop", "payments", "kube-system", "warehouse")
NAMES = ("cart", "auth-api", "license-server", "web")


def strictness(verdict: Verdict) -> tuple[int, int]:
    match verdict:
        case Allow():
            return 0, 0
        case Ask(bounded=True):
            return 1, 0
        case Ask(people=people):
            return 2, people
        case Deny():
            return 3, 0


def some(dice: Random, *choices: Any) -> Any:
    return dice.choice(choices)


def made_up_policy(dice: Random) -> dict[str, Any]:
    zone = some(dice, "Europe/Berlin", "America/New_York", "Asia/Kolkata")
    sections: dict[str, Any] = {
        "limits": {
            "replicas": dice.randint(1, 10),
            "factor": some(dice, 1, 1.5, 2),
            "share": dice.randint(0, 10),
        },
        "breakers": {
            "scalings": dice.randint(0, 3),
            "restarts": dice.randint(0, 5),
            "autonomous": dice.randint(0, 3),
            "changes": dice.randint(0, 10),
        },
        "freeze": [{"name": "f", "zone": zone, "days": [some(dice, "sat", "mon")]}],
        "business_hours": {"zone": zone, "hours": some(dice, "08:00-18:00", "00:00-03:00")},
        "tiers": {verb: some(dice, "person", "deny") for verb in dice.sample(sorted(VERBS), 4)},
        "always": {"names": [some(dice, *NAMES)], "namespaces": [some(dice, "sh*", "x")]},
        "protect": {"names": [some(dice, *NAMES, "x*")]},
        "two_people": {
            "rules": [some(dice, "tier/*", "always/*", "*")],
            "verbs": dice.sample(sorted(VERBS), 2),
            "namespaces": [some(dice, *PLACES)],
        },
    }
    return {name: sections[name] for name in dice.sample(sorted(sections), dice.randint(0, 8))}


def made_up_facts(dice: Random) -> Facts:
    replicas = some(dice, None, 0, 1, 2, 4, 10)
    return Facts(
        replicas=replicas,
        replicas_at_start=some(dice, None, replicas, 2),
        autoscaler=some(dice, "", "", "cart"),
        controlled=some(dice, True, False),
        ready=some(dice, True, False),
        unseen=some(dice, (), (), ("Service",)),
        capacity=some(dice, None, 0, 3, 30),
        at_once=some(dice, 0, 1),
        headroom=some(dice, None, 0, 1),
        state_lost=some(dice, (), (), ("emptyDir cache",)),
        owner=some(dice, "", "", "Flux"),
        reversible=some(dice, True, False),
    )


def made_up_circumstances(dice: Random) -> Circumstances:
    return around(
        origin=some(dice, *Origin),
        in_scope=some(dice, True, True, False),
        grounded=some(dice, True, True, False),
        confident=some(dice, True, True, False),
        halted=some(dice, "", "", "", "stop"),
        attempts=tried(
            some(dice, "scale", "rollout_restart"),
            times=dice.randint(0, 4),
            incident=some(dice, "INC-1", "INC-0"),
            autonomous=some(dice, True, False),
        ),
    )


def situations(seed: int, count: int) -> list[tuple[Any, Facts, Circumstances]]:
    dice = Random(seed)  # noqa: S311 - dice of a test
    return [
        (
            act(
                some(dice, *sorted(VERBS), "exec"),
                some(dice, *NAMES),
                some(dice, *PLACES),
                **some(dice, {}, {"replicas": dice.randint(0, 12)}),
            ),
            made_up_facts(dice),
            made_up_circumstances(dice),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_no_policy_is_looser_than_the_built_in_one_at_the_same_autonomy(level: Autonomy) -> None:
    dice = Random(7)  # noqa: S311 - dice of a test
    built_in = policy(autonomy={"default": level})
    tightened = 0
    for action, facts, circumstances in situations(11, 1500):
        held = policy(autonomy={"default": level}, **made_up_policy(dice))
        before = strictness(judge(action, facts, circumstances, built_in))
        after = strictness(judge(action, facts, circumstances, held))
        assert after >= before, (action, facts, circumstances, held)
        tightened += after > before
    # Observers and advisors may do nothing anyway.
    assert tightened > 100 or level in (Autonomy.OBSERVER, Autonomy.ADVISOR)


def test_only_autonomy_lets_a_change_run_unasked() -> None:
    dice = Random(13)  # noqa: S311 - dice of a test
    for action, facts, circumstances in situations(17, 1500):
        held = policy(**made_up_policy(dice))
        assert not isinstance(judge(action, facts, circumstances, held), Allow)


def test_a_level_of_autonomy_lets_bounded_changes_run_and_asks_the_same_of_all_others() -> None:
    for action, facts, circumstances in situations(19, 1500):
        asked = judge(action, facts, circumstances, Policy())
        freed = judge(action, facts, circumstances, policy(autonomy={"default": "responder"}))
        bounded = isinstance(asked, Ask) and asked.bounded
        spent = freed.rule == "breaker/autonomous"
        assert (isinstance(freed, Allow) and bounded) or spent or freed == asked


def test_a_lower_ceiling_never_loosens() -> None:
    for action, facts, circumstances in situations(23, 300):
        free = policy(autonomy={"default": "autonomous"})
        verdicts = [
            judge(action, facts, replace(circumstances, ceiling=level), free) for level in LEVELS
        ]
        steps = [strictness(verdict) for verdict in verdicts]
        assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize("answer", ["allow", "ask", "deny", None, "Allow", True, ["allow"], "", 1])
def test_a_second_opinion_never_loosens(answer: object) -> None:
    free = policy(autonomy={"default": "autonomous"})
    for action, facts, circumstances in situations(29, 300):
        verdict = judge(action, facts, circumstances, free)
        assert strictness(tighten(verdict, answer)) >= strictness(verdict)
