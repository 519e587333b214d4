"""Fields that services and deployments of AWS write by themselves, and whether one of them did."""

import re

from sreagent.domain.drift import Author, Way

SURE = 0.8
"""From this confidence on an author is believed to own the field."""
_SCALED = "scales it"
_DEPLOYED = "deploys it"
_KEPT = "looks after it"
_OWNED = (
    (r"aws_autoscaling_group", r"desired_capacity|min_size|max_size", _SCALED),
    (r"aws_ecs_service", r"desired_count", _SCALED),
    (r"aws_ecs_service", r"task_definition|load_balancer.*", _DEPLOYED),
    (r"aws_lambda_function", r"image_uri|source_code_hash|code_sha256|s3_.*|version", _DEPLOYED),
    (r"aws_lambda_alias", r"function_version|routing_config.*", _DEPLOYED),
    (r"aws_a?lb_listener(?:_rule)?", r"default_action.*|action.*", _DEPLOYED),
    (r"aws_dynamodb_table", r"(?:.*\.)?(?:read|write)_capacity", _SCALED),
    (r"aws_(?:db_instance|rds_cluster)", r"allocated_storage|engine_version|.*iops", _KEPT),
    (r"aws_rds_cluster\w*", r"cluster_members.*|availability_zones.*", _SCALED),
    (r"aws_eks_node_group", r"scaling_config.*", _SCALED),
    (r"aws_kinesis_stream", r"shard_count", _SCALED),
    (r"aws_elasticache_replication_group", r"num\w*|replicas_per_node_group", _SCALED),
    (r"aws_secretsmanager_secret", r"rotation.*|last_rotated.*", _KEPT),
    (r"aws_(?:default_)?security_group", r"(?:in|e)gress.*", _KEPT),
    (r"aws_route53_record", r"records.*|alias.*|ttl|weighted.*", _KEPT),
    (r".*", r"tags.*", _KEPT),
)
"""By type and path, what a controller does there."""
_WAYS = {
    _SCALED: (Way.SERVICE,),
    _KEPT: (Way.SERVICE,),
    _DEPLOYED: (Way.SERVICE, Way.CI),
}


def controller_of(
    type_: str, path: str, author: Author | None, *, opens: bool | None = None
) -> str:
    """Who besides people owns the attribute: `autoscaling scales it`; empty for nobody.

    Only where a service or a pipeline is known to have written it, and may. What `opens` is owned
    by nobody: that a program opened something does not make it right.
    """
    if author is None or author.confidence < SURE or opens:
        return ""
    path = re.sub(r"\[[^\]]*\]", "", path)
    for of, pattern, does in _OWNED:
        if re.fullmatch(of, type_) and re.fullmatch(pattern, path):
            return f"{author.who} {does}" if author.how in _WAYS[does] else ""
    return ""
