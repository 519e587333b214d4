"""Changes of AWS, on a pretend account: prepared, made, found again, taken back."""

import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.clients.servers import Reply, Server, reply, serving
from tests.cloud.server import REGION, TASKS, Account, account

from sreagent.clients.aws import AwsCloud, connect
from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused, TryAgain, Unreachable
from sreagent.domain.secrets import disown
from sreagent.tools.changes import CLOUD_VERBS, remembered
from sreagent.tools.cloud import CLOUD, CloudChanges
from sreagent.tools.cloud_verbs import CHECKED

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FUNCTION_ROLE = "arn:aws:iam::123456789012:role/runs-functions"


class MovableClock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def moto() -> Iterator[Account]:
    with account() as running:
        yield running


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    path = tmp_path / ".aws" / "credentials"
    write_keys(path, secrets.token_hex(10), secrets.token_hex(20))
    yield path
    disown()


def write_keys(path: Path, key: str, secret: str) -> None:
    path.write_text(
        f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n",
        encoding="utf-8",
    )


@pytest.fixture
def aws(moto: Account, profile: Path) -> AwsCloud:
    del profile
    moto.reset()
    return cloud_at(moto.url)


def cloud_at(url: str, timeout: float = 30.0) -> AwsCloud:
    return connect(profile="", region=REGION, endpoint=url, timeout=timeout)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def changes(aws: AwsCloud, clock: MovableClock) -> CloudChanges:
    return CloudChanges(aws, clock, CLOUD)


SERVICE = Entity(kind="AWS::ECS::Service", namespace="shop", name="checkout")
GROUP = Entity(kind="AWS::AutoScaling::AutoScalingGroup", name="workers")
ALIAS = Entity(kind="AWS::Lambda::Alias", namespace="resize", name="live")
DATABASE = Entity(kind="AWS::RDS::DBInstance", name="orders")


def instance(name: str) -> Entity:
    return Entity(kind="AWS::EC2::Instance", name=name)


def act(verb: str, target: Entity, **arguments: Any) -> Action:
    return Action(verb=verb, target=target, arguments=arguments)


def make_service(aws: AwsCloud, **more: Any) -> None:
    aws.call("ecs", "CreateCluster", {"clusterName": "shop"})
    for image in ("shop/checkout:1", "shop/checkout:2", "shop/checkout:3"):
        register(aws, image)
    wanted = {"cluster": "shop", "serviceName": "checkout", "taskDefinition": "checkout:2"}
    aws.call("ecs", "CreateService", {**wanted, "desiredCount": TASKS, **more})


def register(aws: AwsCloud, image: str, family: str = "checkout", **more: Any) -> None:
    container = {"name": "web", "image": image, "memory": 128}
    containers = {"containerDefinitions": [container]}
    aws.call("ecs", "RegisterTaskDefinition", {"family": family, **containers, **more})


def service(aws: AwsCloud) -> Mapping[str, Any]:
    wanted = {"cluster": "shop", "services": ["checkout"], "include": ["TAGS"]}
    found: Mapping[str, Any] = aws.call("ecs", "DescribeServices", wanted)["services"][0]
    return found


def make_group(aws: AwsCloud, **more: Any) -> None:
    image = an_image(aws)
    aws.call(
        "autoscaling",
        "CreateLaunchConfiguration",
        {"LaunchConfigurationName": "small", "ImageId": image, "InstanceType": "t3.small"},
    )
    bounds = {"MinSize": 1, "MaxSize": 5, "DesiredCapacity": 3}
    wanted = {"AutoScalingGroupName": "workers", "LaunchConfigurationName": "small"}
    zones = {"AvailabilityZones": [f"{REGION}a"]}
    aws.call("autoscaling", "CreateAutoScalingGroup", {**wanted, **bounds, **zones, **more})


def group(aws: AwsCloud) -> Mapping[str, Any]:
    named = {"AutoScalingGroupNames": ["workers"]}
    answer = aws.call("autoscaling", "DescribeAutoScalingGroups", named)
    found: Mapping[str, Any] = answer["AutoScalingGroups"][0]
    return found


def an_image(aws: AwsCloud) -> str:
    asked = {"Filters": [{"Name": "name", "Values": ["amzn-ami-hvm-2017*"]}]}
    images = aws.call("ec2", "DescribeImages", asked)["Images"]
    found: str = images[0]["ImageId"]
    return found


def make_alias(aws: AwsCloud, versions: int = 3, **more: Any) -> None:
    aws.call("iam", "CreateRole", {"RoleName": "runs-functions", "AssumeRolePolicyDocument": "{}"})
    aws.call(
        "lambda",
        "CreateFunction",
        {
            "FunctionName": "resize",
            "Runtime": "python3.12",
            "Role": FUNCTION_ROLE,
            "Handler": "a.b",
            "Code": {"ZipFile": zipped("0")},
            "Environment": {"Variables": {"DB_PASSWORD": secrets.token_hex(8)}},
        },
    )
    for number in range(1, versions + 1):
        code = {"FunctionName": "resize", "ZipFile": zipped(str(number))}
        aws.call("lambda", "UpdateFunctionCode", code)
        aws.call("lambda", "PublishVersion", {"FunctionName": "resize"})
    alias = {"FunctionName": "resize", "Name": "live", "FunctionVersion": "3"}
    aws.call("lambda", "CreateAlias", {**alias, **more})


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.py", f"def b(event, context): return {text}")
    return packed.getvalue()


