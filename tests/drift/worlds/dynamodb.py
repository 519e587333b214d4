"""Tables."""

from typing import Any

from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world

NAMES = ("customer", "day", "id")
INDEX = {
    "hash_key": "customer",
    "name": "by-customer",
    "non_key_attributes": ["total", "paid"],
    "on_demand_throughput": [],
    "projection_type": "INCLUDE",
    "range_key": "",
}
OFF = {"attribute_name": "", "enabled": False}


def capacity(reads: int, writes: int) -> dict[str, int]:
    return {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}


def an_index(name: str, key: str, **more: object) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], **more}


def state(name: str, **more: object) -> Thing:
    return Thing(
        type="aws_dynamodb_table",
        name=name.replace("-", "_"),
        attributes={
            "arn": arn("dynamodb", f"table/{name}"),
            "attribute": [{"name": "id", "type": "S"}],
            "billing_mode": "PAY_PER_REQUEST",
            "deletion_protection_enabled": False,
            "global_secondary_index": [],
            "hash_key": "id",
            "id": name,
            "import_table": [],
            "local_secondary_index": [],
            "name": name,
            "on_demand_throughput": [],
            "point_in_time_recovery": [{"enabled": False, "recovery_period_in_days": 0}],
            "range_key": None,
            "read_capacity": 0,
            "replica": [],
            "restore_date_time": None,
            "restore_source_name": None,
            "restore_source_table_arn": None,
            "restore_to_latest_time": None,
            "server_side_encryption": [],
            "stream_arn": "",
            "stream_enabled": False,
            "stream_label": "",
            "stream_view_type": "",
            "table_class": "STANDARD",
            "tags": {"team": "shop"},
            "tags_all": {"team": "shop"},
            "timeouts": None,
            "ttl": [OFF],
            "write_capacity": 0,
            **more,
        },
    )


def made(dynamo: Any, name: str, **how: object) -> None:
    said: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "Tags": [{"Key": "team", "Value": "shop"}],
    }
    dynamo.create_table(**{**said, **how})


def expiring(dynamo: Any, name: str, attribute: str, *, on: bool) -> None:
    said = {"Enabled": on, "AttributeName": attribute}
    dynamo.update_time_to_live(TableName=name, TimeToLiveSpecification=said)


@world("dynamodb")
def tables(aws: Aws, word: str) -> World:
    """One table with everything, by capacities that are scaled in part; one paid by request."""
    dynamo, plenty, plain = aws.client("dynamodb"), f"orders-{word}", f"carts-{word}"
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["paid", "total"]}
    made(
        dynamo,
        plenty,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=capacity(5, 5),
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in NAMES[::-1]
        ],
        GlobalSecondaryIndexes=[
            an_index("by-day", "day", Projection={"ProjectionType": "ALL"})
            | {"ProvisionedThroughput": capacity(2, 2)},
            an_index("by-customer", "customer", Projection=projection)
            | {"ProvisionedThroughput": capacity(2, 2)},
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        DeletionProtectionEnabled=True,
    )
    dynamo.update_continuous_backups(
        TableName=plenty, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    expiring(dynamo, plenty, "until", on=True)
    made(dynamo, plain)
    made(dynamo, f"stranger-{word}")
    scaling = aws.client("application-autoscaling")
    scaling.register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{plenty}",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=50,
    )
    both = {"read_capacity": 2, "write_capacity": 2}
    by_day = {**INDEX, "hash_key": "day", "name": "by-day", "projection_type": "ALL"}
    orders = state(
        plenty,
        attribute=[{"name": each, "type": "S"} for each in NAMES],
        billing_mode="PROVISIONED",
        deletion_protection_enabled=True,
        global_secondary_index=[{**INDEX, **both}, {**by_day, **both, "non_key_attributes": []}],
        point_in_time_recovery=[{"enabled": True, "recovery_period_in_days": 35}],
        stream_enabled=True,
        stream_view_type="NEW_IMAGE",
        read_capacity=5,
        write_capacity=5,
        ttl=[{"attribute_name": "until", "enabled": True}],
    )
    carts = state(plain)

    def update(table: str, **how: object) -> None:
        dynamo.update_table(TableName=table, **how)

    return World(
        things=(orders, carts),
        strangers=(("aws_dynamodb_table", f"stranger-{word}"),),
        mutations=(
            Mutation(
                title="not protected",
                do=lambda: update(plenty, DeletionProtectionEnabled=False),
                reports=reports((orders.address, "deletion_protection_enabled")),
            ),
            Mutation(
                title="paid by request",
                do=lambda: update(plenty, BillingMode="PAY_PER_REQUEST"),
                reports=reports((orders.address, "billing_mode")),
            ),
            Mutation(
                title="no backups",
                do=lambda: dynamo.update_continuous_backups(
                    TableName=plenty,
                    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
                ),
                reports=reports((orders.address, "point_in_time_recovery[0].enabled")),
            ),
            Mutation(
                title="items expire where none did",
                do=lambda: expiring(dynamo, plain, "seen", on=True),
                reports=reports(
                    (carts.address, "ttl[0].enabled"), (carts.address, "ttl[0].attribute_name")
                ),
            ),
            Mutation(
                title="an index gone",
                do=lambda: update(
                    plenty, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-customer"}}]
                ),
                reports=reports((orders.address, "global_secondary_index[0]")),
            ),
            Mutation(
                title="more writes, which nothing scales",
                do=lambda: update(plenty, ProvisionedThroughput=capacity(5, 9)),
                reports=reports((orders.address, "write_capacity")),
            ),
            Mutation(
                title="tags",
                do=lambda: dynamo.tag_resource(
                    ResourceArn=carts.attributes["arn"], Tags=[{"Key": "team", "Value": "x"}]
                ),
                reports=reports((carts.address, "tags.team")),
            ),
            Mutation(
                title="deleted",
                do=lambda: dynamo.delete_table(TableName=plain),
                reports=reports((carts.address, "")),
            ),
        ),
    )


@world("dynamodb_scaled")
def scaled(aws: Aws, word: str) -> World:
    """A table that autoscaling sets, and an index that nothing sets."""
    dynamo, name = aws.client("dynamodb"), f"scaled-{word}"
    made(dynamo, name, BillingMode="PROVISIONED", ProvisionedThroughput=capacity(5, 5))
    aws.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{name}",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=50,
    )
    table = state(name, billing_mode="PROVISIONED", read_capacity=5, write_capacity=5)
    return World(
        things=(table,),
        mutations=(
            Mutation(
                title="more reads",
                do=lambda: dynamo.update_table(
                    TableName=name, ProvisionedThroughput=capacity(40, 5)
                ),
                reports=reports((table.address, "read_capacity")),
                controlled=True,
            ),
        ),
    )
