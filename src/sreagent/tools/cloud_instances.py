"""Changes of single machines: reboots of EC2 and RDS, and starting an RDS instance."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.errors import NotFound, Unreachable
from sreagent.domain.text import one_line
from sreagent.policy.facts import Facts
from sreagent.tools.cloud_owners import GROUP, owner_of, tags_of
from sreagent.tools.cloud_verbs import (
    Call,
    CloudTool,
    Effect,
    Fields,
    InRegion,
    Place,
    State,
    aws,
    count,
)
from sreagent.tools.verbs import Arguments, Nothing

DATABASE, INSTANCE = "AWS::RDS::DBInstance", "AWS::EC2::Instance"
REBOOTED, STARTED = "/rebootedAfter", "/status"
TELLS_WITHIN = timedelta(minutes=25)
"""A yes is good for 10 minutes, and CloudTrail tells of a call within 15."""

InstanceId = Annotated[str, StringConstraints(pattern=r"^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$")]
DatabaseName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z](?:-?[A-Za-z0-9])*$", max_length=63)
]
_DATABASE_WRITTEN = (
    *("DBInstanceClass", "Engine", "EngineVersion", "MultiAZ", "AllocatedStorage"),
    *("DBParameterGroups", "OptionGroupMemberships", "VpcSecurityGroups", "DBClusterIdentifier"),
    *("PendingModifiedValues", "PubliclyAccessible", "TagList"),
)
_INSTANCE_WRITTEN = (
    *("ImageId", "InstanceType", "LaunchTime", "SubnetId", "SecurityGroups", "IamInstanceProfile"),
    "Tags",
)


class Database(Arguments):
    """A database instance; they lie in nothing but their region."""

    kind: str
    namespace: Nothing
    name: DatabaseName


class Instance(Arguments):
    """A machine by its id."""

    kind: str
    namespace: Nothing
    name: InstanceId


def _read_database(place: Place) -> State:
    name = place.target.name
    answer = place.ask("rds", "DescribeDBInstances", DBInstanceIdentifier=name)
    if not answer["DBInstances"]:
        msg = f"there is no database instance {name}"
        raise NotFound(msg)
    live = answer["DBInstances"][0]
    written = {key: live.get(key) for key in _DATABASE_WRITTEN}
    uid = (
        f"{live.get('DbiResourceId') or live['DBInstanceArn']} {live.get('InstanceCreateTime', '')}"
    )
    return State(uid=uid.strip(), written=written, live=live)


def _read_instance(place: Place) -> State:
    name = place.target.name
    answer = place.ask("ec2", "DescribeInstances", InstanceIds=[name])
    found = [i for group in answer["Reservations"] for i in group["Instances"]]
    if not found:
        msg = f"there is no instance {name}"
        raise NotFound(msg)
    live = found[0]
    # A start from somebody else moves the launch time, a reboot does not.
    return State(
        uid=live["InstanceId"], written={k: live.get(k) for k in _INSTANCE_WRITTEN}, live=live
    )


def _rebooted(action: Action, state: State, place: Place) -> Fields:
    """A reboot leaves no field behind: only when it was asked can be looked for later."""
    del action, state
    return {REBOOTED: None}, {REBOOTED: int(place.now.timestamp())}


def _started(action: Action, state: State, place: Place) -> Fields:
    del action, place
    return {STARTED: state.live["DBInstanceStatus"]}, {STARTED: "starting"}


def _database_reboots(action: Action, state: State) -> str:
    del action
    status = state.live["DBInstanceStatus"]
    return "" if status == "available" else f"it is {one_line(status, 60)}, not available"


def _database_starts(action: Action, state: State) -> str:
    del action
    if cluster := state.live.get("DBClusterIdentifier"):
        return f"it belongs to cluster {one_line(cluster, 63)}, which starts as a whole"
    status = state.live["DBInstanceStatus"]
    return "" if status == "stopped" else f"it is {one_line(status, 60)}, not stopped"


def _instance_reboots(action: Action, state: State) -> str:
    del action
    status = state.live["State"]["Name"]
    return "" if status == "running" else f"it is {one_line(status, 60)}, not running"


def _database_effect(action: Action, state: State, place: Place) -> Effect:
    del action
    live = state.live
    standby = "a standby in another zone" if live.get("MultiAZ") else "no standby"
    clients = _connections(place)
    known = "unknown" if clients is None else f"{clients:.0f}"
    return Effect(
        touches=f"all of {place.target.name}, for a minute or more; {standby}; "
        f"connections now: {known}",
        depends="; ".join(_replicas(live)) or "no read replica",
        owner=_managed_by(live.get("TagList")),
        facts=Facts(
            capacity=1,
            at_once=1,
            state_lost=("open connections and transactions", "what it holds in memory"),
        ),
        diff=tuple(_applied(live)),
    )


def _connections(place: Place) -> float | None:
    """Connections in the last ten minutes at most; None when CloudWatch does not tell."""
    answer = place.try_asking(
        "cloudwatch",
        "GetMetricStatistics",
        Namespace="AWS/RDS",
        MetricName="DatabaseConnections",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": place.target.name}],
        StartTime=place.now - timedelta(minutes=10),
        EndTime=place.now,
        Period=60,
        Statistics=["Maximum"],
    )
    points = (answer or {}).get("Datapoints") or ()
    return max((point["Maximum"] for point in points), default=None)


def _applied(live: Mapping[str, Any]) -> Iterator[str]:
    """What waits for the next reboot and would come into force with it."""
    if pending := live.get("PendingModifiedValues"):
        yield f"! comes into force: pending changes of {', '.join(sorted(pending))}"
    for group in live.get("DBParameterGroups") or ():
        if group.get("ParameterApplyStatus") == "pending-reboot":
            name = one_line(group["DBParameterGroupName"], 80)
            yield f"! comes into force: parameter group {name}"


def _replicas(live: Mapping[str, Any]) -> Iterator[str]:
    if replicas := live.get("ReadReplicaDBInstanceIdentifiers"):
        yield f"{count(len(replicas), 'read replica')} of it"
    if source := live.get("ReadReplicaSourceDBInstanceIdentifier"):
        yield f"it is a read replica of {one_line(source, 80)}"


def _managed_by(tags: Iterable[Mapping[str, Any]] | None) -> str:
    """Nothing that stays is changed, so nobody sets it back."""
    owner = owner_of(tags_of(tags))
    return f"managed by {owner}" if owner else "no tag tells who manages it"


def _start_effect(action: Action, state: State, place: Place) -> Effect:
    del action
    return Effect(
        touches=f"nothing that runs; {place.target.name} costs money again from now on",
        depends="nobody while it is stopped",
        owner=_managed_by(state.live.get("TagList")),
    )


def _instance_effect(action: Action, state: State, place: Place) -> Effect:
    del action
    tags = tags_of(state.live.get("Tags"))
    group = tags.get(GROUP, "")
    capacity, unseen = _in_service(place, group) if group else (1, ())
    name = f" ({one_line(tags['Name'], 60)})" if tags.get("Name") else ""
    role = f"; it is 1 of {count(capacity, 'instance')} in {one_line(group, 80)}" if group else ""
    return Effect(
        touches=f"all that runs on {place.target.name}{name}, for a minute or more{role}",
        depends=f"{one_line(group, 80)} replaces it if it stays unhealthy"
        if group
        else "no Auto Scaling group",
        owner=_managed_by(state.live.get("Tags")),
        facts=Facts(
            capacity=capacity,
            at_once=1,
            unseen=unseen,
            state_lost=("the memory of everything on it",),
        ),
    )


def _in_service(place: Place, group: str) -> tuple[int, tuple[str, ...]]:
    """Healthy instances in its group, itself included; 1 when the group cannot be looked at."""
    answer = place.try_asking(
        "autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[group]
    )
    if answer is None:
        return 1, ("AutoScalingGroup",)
    instances = [i for found in answer["AutoScalingGroups"] for i in found.get("Instances") or ()]
    well = [i for i in instances if (i["LifecycleState"], i["HealthStatus"]) == _SERVES]
    return max(1, len(well)), ()


_SERVES = ("InService", "Healthy")


def _database_was_rebooted(action: Action, after: Mapping[str, Any], place: Place) -> bool:
    if _read_database(place).live["DBInstanceStatus"] == "rebooting":
        return True
    since = _since(after)
    answer = place.ask(
        "rds",
        "DescribeEvents",
        SourceIdentifier=place.target.name,
        SourceType="db-instance",
        StartTime=since,
    )
    words = ("restart", "reboot", "shutdown")
    told = [e for e in answer["Events"] if e["Date"] >= since]
    if any(word in str(event.get("Message")).lower() for event in told for word in words):
        return True
    return _not_yet_known(action, since, place)


def _instance_was_rebooted(action: Action, after: Mapping[str, Any], place: Place) -> bool:
    since = _since(after)
    answer = place.ask(
        "cloudtrail",
        "LookupEvents",
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": place.target.name}],
        StartTime=since,
    )
    if any(_is_our_reboot(event) for event in answer["Events"]):
        return True
    return _not_yet_known(action, since, place)


def _is_our_reboot(event: Mapping[str, Any]) -> bool:
    try:
        told = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return False
    ours = "sreagent" in str(told.get("userAgent")) and not told.get("errorCode")
    return event.get("EventName") == "RebootInstances" and ours


def _not_yet_known(action: Action, since: datetime, place: Place) -> bool:
    """Silence counts as "not made" only after the time in which AWS tells."""
    if place.now - since < TELLS_WITHIN:
        minutes = int(TELLS_WITHIN.total_seconds() // 60)
        msg = f"AWS does not tell yet whether {action.target} was rebooted"
        raise Unreachable(msg, hint=f"look again {minutes} minutes after it was asked")
    return False


def _since(after: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(after[REBOOTED]), UTC)


def _was_started(action: Action, after: Mapping[str, Any], place: Place) -> bool:
    del action, after
    return _read_database(place).live["DBInstanceStatus"] not in ("stopped", "stopping")


RDS_REBOOT = CloudTool(
    verb="rds_reboot",
    kinds=frozenset({DATABASE}),
    target=Database,
    arguments=InRegion,
    title=lambda a: f"Reboot database {a.target.name}",
    command=lambda a: aws(a, f"rds reboot-db-instance --db-instance-identifier {a.target.name}"),
    looks=frozenset(
        {"rds:DescribeDBInstances", "rds:DescribeEvents", "cloudwatch:GetMetricStatistics"}
    ),
    makes=frozenset({"rds:RebootDBInstance"}),
    read=_read_database,
    fields=_rebooted,
    problem=_database_reboots,
    call=lambda a, _: Call(
        service="rds",
        operation="RebootDBInstance",
        parameters={"DBInstanceIdentifier": a.target.name},
    ),
    effect=_database_effect,
    made=_database_was_rebooted,
)
RDS_START = CloudTool(
    verb="rds_start",
    kinds=frozenset({DATABASE}),
    target=Database,
    arguments=InRegion,
    title=lambda a: f"Start database {a.target.name}",
    command=lambda a: aws(a, f"rds start-db-instance --db-instance-identifier {a.target.name}"),
    looks=frozenset({"rds:DescribeDBInstances"}),
    makes=frozenset({"rds:StartDBInstance"}),
    read=_read_database,
    fields=_started,
    problem=_database_starts,
    call=lambda a, _: Call(
        service="rds",
        operation="StartDBInstance",
        parameters={"DBInstanceIdentifier": a.target.name},
    ),
    effect=_start_effect,
    made=_was_started,
)
EC2_REBOOT = CloudTool(
    verb="ec2_reboot",
    kinds=frozenset({INSTANCE}),
    target=Instance,
    arguments=InRegion,
    title=lambda a: f"Reboot instance {a.target.name}",
    command=lambda a: aws(a, f"ec2 reboot-instances --instance-ids {a.target.name}"),
    looks=frozenset(
        {
            "ec2:DescribeInstances",
            "autoscaling:DescribeAutoScalingGroups",
            "cloudtrail:LookupEvents",
        }
    ),
    makes=frozenset({"ec2:RebootInstances"}),
    read=_read_instance,
    fields=_rebooted,
    problem=_instance_reboots,
    call=lambda a, _: Call(
        service="ec2",
        operation="RebootInstances",
        parameters={"InstanceIds": [a.target.name]},
    ),
    effect=_instance_effect,
    made=_instance_was_rebooted,
    dry_run=True,
)