def alias_version(aws: AwsCloud) -> str:
    answer = aws.call("lambda", "GetAlias", {"FunctionName": "resize", "Name": "live"})
    return str(answer["FunctionVersion"])


def make_database(aws: AwsCloud, **more: Any) -> None:
    wanted = {
        "DBInstanceIdentifier": "orders",
        "DBInstanceClass": "db.t3.small",
        "Engine": "postgres",
        "AllocatedStorage": 20,
        "MasterUsername": "root",
        "MasterUserPassword": secrets.token_hex(8),
    }
    aws.call("rds", "CreateDBInstance", {**wanted, **more})


def database_status(aws: AwsCloud) -> str:
    named = {"DBInstanceIdentifier": "orders"}
    return str(aws.call("rds", "DescribeDBInstances", named)["DBInstances"][0]["DBInstanceStatus"])


def make_instance(aws: AwsCloud) -> str:
    wanted = {"ImageId": an_image(aws), "MinCount": 1, "MaxCount": 1}
    made: str = aws.call("ec2", "RunInstances", wanted)["Instances"][0]["InstanceId"]
    return made


# What each change does


def test_new_tasks_are_started(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    before = service(aws)["deployments"][0]["id"]
    prepared = changes.prepare(act("ecs_redeploy", SERVICE))
    assert prepared.title == "Start new tasks for checkout"
    assert prepared.preview.accepted
    assert prepared.preview.answer == CHECKED
    assert prepared.undo is None
    assert not changes.settle(prepared.action, remembered(prepared.after))
    assert changes.run(prepared).startswith("accepted by AWS (request ")
    assert service(aws)["deployments"][0]["id"] != before
    assert changes.settle(prepared.action, remembered(prepared.after))


def test_a_service_goes_back_to_a_task_definition_and_forth_again(
    aws: AwsCloud, changes: CloudChanges
) -> None:
    make_service(aws)
    prepared = changes.prepare(act("ecs_rollback", SERVICE, task_definition="checkout:1"))
    assert "- taskDefinition: checkout:2" in prepared.preview.diff
    assert "+ taskDefinition: checkout:1" in prepared.preview.diff
    assert "+ containerDefinitions[web].image: shop/checkout:1" in prepared.preview.diff
    assert not changes.settle(prepared.action, remembered(prepared.after))
    changes.run(prepared)
    assert service(aws)["taskDefinition"].endswith("checkout:1")
    assert changes.settle(prepared.action, remembered(prepared.after))
    assert prepared.undo == act("ecs_rollback", SERVICE, task_definition="checkout:2")
    assert prepared.facts.reversible
    changes.run(changes.prepare(prepared.undo))
    assert service(aws)["taskDefinition"].endswith("checkout:2")


def test_a_service_is_scaled_and_scaled_back(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    prepared = changes.prepare(act("ecs_scale", SERVICE, desired_count=5))
    assert prepared.preview.diff == ("- desiredCount: 3", "+ desiredCount: 5")
    changes.run(prepared)
    assert service(aws)["desiredCount"] == 5
    assert changes.settle(prepared.action, remembered(prepared.after))
    assert prepared.undo == act("ecs_scale", SERVICE, desired_count=TASKS)
    changes.run(changes.prepare(prepared.undo))
    assert service(aws)["desiredCount"] == TASKS


def test_a_group_is_scaled_and_scaled_back(aws: AwsCloud, changes: CloudChanges) -> None:
    make_group(aws)
    prepared = changes.prepare(act("asg_scale", GROUP, desired_capacity=5))
    assert prepared.preview.diff == ("- DesiredCapacity: 3", "+ DesiredCapacity: 5")
    assert not changes.settle(prepared.action, remembered(prepared.after))
    changes.run(prepared)
    assert group(aws)["DesiredCapacity"] == 5
    assert changes.settle(prepared.action, remembered(prepared.after))
    assert prepared.undo
    changes.run(changes.prepare(prepared.undo))
    assert group(aws)["DesiredCapacity"] == 3


def test_an_alias_leads_to_a_former_version_and_back(aws: AwsCloud, changes: CloudChanges) -> None:
    make_alias(aws)
    prepared = changes.prepare(act("lambda_alias", ALIAS, version=2))
    assert "- FunctionVersion: 3" in prepared.preview.diff
    assert any(line.startswith("+ CodeSha256: ") for line in prepared.preview.diff)
    changes.run(prepared)
    assert alias_version(aws) == "2"
    assert changes.settle(prepared.action, remembered(prepared.after))
    assert prepared.undo == act("lambda_alias", ALIAS, version=3)
    changes.run(changes.prepare(prepared.undo))
    assert alias_version(aws) == "3"


def test_a_database_is_rebooted(aws: AwsCloud, changes: CloudChanges) -> None:
    make_database(aws)
    prepared = changes.prepare(act("rds_reboot", DATABASE))
    assert prepared.preview.accepted
    assert prepared.undo is None
    assert "open connections and transactions" in prepared.facts.state_lost
    assert (prepared.facts.capacity, prepared.facts.at_once) == (1, 1)
    assert changes.run(prepared).startswith("accepted by AWS")


def test_a_stopped_database_is_started(aws: AwsCloud, changes: CloudChanges) -> None:
    make_database(aws)
    aws.call("rds", "StopDBInstance", {"DBInstanceIdentifier": "orders"})
    prepared = changes.prepare(act("rds_start", DATABASE))
    assert not changes.settle(prepared.action, remembered(prepared.after))
    changes.run(prepared)
    assert database_status(aws) == "available"
    assert changes.settle(prepared.action, remembered(prepared.after))


def test_an_instance_is_rebooted_after_a_dry_run(aws: AwsCloud, changes: CloudChanges) -> None:
    name = make_instance(aws)
    prepared = changes.prepare(act("ec2_reboot", instance(name)))
    assert prepared.preview.answer == "AWS's dry run said yes"
    assert prepared.command == f"aws ec2 reboot-instances --instance-ids {name}"
    assert changes.run(prepared).startswith("accepted by AWS")


# Lines


@pytest.mark.parametrize(
    ("action", "line"),
    [
        pytest.param(
            act("ecs_redeploy", SERVICE),
            "aws ecs update-service --cluster shop --service checkout --force-new-deployment",
            id="ecs_redeploy",
        ),
        pytest.param(
            act("ecs_rollback", SERVICE, task_definition="checkout:1", region="eu-west-1"),
            "aws ecs update-service --cluster shop --service checkout "
            "--task-definition checkout:1 --region eu-west-1",
            id="ecs_rollback",
        ),
        pytest.param(
            act("ecs_scale", SERVICE, desired_count=4),
            "aws ecs update-service --cluster shop --service checkout --desired-count 4",
            id="ecs_scale",
        ),
        pytest.param(
            act("asg_scale", GROUP, desired_capacity=4),
            "aws autoscaling set-desired-capacity --auto-scaling-group-name workers "
            "--desired-capacity 4",
            id="asg_scale",
        ),
        pytest.param(
            act("lambda_alias", ALIAS, version=7),
            "aws lambda update-alias --function-name resize --name live --function-version 7",
            id="lambda_alias",
        ),
        pytest.param(
            act("rds_reboot", DATABASE),
            "aws rds reboot-db-instance --db-instance-identifier orders",
            id="rds_reboot",
        ),
        pytest.param(
            act("rds_start", DATABASE),
            "aws rds start-db-instance --db-instance-identifier orders",
            id="rds_start",
        ),
    ],
)
def test_a_change_as_a_line(action: Action, line: str) -> None:
    CLOUD[action.verb].check(action)
    assert CLOUD[action.verb].command(action) == line


def test_a_change_and_its_undo_stay_in_their_region(aws: AwsCloud, clock: MovableClock) -> None:
    far = connect(profile="", region="eu-west-1", endpoint=endpoint_of(aws), timeout=5)
    make_service(far)
    changes = CloudChanges(aws, clock, CLOUD)
    with pytest.raises(NotFound):
        changes.prepare(act("ecs_scale", SERVICE, desired_count=5))
    prepared = changes.prepare(act("ecs_scale", SERVICE, desired_count=5, region="eu-west-1"))
    changes.run(prepared)
    assert service(far)["desiredCount"] == 5
    assert prepared.undo
    assert prepared.undo.arguments == {"desired_count": 3, "region": "eu-west-1"}


def endpoint_of(aws: AwsCloud) -> str:
    url = aws.call("sqs", "CreateQueue", {"QueueName": "where"})["QueueUrl"]
    return "/".join(str(url).split("/")[:3])


# Arguments


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(act("ecs_scale", SERVICE, desired_count="5"), id="number as text"),
        pytest.param(act("ecs_scale", SERVICE, desired_count=True), id="truth as number"),
        pytest.param(act("ecs_scale", SERVICE, desired_count=-1), id="negative"),
        pytest.param(act("ecs_scale", SERVICE, desired_count=5, force=True), id="unknown field"),
        pytest.param(act("ecs_scale", SERVICE), id="missing field"),
        pytest.param(act("ecs_scale", DATABASE, desired_count=5), id="other kind"),
        pytest.param(act("ecs_redeploy", replace(SERVICE, name="a b")), id="space"),
        pytest.param(act("ecs_redeploy", replace(SERVICE, name="a/b")), id="slash"),
        pytest.param(act("ecs_redeploy", replace(SERVICE, name="--profile")), id="flag"),
        pytest.param(act("ecs_redeploy", replace(SERVICE, namespace="")), id="no cluster"),
        pytest.param(act("ecs_redeploy", replace(SERVICE, name="check\u043eut")), id="look-alike"),
        pytest.param(act("ecs_redeploy", replace(SERVICE, name="a\n")), id="line feed"),
        pytest.param(act("ecs_rollback", SERVICE, task_definition="checkout"), id="no revision"),
        pytest.param(act("ecs_rollback", SERVICE, task_definition="checkout:01"), id="octal"),
        pytest.param(
            act("ecs_rollback", SERVICE, task_definition="arn:aws:ecs:x:1:task-definition/c:1"),
            id="arn",
        ),
        pytest.param(act("ecs_redeploy", SERVICE, region="evil.com/"), id="no region"),
        pytest.param(act("ecs_redeploy", SERVICE, region="eu-west-1 --profile x"), id="more words"),
        pytest.param(
            act("asg_scale", replace(GROUP, namespace="shop"), desired_capacity=1), id="ns"
        ),
        pytest.param(act("lambda_alias", ALIAS, version=0), id="version 0"),
        pytest.param(act("lambda_alias", ALIAS, version="$LATEST"), id="latest"),
        pytest.param(
            act("lambda_alias", replace(ALIAS, name="7"), version=1), id="alias is version"
        ),
        pytest.param(act("rds_reboot", replace(DATABASE, name="a--b")), id="two hyphens"),
        pytest.param(act("rds_reboot", replace(DATABASE, name="a-")), id="hyphen at the end"),
        pytest.param(act("rds_reboot", DATABASE, force_failover=True), id="failover"),
        pytest.param(act("ec2_reboot", instance("i-12")), id="short id"),
        pytest.param(act("ec2_reboot", instance("i-0123456789ABCDEF0")), id="capitals"),
    ],
)
def test_what_is_not_spelled_right_is_never_asked(action: Action, clock: MovableClock) -> None:
    with serving() as server:
        cloud = cloud_at(server.url)
        with pytest.raises(TryAgain):
            CloudChanges(cloud, clock, CLOUD).prepare(action)
        assert server.asked == []


