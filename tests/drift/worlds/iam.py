"""Roles, policies, attachments and users."""

import json
from collections.abc import Mapping
from typing import Any

from tests.drift.worlds.world import Aws, Mutation, Thing, World, reports, world

VERSION = "2012-10-17"


def trust(service: str) -> dict[str, Any]:
    principal = {"Service": service}
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal, "Sid": ""}
    return {"Statement": [statement], "Version": VERSION}


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    wanted: object = list(actions) if len(actions) > 1 else actions[0]
    statement = {"Action": wanted, "Effect": "Allow", "Resource": resource}
    return {"Statement": [statement], "Version": VERSION}


def pairs(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def a_role(iam: Any, name: str, **state: object) -> Thing:
    """Made as Terraform makes it; `state` is what differs from the usual."""
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(trust("ecs-tasks.amazonaws.com")),
        Description="of the shop",
        MaxSessionDuration=3600,
        Tags=pairs(team="shop"),
    )["Role"]
    return Thing(
        type="aws_iam_role",
        name=name.replace("-", "_"),
        attributes={
            "arn": made["Arn"],
            "assume_role_policy": json.dumps(trust("ecs-tasks.amazonaws.com"), sort_keys=True),
            "create_date": made["CreateDate"].isoformat(),
            "description": "of the shop",
            "force_detach_policies": False,
            "id": name,
            "inline_policy": [],
            "managed_policy_arns": [],
            "max_session_duration": 3600,
            "name": name,
            "name_prefix": "",
            "path": "/",
            "permissions_boundary": "",
            "tags": {"team": "shop"},
            "tags_all": {"team": "shop"},
            "unique_id": made["RoleId"],
            **state,
        },
    )


def a_policy(iam: Any, name: str, document: Mapping[str, Any], **tags: str) -> Thing:
    made = iam.create_policy(
        PolicyName=name, PolicyDocument=json.dumps(document), Tags=pairs(**tags)
    )["Policy"]
    return Thing(
        type="aws_iam_policy",
        name=name.replace("-", "_"),
        attributes={
            "arn": made["Arn"],
            "attachment_count": 0,
            "description": "",
            "id": made["Arn"],
            "name": name,
            "name_prefix": "",
            "path": "/",
            "policy": json.dumps(document, sort_keys=True),
            "policy_id": made["PolicyId"],
            "tags": tags or None,
            "tags_all": tags,
        },
    )


def attached(role: str, policy: Thing) -> Thing:
    to = policy.attributes["arn"]
    return Thing(
        type="aws_iam_role_policy_attachment",
        name=f"{role}_{policy.name}".replace("-", "_"),
        attributes={"id": f"{role}-20260102030405", "policy_arn": to, "role": role},
    )


@world("iam_roles")
def roles(aws: Aws, word: str) -> World:
    """One role with resources of its own for what hangs on it, one that holds everything itself."""
    iam = aws.client("iam")
    app, legacy = f"app-{word}", f"legacy-{word}"
    reads = a_policy(iam, f"reads-{word}", allow("s3:GetObject", "s3:ListBucket"), team="shop")
    inline = allow("sqs:SendMessage")
    # Its mirrors are those of its first reading, before anything hung on it.
    role = a_role(iam, app)
    own = a_role(
        iam,
        legacy,
        inline_policy=[{"name": "own", "policy": json.dumps(inline)}],
        managed_policy_arns=[reads.attributes["arn"]],
    )
    for name in (app, legacy):
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(inline))
        iam.attach_role_policy(RoleName=name, PolicyArn=reads.attributes["arn"])
    hangs = attached(app, reads)
    policy = Thing(
        type="aws_iam_role_policy",
        name=app.replace("-", "_"),
        attributes={
            "id": f"{app}:own",
            "name": "own",
            "name_prefix": "",
            "policy": json.dumps(allow("SQS:SendMessage"), sort_keys=True),
            "role": app,
        },
    )
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix=word)
    stranger = f"stranger-{word}"
    iam.create_role(
        RoleName=stranger, AssumeRolePolicyDocument=json.dumps(trust("x.amazonaws.com"))
    )
    iam.put_role_policy(RoleName=stranger, PolicyName="p", PolicyDocument=json.dumps(inline))
    return World(
        things=(role, own, reads, hangs, policy),
        strangers=(("aws_iam_role", stranger),),
        mutations=(
            *_of_roles(iam, app, role, own, reads),
            Mutation(
                title="what is written into the role is more",
                do=lambda: iam.put_role_policy(
                    RoleName=app, PolicyName="own", PolicyDocument=json.dumps(allow("sqs:*"))
                ),
                reports=reports((policy.address, "policy")),
            ),
            Mutation(
                title="detached",
                do=lambda: iam.detach_role_policy(RoleName=app, PolicyArn=reads.attributes["arn"]),
                reports=reports((hangs.address, "")),
            ),
            Mutation(
                title="detached from the role that holds its attachments itself",
                do=lambda: iam.detach_role_policy(
                    RoleName=legacy, PolicyArn=reads.attributes["arn"]
                ),
                reports=reports((own.address, "managed_policy_arns")),
            ),
            Mutation(
                title="written into the role that holds its policies itself",
                do=lambda: iam.put_role_policy(
                    RoleName=legacy, PolicyName="new", PolicyDocument=json.dumps(inline)
                ),
                reports=reports((own.address, "inline_policy[1]")),
            ),
        ),
    )


