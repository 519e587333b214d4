"""What stands before a change: the policy, the other one that it asks, and the kill switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sreagent.settings import Settings, halt_wish, policy_file, state_folder

if TYPE_CHECKING:
    from sreagent.clients.kill_switch import FileKillSwitch
    from sreagent.policy.document import Policy
    from sreagent.policy.tightening import Tighten


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
