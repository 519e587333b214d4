"""Roles, policies, attachments and users: all of an account's, in two lists."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import listed_or_missed, made_by, tags_of, taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Kind, by, reader
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

Item = Mapping[str, Any]
ROLE, POLICY, USER = "aws_iam_role", "aws_iam_policy", "aws_iam_user"
INLINE, ATTACHED = "aws_iam_role_policy", "aws_iam_role_policy_attachment"
USER_INLINE, USER_ATTACHED = "aws_iam_user_policy", "aws_iam_user_policy_attachment"
EVERYWHERE = "aws_iam_policy_attachment"
"""All attachments of a policy in one resource, which knows of no others."""

_PAGE = 1000
_DETAILS = {
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
    "User": "UserDetailList",
    "Group": "GroupDetailList",
}
_FOLDED_PATHS = {
    "/aws-service-role/": "service-linked role",
    "/aws-reserved/": "made by IAM Identity Center",
}
_OF_A_STRANGER = "part of an unmanaged {holder}"
_HOLDERS = {"roles": "Role", "users": "User", "groups": "Group"}
_MIRRORS = {"inline_policy": INLINE, "managed_policy_arns": ATTACHED}
"""Attributes of a role that mirror what resources of their own hold, if there are any."""

# An id that another one has taken over: the thing was deleted, and made anew under its name.
_RECREATED = frozenset({"unique_id"})
_ROLE = Shape(
    sets=frozenset({"managed_policy_arns"}),
    keyed={"inline_policy": ("name",)},
    policies=frozenset({"assume_role_policy", "inline_policy.policy"}),
    compared=_RECREATED,
    defaults={"path": "/", "max_session_duration": 3600},
)
_USER = Shape(compared=_RECREATED, defaults={"path": "/"})
_POLICY = Shape(
    policies=frozenset({"policy"}),
    skipped=frozenset({"attachment_count", "policy_id"}),
    defaults={"path": "/"},
)


@reader(
    "iam",
    Kind(type=ROLE, shape=_ROLE),
    Kind(type=POLICY, shape=_POLICY),
    Kind(type=INLINE, shape=Shape(policies=frozenset({"policy"}))),
    Kind(
        type=ATTACHED,
        identity=by("role", "policy_arn"),
        import_id=by("role", "policy_arn"),
    ),
    Kind(type=USER, shape=_USER),
    Kind(type=USER_INLINE, shape=Shape(policies=frozenset({"policy"}))),
    Kind(
        type=USER_ATTACHED,
        identity=by("user", "policy_arn"),
        import_id=by("user", "policy_arn"),
    ),
    Kind(
        type=EVERYWHERE,
        shape=Shape(sets=frozenset(_HOLDERS)),
        identity=by("policy_arn"),
    ),
    is_global=True,
)
def identities(look: Look) -> Iterator[Real]:
    """Everything of an account in pages of a thousand."""
    details = _details(look)
    rest = _what_only_the_list_says(look) if look.holds(ROLE) else {}
    apart = {mirror: _roles_of(look, type_) for mirror, type_ in _MIRRORS.items()}
    for role in details["Role"]:
        own = _own(look, role["RoleName"], apart)
        yield _role(role, rest.get(role["RoleName"], {}), own)
        if "inline_policy" not in own:
            yield from _inlines(look, "role", role)
        if "managed_policy_arns" not in own:
            yield from _attachments(look, "role", role)
    for user in details["User"]:
        yield _user(user)
        yield from _inlines(look, "user", user)
        yield from _attachments(look, "user", user)
    yield from _policies(look, details["LocalManagedPolicy"])
    yield from _everywhere(look, details)


def _details(look: Look) -> dict[str, list[Item]]:
    """Groups are only read for resources that hold all attachments of a policy."""
    wanted = [kind for kind in _DETAILS if kind != "Group" or look.holds(EVERYWHERE)]
    details: dict[str, list[Item]] = {kind: [] for kind in _DETAILS}
    for page in look.estate.pages(
        look.place,
        look.service,
        "GetAccountAuthorizationDetails",
        {"Filter": wanted, "MaxItems": _PAGE},
    ):
        for kind in wanted:
            details[kind] += page.get(_DETAILS[kind]) or ()
    return details


def _what_only_the_list_says(look: Look) -> dict[str, Item]:
    """The longest session and the description of each role: its details leave them out."""
    roles = listed_or_missed(look, "ListRoles", "Roles", MaxItems=_PAGE)
    return {role["RoleName"]: role for role in roles or ()}


def _roles_of(look: Look, type_: str) -> set[str]:
    return {str(held.get("role")) for held in look.wanted.get(type_, {}).values()}


def _own(look: Look, role: str, apart: Mapping[str, set[str]]) -> set[str]:
    """What the resource of a role holds itself; the rest it mirrors, as of its last reading."""
    said = look.in_state(ROLE, role) or {}
    return {
        mirror
        for mirror, roles in apart.items()
        if role not in roles and _says(said.get(mirror) or ())
    }


def _says(mirror: Iterable[Any]) -> bool:
    """`inline_policy {}` without a name says that there must be none: nothing to compare with."""
    return any(each.get("name") if isinstance(each, Mapping) else each for each in mirror)


def _text(document: Any) -> str:  # noqa: ANN401 - any JSON value
    return document if isinstance(document, str) else json.dumps(document)


def _role(role: Item, listed: Item, own: Iterable[str]) -> Real:
    mirrors = {
        "inline_policy": [
            {"name": each["PolicyName"], "policy": _text(each["PolicyDocument"])}
            for each in role.get("RolePolicyList") or ()
        ],
        "managed_policy_arns": [
            each["PolicyArn"] for each in role.get("AttachedManagedPolicies") or ()
        ],
    }
    return Real(
        type=ROLE,
        id=role["RoleName"],
        name=role["RoleName"],
        arn=role["Arn"],
        folded=_folded(role),
        created=role.get("CreateDate"),
        known_as=(role["RoleName"], role["RoleId"]),
        attributes={
            "name": role["RoleName"],
            "path": role["Path"],
            "unique_id": role["RoleId"],
            "assume_role_policy": _text(role["AssumeRolePolicyDocument"]),
            "permissions_boundary": _boundary(role),
            "tags": tags_of(role),
            **{mirror: mirrors[mirror] for mirror in own},
            **({"description": listed.get("Description", "")} if listed else {}),
            **taken(listed, {"max_session_duration": "MaxSessionDuration"}),
        },
    )


def _folded(role: Item) -> str:
    path = role["Path"]
    reserved = (why for start, why in _FOLDED_PATHS.items() if path.startswith(start))
    return next(reserved, "") or made_by(tags_of(role))


def _boundary(item: Item) -> str:
    return (item.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or ""


def _inlines(look: Look, holder: str, item: Item) -> Iterator[Real]:
    """What is written into a role or a user."""
    kind = holder.capitalize()
    owner = item[f"{kind}Name"]
    for inline in item.get(f"{kind}PolicyList") or ():
        name = inline["PolicyName"]
        yield Real(
            type=f"aws_iam_{holder}_policy",
            id=f"{owner}:{name}",
            name=name,
            folded=_part_folded(look, holder, item),
            known_as=(owner,),
            attributes={"name": name, holder: owner, "policy": _text(inline["PolicyDocument"])},
        )


def _attachments(look: Look, holder: str, item: Item) -> Iterator[Real]:
    """What is attached to a role or a user, but for what the policy's one resource holds."""
    type_ = f"aws_iam_{holder}_policy_attachment"
    owner = item[f"{holder.capitalize()}Name"]
    for attached in item.get("AttachedManagedPolicies") or ():
        arn = attached["PolicyArn"]
        identity = f"{owner}/{arn}"
        if look.in_state(EVERYWHERE, arn) is not None and look.in_state(type_, identity) is None:
            continue
        yield Real(
            type=type_,
            id=identity,
            name=f"{owner} {attached.get('PolicyName', '')}".strip(),
            folded=_part_folded(look, holder, item),
            known_as=(owner, arn),
            attributes={holder: owner, "policy_arn": arn},
        )


