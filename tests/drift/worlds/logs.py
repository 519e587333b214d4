"""Log groups."""

from tests.drift.worlds.world import (
    ACCOUNT,
    REGION,
    Aws,
    Mutation,
    Thing,
    World,
    arn,
    reports,
    world,
)

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000000"


@world("logs")
def groups(aws: Aws, word: str) -> World:
    logs = aws.client("logs")

    def a_group(name: str, retention: int, key: str, **tags: str) -> Thing:
        given = {"kmsKeyId": key} if key else {}
        logs.create_log_group(logGroupName=name, tags=tags, **given)
        if retention:
            logs.put_retention_policy(logGroupName=name, retentionInDays=retention)
        return Thing(
            type="aws_cloudwatch_log_group",
            name=name.strip("/").replace("/", "_").replace("-", "_"),
            attributes={
                "arn": arn("logs", f"log-group:{name}"),
                "id": name,
                "kms_key_id": key,
                "log_group_class": "STANDARD",
                "name": name,
                "name_prefix": "",
                "retention_in_days": retention,
                "skip_destroy": False,
                "tags": tags or None,
                "tags_all": tags,
            },
        )

    group = a_group(f"/shop/api-{word}", 30, KEY, team="shop")
    forever = a_group(f"/shop/audit-{word}", 0, "")
    logs.create_log_group(logGroupName=f"/stranger/{word}")
    logs.create_log_group(logGroupName=f"/aws/lambda/folded-{word}")
    name = {"logGroupName": group.attributes["name"]}
    audit = {"logGroupName": forever.attributes["name"]}
    # Moto has no associate_kms_key: a key cannot be changed there.
    return World(
        things=(group, forever),
        strangers=(("aws_cloudwatch_log_group", f"/stranger/{word}"),),
        mutations=(
            Mutation(
                title="kept for longer",
                do=lambda: logs.put_retention_policy(retentionInDays=365, **name),
                reports=reports((group.address, "retention_in_days")),
            ),
            Mutation(
                title="kept for ever",
                do=lambda: logs.delete_retention_policy(**name),
                reports=reports((group.address, "retention_in_days")),
            ),
            Mutation(
                title="no longer kept for ever",
                do=lambda: logs.put_retention_policy(retentionInDays=1, **audit),
                reports=reports((forever.address, "retention_in_days")),
            ),
            Mutation(
                title="tags",
                do=lambda: logs.tag_log_group(tags={"team": "payments", "env": "prod"}, **name),
                reports=reports((group.address, "tags.team"), (group.address, "tags.env")),
            ),
            Mutation(
                title="deleted",
                do=lambda: logs.delete_log_group(**audit),
                reports=reports((forever.address, "")),
            ),
        ),
    )