def _of_roles(iam: Any, app: str, role: Thing, own: Thing, reads: Thing) -> tuple[Mutation, ...]:
    def recreate() -> None:
        name = own.attributes["name"]
        iam.detach_role_policy(RoleName=name, PolicyArn=reads.attributes["arn"])
        iam.delete_role_policy(RoleName=name, PolicyName="own")
        iam.delete_role(RoleName=name)
        a_role(iam, name)
        for each in own.attributes["inline_policy"]:
            iam.put_role_policy(
                RoleName=name, PolicyName=each["name"], PolicyDocument=each["policy"]
            )
        iam.attach_role_policy(RoleName=name, PolicyArn=reads.attributes["arn"])

    return (
        Mutation(
            title="trusts another service",
            do=lambda: iam.update_assume_role_policy(
                RoleName=app, PolicyDocument=json.dumps(trust("lambda.amazonaws.com"))
            ),
            reports=reports((role.address, "assume_role_policy")),
        ),
        Mutation(
            title="longer sessions, another description",
            do=lambda: iam.update_role(
                RoleName=app, MaxSessionDuration=43200, Description="of anybody"
            ),
            reports=reports((role.address, "max_session_duration"), (role.address, "description")),
        ),
        Mutation(
            title="tags",
            do=lambda: (
                iam.untag_role(RoleName=app, TagKeys=["team"]),
                iam.tag_role(RoleName=app, Tags=pairs(owner="me")),
            ),
            reports=reports((role.address, "tags.team"), (role.address, "tags.owner")),
        ),
        Mutation(
            title="deleted and made anew",
            do=recreate,
            reports=reports((own.address, "unique_id")),
        ),
    )


@world("iam_policies")
def policies(aws: Aws, word: str) -> World:
    iam = aws.client("iam")
    name = f"writes-{word}"
    document = allow("s3:PutObject", "s3:DeleteObject", resource="arn:aws:s3:::shop/*")
    policy = a_policy(iam, name, document, team="shop")
    plain = a_policy(iam, f"plain-{word}", document)
    of_policy = {"PolicyArn": policy.attributes["arn"]}
    stranger = a_policy(iam, f"other-{word}", document)

    def widen() -> None:
        wider = json.dumps(allow("*"))
        iam.create_policy_version(PolicyDocument=wider, SetAsDefault=True, **of_policy)

    def another_version() -> None:
        """One that is not in force is none."""
        wider = json.dumps(allow("*"))
        iam.create_policy_version(PolicyDocument=wider, SetAsDefault=False, **of_policy)
        iam.tag_policy(Tags=pairs(team="payments"), **of_policy)

    return World(
        things=(policy, plain),
        strangers=(("aws_iam_policy", stranger.attributes["arn"]),),
        mutations=(
            Mutation(
                title="allows everything",
                do=widen,
                reports=reports((policy.address, "policy")),
            ),
            Mutation(
                title="another tag, and a version that is not in force",
                do=another_version,
                reports=reports((policy.address, "tags.team")),
            ),
            # Moto's index of tags does not know policies, so a first tag is not seen.
            Mutation(
                title="a tag gone",
                do=lambda: iam.untag_policy(TagKeys=["team"], **of_policy),
                reports=reports((policy.address, "tags.team")),
            ),
            Mutation(
                title="deleted",
                do=lambda: iam.delete_policy(**of_policy),
                reports=reports((policy.address, "")),
            ),
        ),
    )