def test_what_is_already_so_is_told(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    for action in (
        act("ecs_scale", SERVICE, desired_count=TASKS),
        act("ecs_rollback", SERVICE, task_definition="checkout:2"),
    ):
        with pytest.raises(TryAgain, match="already"):
            changes.prepare(action)


def test_a_task_definition_that_is_not_there_is_told_with_those_that_are(
    aws: AwsCloud, changes: CloudChanges
) -> None:
    make_service(aws)
    with pytest.raises(TryAgain, match="it has checkout:3, checkout:2, checkout:1"):
        changes.prepare(act("ecs_rollback", SERVICE, task_definition="checkout:9"))


def test_a_task_definition_that_was_taken_back_is_not_used(
    aws: AwsCloud, changes: CloudChanges
) -> None:
    make_service(aws)
    aws.call("ecs", "DeregisterTaskDefinition", {"taskDefinition": "checkout:1"})
    with pytest.raises(TryAgain, match="no active revision"):
        changes.prepare(act("ecs_rollback", SERVICE, task_definition="checkout:1"))


def test_a_version_that_is_not_there_is_told(aws: AwsCloud, changes: CloudChanges) -> None:
    make_alias(aws)
    with pytest.raises(TryAgain, match="has no version 9"):
        changes.prepare(act("lambda_alias", ALIAS, version=9))


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(act("ecs_redeploy", SERVICE), id="cluster"),
        pytest.param(act("asg_scale", GROUP, desired_capacity=1), id="group"),
        pytest.param(act("lambda_alias", ALIAS, version=1), id="function"),
        pytest.param(act("rds_reboot", DATABASE), id="database"),
        pytest.param(act("ec2_reboot", instance("i-0123456789abcdef0")), id="instance"),
    ],
)
def test_what_is_not_there_is_not_found(changes: CloudChanges, action: Action) -> None:
    with pytest.raises(NotFound):
        changes.prepare(action)


