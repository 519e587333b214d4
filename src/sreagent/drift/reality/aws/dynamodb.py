"""Tables of DynamoDB."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import at, taken
from sreagent.drift.reality.aws.scaling import targets
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Attributes, Kind, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Item = Mapping[str, Any]
TABLE = "aws_dynamodb_table"

_PAGE = 100
_ON_DEMAND = "PAY_PER_REQUEST"
_CAPACITIES = ("read_capacity", "write_capacity")
_INDEX = "global_secondary_index"
_LOCAL = "local_secondary_index"
_INDEX_CAPACITY = re.compile(rf"{_INDEX}\[(\d+)\]\.(\w+_capacity)")
_MOST = {"max_read_request_units": -1, "max_write_request_units": -1}
_TABLE = Shape(
    keyed={
        "attribute": ("name",),
        _INDEX: ("name",),
        _LOCAL: ("name",),
        "replica": ("region_name",),
    },
    sets=frozenset({f"{_INDEX}.non_key_attributes", f"{_LOCAL}.non_key_attributes"}),
    defaults={
        "billing_mode": "PROVISIONED",
        "table_class": "STANDARD",
        "point_in_time_recovery.recovery_period_in_days": 35,
        **{f"on_demand_throughput.{name}": most for name, most in _MOST.items()},
        **{f"{_INDEX}.on_demand_throughput.{name}": most for name, most in _MOST.items()},
    },
)
_NAMES = {
    "name": "TableName",
    "deletion_protection_enabled": "DeletionProtectionEnabled",
    "read_capacity": "ProvisionedThroughput.ReadCapacityUnits",
    "write_capacity": "ProvisionedThroughput.WriteCapacityUnits",
}
_OF_INDEX = {
    "name": "IndexName",
    "projection_type": "Projection.ProjectionType",
    "read_capacity": "ProvisionedThroughput.ReadCapacityUnits",
    "write_capacity": "ProvisionedThroughput.WriteCapacityUnits",
}
_THROUGHPUT = {
    "max_read_request_units": "MaxReadRequestUnits",
    "max_write_request_units": "MaxWriteRequestUnits",
}


def on_demand(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """A table that is paid by request has no capacities, whatever numbers stand there."""
    after = real.attributes
    if after.get("billing_mode") != _ON_DEMAND:
        return before, after
    plain = {name: value for name, value in after.items() if name not in _CAPACITIES}
    indexes = [
        {name: value for name, value in index.items() if name not in _CAPACITIES}
        for index in after.get(_INDEX) or ()
    ]
    return before, {**plain, **({_INDEX: indexes} if _INDEX in after else {})}


def scaled(difference: Difference, before: Attributes, real: Real) -> str:
    """The autoscaling of a table or of one of its indexes, for their capacities."""
    if difference.path in _CAPACITIES:
        return real.facts.get(difference.path, "")
    found = _INDEX_CAPACITY.fullmatch(difference.path)
    indexes = before.get(_INDEX) or ()
    if not found or int(found[1]) >= len(indexes):
        return ""
    return real.facts.get(f"{indexes[int(found[1])].get('name')}/{found[2]}", "")


@reader("dynamodb", Kind(type=TABLE, shape=_TABLE, settle=on_demand, owner=scaled))
def tables(look: Look) -> Iterator[Real]:
    """All tables by name; those in the state are described, three calls each."""
    names = list(look.listed("ListTables", "TableNames", Limit=_PAGE))
    known = [name for name in names if look.in_state(TABLE, name) is not None]
    described = dict(look.each(known, lambda name: _described(look, name)))
    scaling = _scaling(look) if any(map(_is_provisioned, described.values())) else {}
    ids = {table["TableArn"]: name for name, (table, _) in described.items() if table}
    tags = tags_for(look, TABLE, ids, lambda arn: look.asked("ListTagsOfResource", ResourceArn=arn))
    for name in names:
        table, attributes = described.get(name, ({}, {}))
        if table.get("TableStatus") == "DELETING":
            continue
        arn = table.get("TableArn", "")
        yield Real(
            type=TABLE,
            id=name,
            name=name,
            arn=arn,
            created=table.get("CreationDateTime"),
            facts=scaling.get(name, {}),
            attributes={**attributes, **tags.get(arn, {})},
        )


def _is_provisioned(described: tuple[Item, Attributes]) -> bool:
    return described[1].get("billing_mode") == "PROVISIONED"


def _scaling(look: Look) -> dict[str, dict[str, str]]:
    """By table: each of its capacities that autoscaling sets, and those of its indexes."""
    found: dict[str, dict[str, str]] = {}
    for target in targets(look, "dynamodb"):
        _, table, *index = target["ResourceId"].split("/")
        is_read = "Read" in target["ScalableDimension"]
        capacity = "/".join((*index[1:], _CAPACITIES[0 if is_read else 1]))
        found.setdefault(table, {})[capacity] = f"autoscaling of {target['ResourceId']}"
    return found


def _described(look: Look, name: str) -> tuple[Item, dict[str, Any]]:
    answer = look.asked("DescribeTable", TableName=name)
    if not answer:
        return {}, {}
    table: Item = answer["Table"]
    return table, {
        **taken(table, _NAMES),
        **_keys(table),
        "billing_mode": at(table, "BillingModeSummary.BillingMode") or "PROVISIONED",
        "table_class": at(table, "TableClassSummary.TableClass") or "",
        "stream_enabled": bool(at(table, "StreamSpecification.StreamEnabled")),
        "stream_view_type": at(table, "StreamSpecification.StreamViewType") or "",
        "attribute": [
            {"name": each["AttributeName"], "type": each["AttributeType"]}
            for each in table.get("AttributeDefinitions") or ()
        ],
        _INDEX: [
            {**_index(index), "on_demand_throughput": _throughput(index)}
            for index in table.get("GlobalSecondaryIndexes") or ()
        ],
        _LOCAL: [_index(index) for index in table.get("LocalSecondaryIndexes") or ()],
        "on_demand_throughput": _throughput(table),
        "server_side_encryption": _encryption(table),
        **_replicas(look, table),
        **_kept(look, name),
    }


def _keys(item: Item) -> dict[str, str]:
    keys = {key["KeyType"]: key["AttributeName"] for key in reversed(item.get("KeySchema") or ())}
    return {"hash_key": keys.get("HASH", ""), "range_key": keys.get("RANGE", "")}


def _index(index: Item) -> dict[str, Any]:
    others = at(index, "Projection.NonKeyAttributes") or []
    return {**_keys(index), **taken(index, _OF_INDEX), "non_key_attributes": others}


def _throughput(item: Item) -> list[dict[str, Any]]:
    said = item.get("OnDemandThroughput")
    return [taken(said, _THROUGHPUT)] if said else []


def _encryption(table: Item) -> list[dict[str, Any]]:
    """Nothing where the key is the one that belongs to AWS."""
    said = table.get("SSEDescription") or {}
    if said.get("Status") not in ("ENABLED", "ENABLING", "UPDATING"):
        return []
    return [{"enabled": True, "kms_key_arn": said.get("KMSMasterKeyArn", "")}]


def _replicas(look: Look, table: Item) -> dict[str, Any]:
    """Copies may be resources of their own: those that the table holds are compared."""
    if not (look.in_state(TABLE, table["TableName"]) or {}).get("replica"):
        return {}
    return {"replica": [{"region_name": each["RegionName"]} for each in _copies(table)]}


def _copies(table: Item) -> Iterable[Item]:
    here = table["TableArn"].split(":")[3]
    return (each for each in table.get("Replicas") or () if each["RegionName"] != here)


def _kept(look: Look, name: str) -> dict[str, Any]:
    """What is kept of a table: its backups, and its items until they expire."""
    found: dict[str, Any] = {}
    expiry = look.asked("DescribeTimeToLive", TableName=name)
    if said := (expiry or {}).get("TimeToLiveDescription"):
        is_on = said.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
        attribute = said.get("AttributeName", "") if is_on else ""
        found["ttl"] = [{"enabled": is_on, "attribute_name": attribute}]
    backups = look.asked("DescribeContinuousBackups", TableName=name) or {}
    path = "ContinuousBackupsDescription.PointInTimeRecoveryDescription"
    if recovery := at(backups, path):
        is_on = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        days = taken(recovery, {"recovery_period_in_days": "RecoveryPeriodInDays"})
        found["point_in_time_recovery"] = [{"enabled": is_on, **(days if is_on else {})}]
    return found
