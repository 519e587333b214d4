"""`sre rbac`: the least rights to run with, ready to apply."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sreagent.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sreagent.tools.rights import Role


class For(StrEnum):
    """Roles whose rights can be printed."""

    OBSERVER = "observer"
    DIAGNOSTICIAN = "diagnostician"
    REMEDIATOR = "remediator"


def rbac(
    role: Annotated[For, typer.Argument(help="What the account is for.")] = For.DIAGNOSTICIAN,
    account: Annotated[str, typer.Option(help="Name of the ServiceAccount.")] = "sreagent",
    account_namespace: Annotated[
        str,
        typer.Option(
            metavar="NAMESPACE",
            help="Where the ServiceAccount lies; empty: in `sreagent`, which is made.",
        ),
    ] = "",
    only: Annotated[
        str, typer.Option("--namespace", "-n", help="Only this namespace; empty for all.")
    ] = "",
    aws: Annotated[bool, typer.Option("--aws", help="The AWS session policy instead.")] = False,
    service: Annotated[
        list[str] | None,
        typer.Option(help="With --aws: a service, as boto3 names it; again for more."),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Print a ServiceAccount with its roles and bindings, for `kubectl apply -f -`."""
    import yaml

    from sreagent.tools.rights import Role, manifests

    del debug
    if aws or service:
        _print_policy(Role(role), service or ())
        return
    _check({"--account": account, "--account-namespace": account_namespace, "--namespace": only})
    made = manifests(Role(role), account=account, namespace=account_namespace, only=only)
    print(yaml.safe_dump_all(made, sort_keys=False), end="")


def _check(names: "Mapping[str, str]") -> None:
    """Raise BadInput for a name that no object can have; an empty one is none."""
    import re

    from sreagent.domain.errors import BadInput
    from sreagent.domain.text import one_line

    for flag, name in names.items():
        if name and not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name):
            msg = f"{flag} {one_line(name, 80)!r} is not a name that Kubernetes takes"
            raise BadInput(msg, hint="lower-case letters, digits and hyphens")


def _print_policy(role: "Role", services: "Sequence[str]") -> None:
    """The policy alone on stdout; what AWS takes it as, on stderr."""
    from sreagent.tools.cloud_rights import INLINE, MANAGED, USUAL, compact, session_policy

    policy = session_policy(role, services or USUAL)
    size = len(compact(policy))
    print(compact(policy))
    kind = f"a session policy (AWS takes {INLINE})"
    if size > INLINE:
        kind = f"a managed policy (AWS takes {MANAGED}; a session policy may have {INLINE})"
    typer.echo(f"sre: {size} characters, for {kind}", err=True)