def test_a_service_that_was_deleted_is_not_found(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    aws.call("ecs", "DeleteService", {"cluster": "shop", "service": "checkout", "force": True})
    with pytest.raises(NotFound):
        changes.prepare(act("ecs_redeploy", SERVICE))


# What stands in the way

Prepare = Callable[[AwsCloud], Action]


def shifting(aws: AwsCloud) -> Action:
    make_alias(aws, RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    return act("lambda_alias", ALIAS, version=2)


def other_family(aws: AwsCloud) -> Action:
    make_service(aws)
    register(aws, "shop/mailer:1", family="mailer")
    return act("ecs_rollback", SERVICE, task_definition="mailer:1")


def by_codedeploy(aws: AwsCloud) -> Action:
    make_service(aws, deploymentController={"type": "CODE_DEPLOY"})
    return act("ecs_redeploy", SERVICE)


def under_way(aws: AwsCloud) -> Action:
    make_service(aws, desiredCount=TASKS + 1)
    return act("ecs_redeploy", SERVICE)


def daemon(aws: AwsCloud) -> Action:
    make_service(aws, schedulingStrategy="DAEMON")
    return act("ecs_scale", SERVICE, desired_count=5)


def out_of_bounds(aws: AwsCloud) -> Action:
    make_group(aws)
    return act("asg_scale", GROUP, desired_capacity=6)


def suspended(aws: AwsCloud) -> Action:
    make_group(aws)
    which = {"AutoScalingGroupName": "workers", "ScalingProcesses": ["Launch"]}
    aws.call("autoscaling", "SuspendProcesses", which)
    return act("asg_scale", GROUP, desired_capacity=4)


def running_database(aws: AwsCloud) -> Action:
    make_database(aws)
    return act("rds_start", DATABASE)


def stopped_database(aws: AwsCloud) -> Action:
    make_database(aws)
    aws.call("rds", "StopDBInstance", {"DBInstanceIdentifier": "orders"})
    return act("rds_reboot", DATABASE)


def stopped_instance(aws: AwsCloud) -> Action:
    name = make_instance(aws)
    aws.call("ec2", "StopInstances", {"InstanceIds": [name]})
    return act("ec2_reboot", instance(name))


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        pytest.param(shifting, "being shifted", id="alias in a canary"),
        pytest.param(other_family, "not of the family", id="other family"),
        pytest.param(by_codedeploy, "CODE_DEPLOY", id="CodeDeploy"),
        pytest.param(under_way, "under way", id="deployment in flight"),
        pytest.param(daemon, "daemon", id="daemon"),
        pytest.param(out_of_bounds, "outside its bounds, 1 to 5", id="out of bounds"),
        pytest.param(suspended, "Launch is suspended", id="suspended"),
        pytest.param(running_database, "not stopped", id="database runs"),
        pytest.param(stopped_database, "not available", id="database stopped"),
        pytest.param(stopped_instance, "not running", id="instance stopped"),
    ],
)
def test_what_aws_would_not_do_is_refused_before_it_is_asked(
    aws: AwsCloud, changes: CloudChanges, prepare: Prepare, reason: str
) -> None:
    prepared = changes.prepare(prepare(aws))
    assert not prepared.preview.accepted
    assert reason in prepared.preview.answer
    with pytest.raises(Refused, match=reason):
        changes.run(prepared)


