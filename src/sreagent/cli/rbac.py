"""`sre rbac`: the least rights to run with, ready to apply."""

from enum import StrEnum
from typing import Annotated

import typer

from sreagent.cli import options


class For(StrEnum):
    """Roles whose rights can be printed."""

    OBSERVER = "observer"
    DIAGNOSTICIAN = "diagnostician"
    REMEDIATOR = "remediator"


def rbac(
    role: Annotated[For, typer.Argument(help="What the account is for.")] = For.DIAGNOSTICIAN,
    account: Annotated[str, typer.Option(help="Name of the ServiceAccount.")] = "sreagent",
    account_namespace: Annotated[
        str, typer.Option(metavar="NAMESPACE", help="Where the ServiceAccount lies.")
    ] = "sreagent",
    only: Annotated[
        str, typer.Option("--namespace", "-n", help="Only this namespace; empty for all.")
    ] = "",
    aws: Annotated[bool, typer.Option("--aws", help="The AWS session policy instead.")] = False,
    debug: options.Debug = False,
) -> None:
    """Print a ServiceAccount with its roles and bindings, for `kubectl apply -f -`."""
    import json

    import yaml

    from sreagent.tools.rights import Role, manifests, session_policy

    del debug
    if aws:
        print(json.dumps(session_policy(Role(role)), indent=2))
        return
    made = manifests(Role(role), account=account, namespace=account_namespace, only=only)
    print(yaml.safe_dump_all(made, sort_keys=False), end="")