def _part_folded(look: Look, holder: str, item: Item) -> str:
    is_managed = look.in_state(f"aws_iam_{holder}", item[f"{holder.capitalize()}Name"]) is not None
    return _folded(item) or ("" if is_managed else _OF_A_STRANGER.format(holder=holder))


def _everywhere(look: Look, details: Mapping[str, list[Item]]) -> Iterator[Real]:
    """The resources that hold all attachments of a policy; nobody would make one anew."""
    for arn in look.wanted.get(EVERYWHERE, {}):
        held = {
            plural: [
                item[f"{kind}Name"]
                for item in details[kind]
                if any(
                    attached["PolicyArn"] == arn
                    for attached in item.get("AttachedManagedPolicies") or ()
                )
            ]
            for plural, kind in _HOLDERS.items()
        }
        if any(held.values()):
            yield Real(
                type=EVERYWHERE,
                id=arn,
                name=arn.rpartition("/")[2],
                known_as=(arn,),
                attributes={"policy_arn": arn, **held},
            )


def _policies(look: Look, policies: Iterable[Item]) -> Iterator[Real]:
    """The account's own; their tags are not in the details."""
    listed = list(policies)
    ids = {policy["Arn"]: policy["Arn"] for policy in listed}
    tags = tags_for(look, POLICY, ids, lambda arn: look.asked("ListPolicyTags", PolicyArn=arn))
    for policy in listed:
        arn = policy["Arn"]
        name = arn.rpartition("/")[2]
        yield Real(
            type=POLICY,
            id=arn,
            name=name,
            arn=arn,
            created=policy.get("CreateDate"),
            known_as=(name,),
            attributes={
                "name": name,
                "path": policy["Path"],
                "policy": _in_force(policy),
                **tags.get(arn, {}),
            },
        )


def _in_force(policy: Item) -> str:
    """The document of the default version, of all versions."""
    wanted = policy.get("DefaultVersionId")
    versions = policy.get("PolicyVersionList") or ()
    return next((_text(each["Document"]) for each in versions if each["VersionId"] == wanted), "")


def _user(user: Item) -> Real:
    return Real(
        type=USER,
        id=user["UserName"],
        name=user["UserName"],
        arn=user["Arn"],
        folded=made_by(tags_of(user)),
        created=user.get("CreateDate"),
        known_as=(user["UserName"], user["UserId"]),
        attributes={
            "name": user["UserName"],
            "path": user["Path"],
            "unique_id": user["UserId"],
            "permissions_boundary": _boundary(user),
            "tags": tags_of(user),
        },
    )