# What a yes is bound to


def other_count(aws: AwsCloud) -> None:
    wanted = {"cluster": "shop", "service": "checkout", "desiredCount": 4}
    aws.call("ecs", "UpdateService", wanted)


def other_deployment(aws: AwsCloud) -> None:
    wanted = {"cluster": "shop", "service": "checkout", "forceNewDeployment": True}
    aws.call("ecs", "UpdateService", wanted)


def other_tag(aws: AwsCloud) -> None:
    tags = [{"key": "team", "value": "payments"}]
    aws.call("ecs", "TagResource", {"resourceArn": service(aws)["serviceArn"], "tags": tags})


@pytest.mark.parametrize("edit", [other_count, other_deployment, other_tag])
def test_a_service_that_somebody_changed_meanwhile_is_left_alone(
    aws: AwsCloud, changes: CloudChanges, edit: Callable[[AwsCloud], None]
) -> None:
    make_service(aws)
    prepared = changes.prepare(act("ecs_rollback", SERVICE, task_definition="checkout:1"))
    edit(aws)
    with pytest.raises(Conflict, match="changed since it was shown"):
        changes.run(prepared)
    assert service(aws)["taskDefinition"].endswith("checkout:2")


def test_an_alias_that_somebody_moved_meanwhile_is_left_alone(
    aws: AwsCloud, changes: CloudChanges
) -> None:
    make_alias(aws)
    prepared = changes.prepare(act("lambda_alias", ALIAS, version=2))
    moved = {"FunctionName": "resize", "Name": "live", "FunctionVersion": "1"}
    aws.call("lambda", "UpdateAlias", moved)
    with pytest.raises(Conflict):
        changes.run(prepared)
    assert alias_version(aws) == "1"


def test_a_group_whose_bounds_moved_meanwhile_is_left_alone(
    aws: AwsCloud, changes: CloudChanges
) -> None:
    make_group(aws)
    prepared = changes.prepare(act("asg_scale", GROUP, desired_capacity=4))
    aws.call(
        "autoscaling", "UpdateAutoScalingGroup", {"AutoScalingGroupName": "workers", "MaxSize": 4}
    )
    with pytest.raises(Conflict):
        changes.run(prepared)
    assert group(aws)["DesiredCapacity"] == 3


def test_a_database_that_was_made_anew_is_another_one(aws: AwsCloud, changes: CloudChanges) -> None:
    make_database(aws)
    prepared = changes.prepare(act("rds_reboot", DATABASE))
    named = {"DBInstanceIdentifier": "orders"}
    aws.call("rds", "DeleteDBInstance", {**named, "SkipFinalSnapshot": True})
    make_database(aws)
    with pytest.raises(Conflict, match="made anew"):
        changes.run(prepared)


def test_the_fingerprint_stays_while_nothing_changes_and_moves_with_any_edit(
    aws: AwsCloud, changes: CloudChanges, clock: MovableClock
) -> None:
    make_service(aws)
    action = act("ecs_scale", SERVICE, desired_count=5)
    first = changes.prepare(action).fingerprint
    clock.sleep(60)
    assert changes.prepare(action).fingerprint == first
    other_tag(aws)
    assert changes.prepare(action).fingerprint != first


