"""How long a decision takes: `python -m tests.benchmarks.gate` prints milliseconds.

Three policies: the built-in one, the example, and the example with its Rego policy (when regopy is
installed). Each decides the same mix of changes, facts and circumstances.
"""

import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from tests.policy.situations import CALM, act, around, tried

from sreagent.domain.action import Action
from sreagent.domain.verdict import Verdict
from sreagent.policy.document import Policy, Rego, load
from sreagent.policy.facts import Circumstances, Facts
from sreagent.policy.rego import compile_rego
from sreagent.policy.tiers import VERBS, judge
from sreagent.policy.tightening import input_of, tightened

ROUNDS = 2000
EXAMPLES = Path(__file__).parents[2] / "docs/examples/policy"
Decide = Callable[[Action, Facts, Circumstances], Verdict]


def mixed() -> list[tuple[Action, Facts, Circumstances]]:
    """Every verb, with a thousand earlier attempts of which some count."""
    history = tried(times=2) + tried("rollout_restart", minutes=600, times=998)
    return [(act(verb), CALM, around(attempts=history)) for verb in sorted(VERBS)]


def by(policy: Policy) -> Decide:
    """The core alone."""
    return lambda action, facts, circumstances: judge(action, facts, circumstances, policy)


def by_both(policy: Policy, rego: Rego) -> Decide:
    """The core, then Rego."""
    second = compile_rego(rego)

    def decide(action: Action, facts: Facts, circumstances: Circumstances) -> Verdict:
        verdict = judge(action, facts, circumstances, policy)
        return tightened(verdict, second, input_of(action, facts, circumstances, verdict))

    return decide


def measure(name: str, decide: Decide) -> None:
    """Print the median and the slowest hundredth."""
    situations = mixed()
    spent: list[float] = []
    for number in range(ROUNDS):
        situation = situations[number % len(situations)]
        began = time.perf_counter()
        decide(*situation)
        spent.append(1000 * (time.perf_counter() - began))
    worst = statistics.quantiles(spent, n=100)[-1]
    print(f"{name:<22} median {statistics.median(spent):.3f} ms   99 % below {worst:.3f} ms")


def main() -> None:
    """Print the time of a decision for each policy."""
    example = load(EXAMPLES / "policy.yaml")
    measure("built-in policy", by(Policy()))
    measure("example policy", by(example))
    if importlib.util.find_spec("regopy"):
        rego = Rego(file=str(EXAMPLES / "decision.rego"))
        measure("example and Rego", by_both(example, rego))


if __name__ == "__main__":
    main()