@world("iam_users")
def users(aws: Aws, word: str) -> World:
    iam, name = aws.client("iam"), f"deploy-{word}"
    # Moto gives no boundary of a user in the details of an account.
    made = iam.create_user(UserName=name, Path="/ci/", Tags=pairs(team="shop"))["User"]
    user = Thing(
        type="aws_iam_user",
        name=name.replace("-", "_"),
        attributes={
            "arn": made["Arn"],
            "force_destroy": False,
            "id": name,
            "name": name,
            "path": "/ci/",
            "permissions_boundary": "",
            "tags": {},
            "tags_all": {"team": "shop"},
            "unique_id": made["UserId"],
        },
    )
    iam.create_user(UserName=f"stranger-{word}")
    reads = a_policy(iam, f"user-reads-{word}", allow("s3:GetObject"))
    shared = a_policy(iam, f"shared-{word}", allow("s3:ListBucket"))
    iam.create_group(GroupName=f"people-{word}")
    iam.attach_group_policy(GroupName=f"people-{word}", PolicyArn=shared.attributes["arn"])
    for policy in (reads, shared):
        iam.attach_user_policy(UserName=name, PolicyArn=policy.attributes["arn"])
    iam.put_user_policy(
        UserName=name, PolicyName="own", PolicyDocument=json.dumps(allow("s3:PutObject"))
    )
    own = Thing(
        type="aws_iam_user_policy",
        name=user.name,
        attributes={
            "id": f"{name}:own",
            "name": "own",
            "name_prefix": "",
            "policy": json.dumps(allow("s3:PutObject"), sort_keys=True),
            "user": name,
        },
    )
    attachment = Thing(
        type="aws_iam_user_policy_attachment",
        name=user.name,
        attributes={
            "id": f"{name}-20260102030405",
            "policy_arn": reads.attributes["arn"],
            "user": name,
        },
    )
    everywhere = Thing(
        type="aws_iam_policy_attachment",
        name=user.name,
        attributes={
            "groups": [f"people-{word}"],
            "id": "shared",
            "name": "shared",
            "policy_arn": shared.attributes["arn"],
            "roles": [],
            "users": [name],
        },
    )
    of_shared = {"PolicyArn": shared.attributes["arn"]}

    def move() -> None:
        iam.update_user(UserName=name, NewPath="/people/")
        # Moto forgets the tags of a user that moves.
        iam.tag_user(UserName=name, Tags=pairs(team="shop"))

    def drop() -> None:
        iam.delete_user_policy(UserName=name, PolicyName="own")
        for policy in (reads, shared):
            iam.detach_user_policy(UserName=name, PolicyArn=policy.attributes["arn"])
        iam.delete_user(UserName=name)

    def recreate() -> None:
        drop()
        iam.create_user(UserName=name, Path="/ci/", Tags=pairs(team="shop"))

    return World(
        things=(user, reads, shared, own, attachment, everywhere),
        strangers=(("aws_iam_user", f"stranger-{word}"),),
        mutations=(
            Mutation(
                title="another path",
                do=move,
                reports=reports((user.address, "path")),
            ),
            Mutation(
                title="a tag gone",
                do=lambda: iam.untag_user(UserName=name, TagKeys=["team"]),
                reports=reports((user.address, "tags.team")),
            ),
            Mutation(
                title="made anew",
                do=recreate,
                reports=reports(
                    (user.address, "unique_id"),
                    (own.address, ""),
                    (attachment.address, ""),
                    (everywhere.address, "users"),
                ),
            ),
            Mutation(
                title="deleted",
                do=drop,
                reports=reports(
                    (user.address, ""),
                    (own.address, ""),
                    (attachment.address, ""),
                    (everywhere.address, "users"),
                ),
            ),
            Mutation(
                title="what is written into the user is more",
                do=lambda: iam.put_user_policy(
                    UserName=name, PolicyName="own", PolicyDocument=json.dumps(allow("s3:*"))
                ),
                reports=reports((own.address, "policy")),
            ),
            Mutation(
                title="attached to a stranger too",
                do=lambda: iam.attach_user_policy(UserName=f"stranger-{word}", **of_shared),
                reports=reports((everywhere.address, "users")),
            ),
        ),
    )
