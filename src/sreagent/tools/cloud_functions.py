"""Changes of a Lambda alias: which version it leads to."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.errors import NotFound, TryAgain
from sreagent.policy.facts import Facts
from sreagent.tools.cloud_owners import managed, owner_of
from sreagent.tools.cloud_verbs import (
    Call,
    CloudTool,
    Effect,
    Fields,
    InRegion,
    Place,
    State,
    aws,
    back,
)
from sreagent.tools.difference import differing
from sreagent.tools.verbs import Arguments

KIND = "AWS::Lambda::Alias"
VERSION = "/FunctionVersion"

FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
AliasName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*$")]
"""An alias is never only digits: that would be a version."""


class Alias(Arguments):
    """An alias of a function, which stands as its namespace."""

    kind: str
    namespace: FunctionName
    name: Annotated[AliasName, StringConstraints(max_length=128)]


class ToVersion(InRegion):
    """A published version."""

    version: int = Field(ge=1, le=1_000_000_000)


def _read(place: Place) -> State:
    function, name = place.target.namespace, place.target.name
    live = place.ask("lambda", "GetAlias", FunctionName=function, Name=name)
    names = ("FunctionVersion", "RoutingConfig", "Description", "RevisionId")
    return State(
        uid=live["AliasArn"],
        written={key: live.get(key) for key in names},
        live=live,
        revision=live.get("RevisionId", ""),
    )


def _fields(action: Action, state: State, place: Place) -> Fields:
    del place
    now = {VERSION: state.live["FunctionVersion"]}
    return now, {VERSION: str(action.arguments["version"])}


def _problem(action: Action, state: State) -> str:
    del action
    if weights := (state.live.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
        shares = ", ".join(f"{share:.0%} to version {name}" for name, share in weights.items())
        return f"its traffic is being shifted ({shares}); end that first"
    if state.live["FunctionVersion"] == "$LATEST":
        return "it leads to $LATEST, which is no version, so it could not be brought back"
    return ""


def _call(action: Action, state: State) -> Call:
    parameters = {
        "FunctionName": action.target.namespace,
        "Name": action.target.name,
        "FunctionVersion": str(action.arguments["version"]),
        # AWS refuses when somebody changed the alias since it was read.
        "RevisionId": state.live["RevisionId"],
    }
    return Call(service="lambda", operation="UpdateAlias", parameters=parameters)


def _effect(action: Action, state: State, place: Place) -> Effect:
    function, wanted = place.target.namespace, str(action.arguments["version"])
    new = _configuration(place, wanted)
    if new is None:
        msg = f"lambda_alias: version: {function} has no version {wanted}"
        raise TryAgain(msg)
    if new.get("State", "Active") != "Active":
        msg = f"lambda_alias: version: version {wanted} of {function} is {new['State']}"
        raise TryAgain(msg)
    old = _configuration(place, state.live["FunctionVersion"]) or {}
    tags = place.try_asking("lambda", "ListTags", Resource=_function_arn(state.live["AliasArn"]))
    owner = owner_of((tags or {}).get("Tags") or {})
    return Effect(
        touches=f"every call of {function}:{action.target.name} from the next one on",
        depends="whoever calls the function by this alias",
        owner=managed(owner),
        facts=Facts(
            owner=owner, unseen=() if tags is not None else ("Tags",), reversible=True, at_once=0
        ),
        diff=differing(_shape(old), _shape(new)),
    )


def _configuration(place: Place, version: str) -> Mapping[str, Any] | None:
    """How a version runs; None when there is no such version."""
    name = place.target.namespace
    try:
        return place.ask("lambda", "GetFunctionConfiguration", FunctionName=name, Qualifier=version)
    except NotFound:
        return None


def _shape(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between versions; of the environment only the names."""
    names = ("CodeSha256", "LastModified", "Runtime", "Handler", "MemorySize", "Timeout", "Role")
    variables = (configuration.get("Environment") or {}).get("Variables") or {}
    return {
        **{name: configuration[name] for name in names if name in configuration},
        "variables": ", ".join(sorted(variables)),
    }


def _function_arn(alias_arn: str) -> str:
    return alias_arn.rpartition(":")[0]


def _undo(action: Action, state: State) -> Action | None:
    now = state.live["FunctionVersion"]
    return back(action, version=int(now)) if now.isdigit() else None


def _command(action: Action) -> str:
    function, name = action.target.namespace, action.target.name
    words = f"--function-name {function} --name {name}"
    return aws(action, "lambda update-alias", words, f"--function-version {_wanted(action)}")


def _wanted(action: Action) -> int:
    version: int = action.arguments["version"]
    return version


LAMBDA_ALIAS = CloudTool(
    verb="lambda_alias",
    kinds=frozenset({KIND}),
    target=Alias,
    arguments=ToVersion,
    title=lambda a: f"Lead {a.target.namespace}:{a.target.name} to version {_wanted(a)}",
    command=_command,
    looks=frozenset({"lambda:GetAlias", "lambda:GetFunctionConfiguration", "lambda:ListTags"}),
    makes=frozenset({"lambda:UpdateAlias"}),
    read=_read,
    fields=_fields,
    problem=_problem,
    call=_call,
    effect=_effect,
    undo=_undo,
)