def test_a_reboot_is_bound_to_the_machine_and_not_to_the_minute(
    aws: AwsCloud, changes: CloudChanges, clock: MovableClock
) -> None:
    make_database(aws)
    first = changes.prepare(act("rds_reboot", DATABASE)).fingerprint
    clock.sleep(60)
    assert changes.prepare(act("rds_reboot", DATABASE)).fingerprint == first


def test_lambda_is_told_which_revision_of_the_alias_was_read(
    profile: Path, clock: MovableClock
) -> None:
    del profile
    with serving() as server:
        serve_alias(server)
        changes = CloudChanges(cloud_at(server.url), clock, CLOUD)
        changes.run(changes.prepare(act("lambda_alias", ALIAS, version=2)))
        sent = json.loads(server.asked[-1].body)
    assert sent == {"FunctionVersion": "2", "RevisionId": "r-7"}


def test_an_alias_that_moved_between_reading_and_writing_is_a_conflict(
    profile: Path, clock: MovableClock
) -> None:
    del profile
    with serving() as server:
        serve_alias(server)
        changes = CloudChanges(cloud_at(server.url), clock, CLOUD)
        prepared = changes.prepare(act("lambda_alias", ALIAS, version=2))
        path = "/2015-03-31/functions/resize/aliases/live"
        told = {"x-amzn-ErrorType": "PreconditionFailedException"}
        server.on(path, alias_answer(), reply({"Message": "moved"}, 412, headers=told))
        with pytest.raises(Conflict):
            changes.run(prepared)


def serve_alias(server: Server) -> None:
    server.on("/2015-03-31/functions/resize/aliases/live", alias_answer())
    server.on(
        "/2015-03-31/functions/resize/configuration", reply({"Version": "2", "State": "Active"})
    )
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:resize"
    server.on(f"/2017-03-31/tags/{arn.replace(':', '%3A')}", reply({"Tags": {}}))


def alias_answer() -> Reply:
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:resize:live"
    return reply({"AliasArn": arn, "Name": "live", "FunctionVersion": "3", "RevisionId": "r-7"})


# What a change touches


def test_what_a_rolling_deployment_takes_away(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    facts = changes.prepare(act("ecs_redeploy", SERVICE)).facts
    assert (facts.replicas, facts.capacity, facts.pods, facts.at_once) == (3, 3, 3, 0)
    assert (facts.unseen, facts.owner, facts.autoscaler) == ((), "", "")


def test_scaling_in_takes_the_difference_away(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    prepared = changes.prepare(act("ecs_scale", SERVICE, desired_count=1))
    assert prepared.facts.at_once == 2
    assert prepared.facts.share == pytest.approx(2 / 3)
    assert "2 of them will stop" in prepared.preview.touches


def test_the_count_at_incident_start_is_kept(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    action = act("ecs_scale", SERVICE, desired_count=5)
    assert changes.prepare(action).facts.replicas_at_start == TASKS
    assert changes.prepare(action, replicas_at_start=2).facts.replicas_at_start == 2


def test_an_autoscaler_of_a_service_is_seen(aws: AwsCloud, changes: CloudChanges) -> None:
    make_service(aws)
    aws.call(
        "application-autoscaling",
        "RegisterScalableTarget",
        {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/shop/checkout",
            "ScalableDimension": "ecs:service:DesiredCount",
            "MinCapacity": 2,
            "MaxCapacity": 6,
        },
    )
    prepared = changes.prepare(act("ecs_scale", SERVICE, desired_count=5))
    assert prepared.facts.autoscaler == "Application Auto Scaling (2 to 6)"
    assert "sets its number of tasks" in prepared.preview.depends


def test_a_scaling_policy_of_a_group_is_seen(aws: AwsCloud, changes: CloudChanges) -> None:
    make_group(aws)
    policy = {"AutoScalingGroupName": "workers", "PolicyName": "cpu-60"}
    tracked = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    }
    tracking = {"PolicyType": "TargetTrackingScaling"}
    target = {"TargetTrackingConfiguration": {**tracked, "TargetValue": 60.0}}
    aws.call("autoscaling", "PutScalingPolicy", {**policy, **tracking, **target})
    facts = changes.prepare(act("asg_scale", GROUP, desired_capacity=4)).facts
    assert facts.autoscaler == "scaling policy cpu-60"


def test_instances_that_go_take_their_disks_along(aws: AwsCloud, changes: CloudChanges) -> None:
    make_group(aws)
    facts = changes.prepare(act("asg_scale", GROUP, desired_capacity=1)).facts
    assert (facts.capacity, facts.at_once) == (3, 2)
    assert facts.state_lost == ("the disks and memory of 2 instances",)


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        pytest.param({"terraform": "true"}, "Terraform", id="terraform"),
        pytest.param({"ManagedBy": "Terraform"}, "Terraform", id="managed by"),
        pytest.param({"team": "terraformers"}, "", id="only a word"),
        pytest.param({"eks:nodegroup-name": "blue"}, "EKS node group blue", id="node group"),
        pytest.param({}, "", id="none"),
    ],
)
def test_who_owns_a_group_is_told_by_its_tags(
    aws: AwsCloud, changes: CloudChanges, tags: dict[str, str], owner: str
) -> None:
    kept = {"ResourceId": "workers", "ResourceType": "auto-scaling-group"}
    made = [{"Key": k, "Value": v, "PropagateAtLaunch": False, **kept} for k, v in tags.items()]
    make_group(aws, Tags=made)
    assert changes.prepare(act("asg_scale", GROUP, desired_capacity=4)).facts.owner == owner


