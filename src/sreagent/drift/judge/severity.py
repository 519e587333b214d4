"""The severity of a finding: what opens is worse than what closes, what protects is worth most."""

import re
from collections.abc import Mapping
from typing import Any

from sreagent.domain.drift import Severity
from sreagent.domain.text import one_line
from sreagent.drift.judge.judged import Judged, Matter, is_on, texts_in, weighed
from sreagent.drift.judge.networks import is_open_to_the_world, judge_networks
from sreagent.drift.judge.policies import denies, judge_document, judge_policies
from sreagent.drift.judge.switches import judge_switches

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
_WORDS_ONLY = ("tags_all", "description", "comment")
_GROUPS = ("vpc_security_group_ids", "security_group_ids", "security_groups")
_RUNS = re.compile(
    r"(?:.*\.)?(?:image|image_id|image_uri|ami|user_data\w*|handler|runtime|command|args|entry_point"
    r"|variables(?:\..*)?|environment(?:\..*)?|env(?:\..*)?|task_definition|container_definitions"
    r"|engine_version|launch_template(?:\..*)?|source_code_hash|code_sha256|definition|version)"
)
_PROTECTS = re.compile(
    r"aws_(?:s3_(?:bucket|account)_public_access_block|security_group|network_acl|cloudtrail"
    r"|\w*(?<!iam_role)(?<!iam_user)(?<!iam_group)(?<!autoscaling)(?<!lifecycle)_policy"
    r"|s3_bucket_(?:versioning|server_side_encryption_configuration|logging|ownership_controls)"
    r"|wafv2_web_acl\w*|guardduty_detector|config_\w+|flow_log|backup_plan|kms_key"
    r"|iam_account_password_policy|ebs_encryption_by_default)"
    r"|kubernetes_(?:network_policy|resource_quota|pod_security_policy)\w*"
)
_RIGHTS = re.compile(
    r"aws_(?:iam_policy|appautoscaling_policy|ecr_lifecycle_policy|iam_\w+_policy)"
)
_HOLDS_DATA = re.compile(
    r"aws_(?:db_instance|rds_cluster|s3_bucket|dynamodb_table|efs_file_system|ebs_volume"
    r"|elasticache_(?:replication_group|cluster)|redshift_cluster|opensearch_domain|kinesis_stream"
    r"|msk_cluster|secretsmanager_secret|docdb_cluster|neptune_cluster)"
    r"|kubernetes_persistent_volume\w*"
)
_RULE = re.compile(r"aws_(?:security_group_rule|vpc_security_group_(?:in|e)gress_rule)")
_KEYS = re.compile(r"aws_iam_(?:user|access_key|user_login_profile)")


def judge_change(matter: Matter) -> Judged:
    """How bad one difference is."""
    said_only = not matter.names or matter.names[-1] in _WORDS_ONLY
    if said_only or {"tags", "labels", "annotations"} & set(matter.names):
        return Judged(severity=LOW)
    return weighed(_directed(matter), matter.tags, matter.dependents)


def judge_missing(
    type_: str, attributes: Mapping[str, Any], *, tags: Mapping[str, str], dependents: int = 0
) -> Judged:
    """How bad it is that a resource is not there. `attributes` are those of the state."""
    return weighed(_lost(type_, attributes), tags, dependents)


def judge_stranger(
    type_: str, attributes: Mapping[str, Any], *, tags: Mapping[str, str], folded: str = ""
) -> Judged:
    """How bad something is that no state holds. `attributes` are what was read of it."""
    if folded:
        return Judged(severity=LOW)
    found = _strange(type_, attributes)
    return weighed(found, tags, 0) if found.severity is not LOW else found


def _directed(matter: Matter) -> Judged:
    for judge in (judge_policies, judge_networks, _groups, judge_switches):
        if judged := judge(matter):
            return judged
    if _RUNS.fullmatch(matter.flat):
        return Judged(severity=MEDIUM, why="what runs is not what the code says")
    return Judged(severity=LOW)


def _groups(matter: Matter) -> Judged | None:
    """Security groups of something that has some: which rules hold is another matter now."""
    if matter.names[-1] not in _GROUPS:
        return None
    before, after = texts_in(matter.before), texts_in(matter.after)
    lost, new = sorted(before - after), sorted(after - before)
    if lost and new:
        why = f"other rules hold: {_shown(lost[0])} was replaced by {_shown(new[0])}"
        return Judged(severity=HIGH, why=why, opens=True)
    if lost:
        return Judged(severity=HIGH, why=f"security group {_shown(lost[0])} taken off")
    if not new:
        return Judged(severity=LOW)
    return Judged(severity=MEDIUM, why=f"security group {_shown(new[0])} added", opens=True)


def _lost(type_: str, attributes: Mapping[str, Any]) -> Judged:
    document = attributes.get("policy") or attributes.get("inline_policy")
    if denies(document):
        return Judged(severity=HIGH, why="what it denied is no longer denied", opens=True)
    if _RULE.fullmatch(type_):
        return Judged(severity=MEDIUM, why="what it let in may be cut off", opens=False)
    if _RIGHTS.fullmatch(type_):
        return Judged(severity=MEDIUM, why="what it allowed may be needed", opens=False)
    if _PROTECTS.fullmatch(type_):
        return Judged(severity=HIGH, why="what it protected is open", opens=True)
    if _HOLDS_DATA.fullmatch(type_):
        return Judged(severity=HIGH, why="what it held may be lost")
    return Judged(severity=MEDIUM)


def _strange(type_: str, attributes: Mapping[str, Any]) -> Judged:
    if _KEYS.fullmatch(type_):
        return Judged(severity=HIGH, why="a way in that nobody manages", opens=True)
    if type_.endswith("_policy_attachment"):
        matter = Matter(type=type_, path="policy_arn", after=attributes.get("policy_arn"))
        return judge_policies(matter) or Judged(severity=LOW)
    found = [*_open_doors(type_, attributes)]
    worst = max(found, key=lambda judged: judged.severity.rank, default=None)
    return worst if worst and worst.severity is HIGH else Judged(severity=LOW)


def _open_doors(type_: str, attributes: Mapping[str, Any]) -> list[Judged]:
    """What something would be judged for if each of its attributes were new."""
    found: list[Judged] = []
    is_egress = "egress" in type_ or attributes.get("type") == "egress"
    for name, value in attributes.items():
        if name == "egress" or (is_egress and "cidr" in name):
            continue
        if ("cidr" in name or name == "ingress") and "security_group" in type_:
            if is_open_to_the_world(_letting(value)):
                found.append(Judged(severity=HIGH, why="open to the world", opens=True))
        elif name in ("publicly_accessible", "public_access_enabled") and is_on(value):
            found.append(Judged(severity=HIGH, why="reachable from the internet", opens=True))
        elif "policy" in name and (judged := _worst(name, value)):
            found.append(judged)
    if str(attributes.get("acl", "")).startswith("public"):
        found.append(Judged(severity=HIGH, why="public by its access list", opens=True))
    return found


def _worst(name: str, value: object) -> Judged | None:
    """A trust of a service of AWS is how every role begins: only strangers count."""
    judged = judge_document(value, trust=False)
    if name == "assume_role_policy" and judged and not judged.why.startswith("public"):
        return None
    return judged


def _letting(value: object) -> object:
    """The networks of rules, without their ports and words."""
    if isinstance(value, list):
        return [_letting(each) for each in value]
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if "cidr" in name}
    return value


def _shown(text: str) -> str:
    return one_line(text, 60)