def test_volumes_of_tasks_are_lost_and_shared_ones_stay(
    aws: AwsCloud, changes: CloudChanges
) -> None:
    make_service(aws)
    shared = {"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}
    register(aws, "shop/checkout:4", volumes=[{"name": "cache", "host": {}}, shared])
    aws.call(
        "ecs",
        "UpdateService",
        {"cluster": "shop", "service": "checkout", "taskDefinition": "checkout:4"},
    )
    facts = changes.prepare(act("ecs_redeploy", SERVICE)).facts
    assert facts.state_lost == ("task volume cache",)


def test_an_instance_counts_in_its_group(aws: AwsCloud, changes: CloudChanges) -> None:
    make_group(aws)
    name = group(aws)["Instances"][0]["InstanceId"]
    prepared = changes.prepare(act("ec2_reboot", instance(name)))
    assert (prepared.facts.capacity, prepared.facts.at_once) == (3, 1)
    assert "1 of 3 instances in workers" in prepared.preview.touches


def test_names_of_variables_are_compared_and_never_their_values(
    aws: AwsCloud, changes: CloudChanges
) -> None:
    make_alias(aws)
    prepared = changes.prepare(act("lambda_alias", ALIAS, version=1))
    configuration = aws.call(
        "lambda", "GetFunctionConfiguration", {"FunctionName": "resize", "Qualifier": "1"}
    )
    assert configuration["Environment"]["Variables"]["DB_PASSWORD"] not in str(prepared)


# What may not be looked at, and answers that are lost


def observer(aws: AwsCloud, profile: Path, *allowed: str) -> None:
    """From now on the one who asks may do only this."""
    aws.call("iam", "CreateUser", {"UserName": "observer"})
    statement = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = {"UserName": "observer", "PolicyName": "reads", "PolicyDocument": document}
    aws.call("iam", "PutUserPolicy", policy)
    key = aws.call("iam", "CreateAccessKey", {"UserName": "observer"})["AccessKey"]
    write_keys(profile, key["AccessKeyId"], key["SecretAccessKey"])


def test_what_limits_a_change_and_may_not_be_looked_at_is_unseen(
    aws: AwsCloud, moto: Account, profile: Path, clock: MovableClock
) -> None:
    make_service(aws)
    observer(aws, profile, "ecs:DescribeServices", "ecs:DescribeTaskDefinition")
    moto.ask_for_rights()
    changes = CloudChanges(cloud_at(moto.url), clock, CLOUD)
    facts = changes.prepare(act("ecs_scale", SERVICE, desired_count=5)).facts
    assert facts.unseen == ("ScalableTarget",)


@pytest.mark.parametrize(
    "answer", [{}, {"services": [{}]}, {"services": None}, {"services": [{"status": "ACTIVE"}]}]
)
def test_an_answer_that_is_not_whole_is_no_answer(
    profile: Path, clock: MovableClock, answer: dict[str, Any]
) -> None:
    del profile
    with serving() as server:
        server.on("/", reply(answer))
        changes = CloudChanges(cloud_at(server.url), clock, CLOUD)
        with pytest.raises(Unreachable, match="not whole"):
            changes.prepare(act("ecs_redeploy", SERVICE))


def test_a_target_that_may_not_be_looked_at_is_forbidden(
    aws: AwsCloud, moto: Account, profile: Path, clock: MovableClock
) -> None:
    make_service(aws)
    observer(aws, profile, "ecs:ListClusters")
    moto.ask_for_rights()
    changes = CloudChanges(cloud_at(moto.url), clock, CLOUD)
    with pytest.raises(Forbidden):
        changes.prepare(act("ecs_redeploy", SERVICE))


def test_a_change_without_the_right_to_it_changes_nothing(
    aws: AwsCloud, moto: Account, profile: Path, clock: MovableClock
) -> None:
    make_service(aws)
    observer(aws, profile, "ecs:Describe*", "application-autoscaling:Describe*")
    moto.ask_for_rights()
    changes = CloudChanges(cloud_at(moto.url), clock, CLOUD)
    prepared = changes.prepare(act("ecs_scale", SERVICE, desired_count=5))
    with pytest.raises(Forbidden, match="ecs:UpdateService"):
        changes.run(prepared)


def a_service(aws: AwsCloud) -> Action:
    make_service(aws)
    return act("ecs_redeploy", SERVICE)


def another_definition(aws: AwsCloud) -> Action:
    make_service(aws)
    return act("ecs_rollback", SERVICE, task_definition="checkout:1")


def more_tasks(aws: AwsCloud) -> Action:
    make_service(aws)
    return act("ecs_scale", SERVICE, desired_count=4)


def a_group(aws: AwsCloud) -> Action:
    make_group(aws)
    return act("asg_scale", GROUP, desired_capacity=4)


def a_database(aws: AwsCloud) -> Action:
    make_database(aws)
    return act("rds_reboot", DATABASE)


def a_stopped_database(aws: AwsCloud) -> Action:
    stopped_database(aws)
    return act("rds_start", DATABASE)


def an_instance(aws: AwsCloud) -> Action:
    make_group(aws)
    return act("ec2_reboot", instance(group(aws)["Instances"][0]["InstanceId"]))


@pytest.mark.parametrize(
    "make",
    [
        *(a_service, another_definition, more_tasks, a_group),
        # No alias: the pretend account takes no signature of a GET of Lambda.
        *(a_database, a_stopped_database, an_instance),
    ],
)
def test_the_rights_of_a_change_are_enough_and_needed(
    aws: AwsCloud, moto: Account, profile: Path, clock: MovableClock, make: Prepare
) -> None:
    action = make(aws)
    tool = CLOUD[action.verb]
    observer(aws, profile, *tool.looks, *tool.makes)
    moto.ask_for_rights()
    changes = CloudChanges(cloud_at(moto.url), clock, CLOUD)
    prepared = changes.prepare(action)
    assert prepared.preview.accepted
    assert prepared.facts.unseen == ()
    assert changes.run(prepared).startswith("accepted by AWS")


@pytest.mark.parametrize("make", [a_service, a_group, a_database, a_stopped_database])
def test_who_may_only_look_changes_nothing(
    aws: AwsCloud, moto: Account, profile: Path, clock: MovableClock, make: Prepare
) -> None:
    action = make(aws)
    observer(aws, profile, *CLOUD[action.verb].looks)
    moto.ask_for_rights()
    changes = CloudChanges(cloud_at(moto.url), clock, CLOUD)
    prepared = changes.prepare(action)
    with pytest.raises(Forbidden):
        changes.run(prepared)


def test_a_dry_run_tells_of_a_missing_right(
    aws: AwsCloud, moto: Account, profile: Path, clock: MovableClock
) -> None:
    name = make_instance(aws)
    observer(aws, profile, "ec2:DescribeInstances")
    moto.ask_for_rights()
    prepared = CloudChanges(cloud_at(moto.url), clock, CLOUD).prepare(
        act("ec2_reboot", instance(name))
    )
    assert not prepared.preview.accepted
    assert "not allowed" in prepared.preview.answer


@pytest.mark.parametrize(
    ("made", "minutes", "found"),
    [
        pytest.param(True, 1, True, id="made"),
        pytest.param(False, 1, None, id="not told yet"),
        pytest.param(False, 30, False, id="not made"),
    ],
)
def test_a_reboot_whose_answer_was_lost_is_looked_for_in_cloudtrail(
    profile: Path, clock: MovableClock, made: bool, minutes: int, found: bool | None
) -> None:
    del profile
    told = json.dumps({"userAgent": "sreagent", "eventName": "RebootInstances"})
    event = {"EventName": "RebootInstances", "EventTime": 0, "CloudTrailEvent": told}
    others = {**event, "CloudTrailEvent": json.dumps({"userAgent": "console.amazonaws.com"})}
    action = act("ec2_reboot", instance("i-0123456789abcdef0"))
    after = {"/rebootedAfter": int(NOON.timestamp())}
    clock.sleep(60 * minutes)
    with serving() as server:
        server.on("/", reply({"Events": [others, *([event] if made else [])]}))
        changes = CloudChanges(cloud_at(server.url), clock, CLOUD)
        if found is None:
            with pytest.raises(Unreachable, match="does not tell yet"):
                changes.settle(action, after)
        else:
            assert changes.settle(action, after) is found


def test_a_reboot_of_a_database_whose_answer_was_lost_is_in_doubt_until_aws_tells(
    aws: AwsCloud, changes: CloudChanges, clock: MovableClock
) -> None:
    make_database(aws)
    prepared = changes.prepare(act("rds_reboot", DATABASE))
    after = remembered(prepared.after)
    with pytest.raises(Unreachable, match="does not tell yet"):
        changes.settle(prepared.action, after)
    clock.sleep(60 * 30)
    assert not changes.settle(prepared.action, after)


def test_nobody_there_leaves_it_in_doubt(profile: Path, clock: MovableClock) -> None:
    del profile
    changes = CloudChanges(cloud_at("http://127.0.0.1:1"), clock, CLOUD)
    with pytest.raises(Unreachable):
        changes.settle(act("ecs_scale", SERVICE, desired_count=5), {"/desiredCount": 5})


def test_what_is_gone_was_not_changed(changes: CloudChanges) -> None:
    assert not changes.settle(act("ecs_scale", SERVICE, desired_count=5), {"/desiredCount": 5})


def test_the_verbs_that_are_known_without_loading_aws_are_all_of_them() -> None:
    assert frozenset(CLOUD) == CLOUD_VERBS
