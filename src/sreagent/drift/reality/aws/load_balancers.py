"""Load balancers of the second generation, their listeners and target groups."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.errors import SreError
from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import listed_below, taken, unlisted
from sreagent.drift.reality.aws.tagged import tags_together
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Answer = Mapping[str, Any]

_PAGE = 400
_TAGGED_AT_ONCE = 20
_BY_KUBERNETES = re.compile(r"k8s-[a-z0-9]{1,8}-[a-z0-9]{1,8}-[0-9a-f]{10}")
"""How the load balancer controller names what it makes."""
_KUBERNETES = "made by the load balancer controller of a cluster"
_SHIFTED = "shifted by"

_BALANCER = Shape(
    sets=frozenset({"security_groups", "subnets"}),
    keyed={"subnet_mapping": ("subnet_id",)},
    skipped=frozenset({"dns_name", "zone_id", "arn_suffix"}),
    defaults={
        "ip_address_type": "ipv4",
        "client_keep_alive": 3600,
        "desync_mitigation_mode": "defensive",
        "enable_http2": True,
        "idle_timeout": 60,
        "load_balancer_type": "application",
        "xff_header_processing_mode": "append",
        "dns_record_client_routing_policy": "any_availability_zone",
    },
)
_GROUP = Shape(
    skipped=frozenset({"arn_suffix", "load_balancer_arns"}),
    defaults={
        "deregistration_delay": 300,
        "ip_address_type": "ipv4",
        "load_balancing_algorithm_type": "round_robin",
        "load_balancing_anomaly_mitigation": "off",
        "load_balancing_cross_zone_enabled": "use_load_balancer_configuration",
        "target_type": "instance",
        "health_check.enabled": True,
        "health_check.port": "traffic-port",
        "health_check.interval": 30,
    },
)
_LISTENER = Shape(
    keyed={"default_action.forward.target_group": ("arn",)},
    defaults={
        "mutual_authentication.mode": "off",
        "default_action.forward.target_group.weight": 1,
        "default_action.redirect.host": "#{host}",
        "default_action.redirect.path": "/#{path}",
        "default_action.redirect.port": "#{port}",
        "default_action.redirect.protocol": "#{protocol}",
        "default_action.redirect.query": "#{query}",
        "tcp_idle_timeout_seconds": 350,
        "routing_http_response_server_enabled": True,
    },
)

_OF_BALANCER = {
    "name": "LoadBalancerName",
    "load_balancer_type": "Type",
    "ip_address_type": "IpAddressType",
    "vpc_id": "VpcId",
    "customer_owned_ipv4_pool": "CustomerOwnedIpv4Pool",
    "enforce_security_group_inbound_rules_on_private_link_traffic": (
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
    ),
}
_BALANCER_SETTINGS = {
    "client_keep_alive": "client_keep_alive.seconds",
    "desync_mitigation_mode": "routing.http.desync_mitigation_mode",
    "dns_record_client_routing_policy": "dns_record.client_routing_policy",
    "drop_invalid_header_fields": "routing.http.drop_invalid_header_fields.enabled",
    "enable_cross_zone_load_balancing": "load_balancing.cross_zone.enabled",
    "enable_deletion_protection": "deletion_protection.enabled",
    "enable_http2": "routing.http2.enabled",
    "enable_tls_version_and_cipher_suite_headers": (
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
    ),
    "enable_waf_fail_open": "waf.fail_open.enabled",
    "enable_xff_client_port": "routing.http.xff_client_port.enabled",
    "enable_zonal_shift": "zonal_shift.config.enabled",
    "idle_timeout": "idle_timeout.timeout_seconds",
    "preserve_host_header": "routing.http.preserve_host_header.enabled",
    "xff_header_processing_mode": "routing.http.xff_header_processing.mode",
}
_ADDRESS = {
    "allocation_id": "AllocationId",
    "ipv6_address": "IPv6Address",
    "private_ipv4_address": "PrivateIPv4Address",
}
_OF_GROUP = {
    "name": "TargetGroupName",
    "port": "Port",
    "protocol": "Protocol",
    "protocol_version": "ProtocolVersion",
    "target_type": "TargetType",
    "vpc_id": "VpcId",
    "ip_address_type": "IpAddressType",
}
_HEALTH = {
    "enabled": "HealthCheckEnabled",
    "healthy_threshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthy_threshold": "UnhealthyThresholdCount",
}
_GROUP_SETTINGS = {
    "connection_termination": "deregistration_delay.connection_termination.enabled",
    "deregistration_delay": "deregistration_delay.timeout_seconds",
    "lambda_multi_value_headers_enabled": "lambda.multi_value_headers.enabled",
    "load_balancing_algorithm_type": "load_balancing.algorithm.type",
    "load_balancing_anomaly_mitigation": "load_balancing.algorithm.anomaly_mitigation",
    "load_balancing_cross_zone_enabled": "load_balancing.cross_zone.enabled",
    "preserve_client_ip": "preserve_client_ip.enabled",
    "proxy_protocol_v2": "proxy_protocol_v2.enabled",
    "slow_start": "slow_start.duration_seconds",
}
_STICKINESS = {"enabled": "stickiness.enabled", "type": "stickiness.type"}
_OF_LISTENER = {
    "load_balancer_arn": "LoadBalancerArn",
    "port": "Port",
    "protocol": "Protocol",
    "alpn_policy": "AlpnPolicy.0",
}
_MUTUAL = {
    "mode": "Mode",
    "trust_store_arn": "TrustStoreArn",
    "ignore_client_certificate_expiry": "IgnoreClientCertificateExpiry",
    "advertise_trust_store_ca_names": "AdvertiseTrustStoreCaNames",
}
_REDIRECT = {
    name: name.title().replace("_", "")
    for name in ("host", "path", "port", "protocol", "query", "status_code")
}
_FIXED = {
    "content_type": "ContentType",
    "message_body": "MessageBody",
    "status_code": "StatusCode",
}
_OIDC = {
    "authorization_endpoint": "AuthorizationEndpoint",
    "client_id": "ClientId",
    "issuer": "Issuer",
    "on_unauthenticated_request": "OnUnauthenticatedRequest",
    "scope": "Scope",
    "session_cookie_name": "SessionCookieName",
    "session_timeout": "SessionTimeout",
    "token_endpoint": "TokenEndpoint",
    "user_info_endpoint": "UserInfoEndpoint",
}
_COGNITO = {
    "on_unauthenticated_request": "OnUnauthenticatedRequest",
    "scope": "Scope",
    "session_cookie_name": "SessionCookieName",
    "session_timeout": "SessionTimeout",
    "user_pool_arn": "UserPoolArn",
    "user_pool_client_id": "UserPoolClientId",
    "user_pool_domain": "UserPoolDomain",
}
_SECURE = ("HTTPS", "TLS")


def settled_balancer(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """A subnet that came or went is told by `subnets`; its mapping only mirrors it."""
    after = dict(real.attributes)
    said, is_ = before.get("subnet_mapping"), after.get("subnet_mapping")
    if said and is_ and before.get("subnets") and after.get("subnets"):
        found = {each["subnet_id"]: each for each in is_}
        after["subnet_mapping"] = [found.get(each["subnet_id"], each) for each in said]
    elif not said:
        after.pop("subnet_mapping", None)
    return before, after


def settled_group(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """How long a stickiness lasts that is off, says nothing."""
    after = dict(real.attributes)
    if "stickiness" in after and not _is_on(before) and not _is_on(after):
        del after["stickiness"]
    return before, after


def _is_on(attributes: Attributes) -> bool:
    return any(each.get("enabled") for each in attributes.get("stickiness") or ())


def settled_listener(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """Actions in the order of the state; where they lead to, in the one of two ways it uses."""
    after = dict(real.attributes)
    said = before.get("default_action") or []
    is_ = after.get("default_action")
    if said and is_:
        types = [action.get("type") for action in said]
        ordered = sorted(is_, key=lambda each: _place(types, each.get("type")))
        pairs = [(said[at] if at < len(said) else {}, now) for at, now in enumerate(ordered)]
        after["default_action"] = [_led(was, now) for was, now in pairs]
    return before, after


def _place(types: Sequence[Any], type_: object) -> int:
    return types.index(type_) if type_ in types else len(types)


def _led(said: Attributes, action: Attributes) -> dict[str, Any]:
    forward = action.get("forward") or []
    one = len(forward[0]["target_group"]) == 1 if forward else True
    led = dict(action)
    if forward and (said.get("forward") or not one):
        del led["target_group_arn"]
        if said.get("forward"):
            led["forward"] = [_stuck(said["forward"][0], forward[0])]
    else:
        led.pop("forward", None)
    return led


def _stuck(said: Attributes, forward: Attributes) -> Attributes:
    """How long a stickiness lasts that is off, says nothing."""
    if _is_on(said) or _is_on(forward):
        return forward
    return {name: value for name, value in forward.items() if name != "stickiness"}


def owner_of_listener(difference: Difference, _before: Attributes, real: Real) -> str:
    """Blue-green deployments lead to the other target group, or shift weights."""
    leads = ".forward" in difference.path or difference.path.endswith(".target_group_arn")
    return real.facts.get(_SHIFTED, "") if leads else ""


_BALANCERS = Kind(
    type="aws_lb",
    identity=by("arn"),
    shape=_BALANCER,
    settle=settled_balancer,
    aliases=("aws_alb",),
)
_GROUPS = Kind(
    type="aws_lb_target_group",
    identity=by("arn"),
    shape=_GROUP,
    settle=settled_group,
    aliases=("aws_alb_target_group",),
)
_LISTENERS = Kind(
    type="aws_lb_listener",
    identity=by("arn"),
    shape=_LISTENER,
    settle=settled_listener,
    owner=owner_of_listener,
    aliases=("aws_alb_listener",),
)


@reader("elbv2", _BALANCERS)
def balancers(look: Look) -> Iterator[Real]:
    """All load balancers; settings and tags of those in the state."""
    listed = list(look.listed("DescribeLoadBalancers", "LoadBalancers", PageSize=_PAGE))
    known = _known(look, _BALANCERS.type, [each["LoadBalancerArn"] for each in listed])
    tags = _tags(look, known)
    settings = dict(look.each(known, lambda arn: _balancer_settings(look, arn)))
    for item in listed:
        arn = item["LoadBalancerArn"]
        yield Real(
            type="aws_lb",
            id=arn,
            name=item["LoadBalancerName"],
            arn=arn,
            folded=_folded(item["LoadBalancerName"]),
            known_as=(item["LoadBalancerName"],),
            created=item.get("CreatedTime"),
            attributes={**_balancer(item), **settings.get(arn, {}), **tags.get(arn, {})},
        )


def _known(look: Look, type_: str, arns: Iterable[str]) -> list[str]:
    return [arn for arn in arns if look.in_state(type_, arn) is not None]


def _folded(name: str) -> str:
    return _KUBERNETES if _BY_KUBERNETES.fullmatch(name) else ""


def _tags(look: Look, arns: Sequence[str]) -> dict[str, dict[str, Any]]:
    return tags_together(
        look,
        arns,
        lambda some: look.asked("DescribeTags", ResourceArns=some),
        at_once=_TAGGED_AT_ONCE,
        under="TagDescriptions",
        by="ResourceArn",
    )


def _balancer(item: Answer) -> dict[str, Any]:
    zones = item.get("AvailabilityZones") or ()
    return {
        **taken(item, _OF_BALANCER),
        "internal": item.get("Scheme") == "internal",
        "security_groups": item.get("SecurityGroups") or [],
        "subnets": [zone["SubnetId"] for zone in zones],
        "subnet_mapping": [_mapping(zone) for zone in zones],
    }


def _mapping(zone: Answer) -> dict[str, Any]:
    addresses = zone.get("LoadBalancerAddresses") or [{}]
    said = {name: addresses[0].get(key, "") for name, key in _ADDRESS.items()}
    return {**said, "subnet_id": zone["SubnetId"], "outpost_id": zone.get("OutpostId", "")}


def _settings(answer: Answer | None) -> dict[str, str]:
    return {each["Key"]: each.get("Value", "") for each in (answer or {}).get("Attributes") or ()}


def _named(said: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """Settings are texts; what is a number or a truth is told as one."""
    truths: dict[str, Any] = {"true": True, "false": False}
    found = {name: said[key] for name, key in names.items() if key in said}
    return {
        name: int(value) if value.isdigit() else truths.get(value, value)
        for name, value in found.items()
    }


def _balancer_settings(look: Look, arn: str) -> dict[str, Any]:
    said = _settings(look.asked("DescribeLoadBalancerAttributes", LoadBalancerArn=arn))
    return {
        **_named(said, _BALANCER_SETTINGS),
        **{kind: [_logs(said, kind)] for kind in ("access_logs", "connection_logs") if said},
    }


def _logs(said: Mapping[str, str], kind: str) -> dict[str, Any]:
    names = {name: f"{kind}.s3.{name}" for name in ("bucket", "enabled", "prefix")}
    return _named(said, names)


@reader("elbv2", _GROUPS)
def groups(look: Look) -> Iterator[Real]:
    """All target groups; settings and tags of those in the state."""
    listed = list(look.listed("DescribeTargetGroups", "TargetGroups", PageSize=_PAGE))
    known = _known(look, _GROUPS.type, [each["TargetGroupArn"] for each in listed])
    tags = _tags(look, known)
    settings = dict(look.each(known, lambda arn: _group_settings(look, arn)))
    for item in listed:
        arn = item["TargetGroupArn"]
        yield Real(
            type="aws_lb_target_group",
            id=arn,
            name=item["TargetGroupName"],
            arn=arn,
            folded=_folded(item["TargetGroupName"]),
            known_as=(item["TargetGroupName"],),
            attributes={**_group(item), **settings.get(arn, {}), **tags.get(arn, {})},
        )


def _group(item: Answer) -> dict[str, Any]:
    matcher = item.get("Matcher") or {}
    codes = matcher.get("HttpCode") or matcher.get("GrpcCode") or ""
    return {**taken(item, _OF_GROUP), "health_check": [{**taken(item, _HEALTH), "matcher": codes}]}


def _group_settings(look: Look, arn: str) -> dict[str, Any]:
    said = _settings(look.asked("DescribeTargetGroupAttributes", TargetGroupArn=arn))
    if not said:
        return {}
    kind = "app_cookie" if said.get("stickiness.type") == "app_cookie" else "lb_cookie"
    lasts = {
        "cookie_duration": f"stickiness.{kind}.duration_seconds",
        "cookie_name": "stickiness.app_cookie.cookie_name",
    }
    return {
        **_named(said, _GROUP_SETTINGS),
        "stickiness": [_named(said, {**_STICKINESS, **lasts})],
    }


@reader("elbv2", _LISTENERS)
def listeners(look: Look) -> Iterator[Real]:
    """Listeners of the load balancers that the state holds or speaks of, one call for each."""
    said = look.wanted.get(_LISTENERS.type, {})
    arns = {str(each.get("load_balancer_arn") or "") for each in said.values()}
    arns |= set(look.wanted.get(_BALANCERS.type, {}))
    listed = dict(look.each(sorted(arns - {""}), lambda arn: _listed(look, arn)))
    found = [item for items in listed.values() for item in items or ()]
    known = _known(look, _LISTENERS.type, [each["ListenerArn"] for each in found])
    tags = _tags(look, known)
    shifting = _Shifting(look)
    for item in found:
        arn = item["ListenerArn"]
        attributes = {**_listener(item), **_listener_settings(look, item), **tags.get(arn, {})}
        yield Real(
            type="aws_lb_listener",
            id=arn,
            name=f"{item.get('Protocol', '')}:{item.get('Port', '')}",
            arn=arn,
            folded=_folded(item["LoadBalancerArn"].split("/")[2]),
            attributes=attributes,
            facts=shifting.facts(look.in_state(_LISTENERS.type, arn), attributes),
        )
    above = {arn: str(each.get("load_balancer_arn")) for arn, each in said.items()}
    yield from unlisted(_LISTENERS.type, above, listed)


def _listed(look: Look, balancer: str) -> list[Answer] | None:
    return listed_below(
        look, "DescribeListeners", "Listeners", LoadBalancerArn=balancer, PageSize=_PAGE
    )


def _listener(item: Answer) -> dict[str, Any]:
    certificates = [each.get("CertificateArn", "") for each in item.get("Certificates") or ()]
    secure = item.get("Protocol") in _SECURE
    mutual = item.get("MutualAuthentication")
    return {
        **taken(item, _OF_LISTENER),
        "certificate_arn": certificates[0] if certificates else "",
        "ssl_policy": item.get("SslPolicy", "") if secure else "",
        "default_action": [_action(each) for each in _in_order(item.get("DefaultActions") or ())],
        **({"mutual_authentication": [taken(mutual, _MUTUAL)]} if mutual else {}),
    }


def _in_order(actions: Iterable[Answer]) -> list[Answer]:
    return sorted(actions, key=lambda each: each.get("Order") or 0)


def _action(item: Answer) -> dict[str, Any]:
    forward = item.get("ForwardConfig") or {}
    groups = forward.get("TargetGroups") or [
        {"TargetGroupArn": arn} for arn in [item.get("TargetGroupArn")] if arn
    ]
    sticky = forward.get("TargetGroupStickinessConfig") or {}
    lasts = {"duration": sticky.get("DurationSeconds", 0), "enabled": sticky.get("Enabled", False)}
    led = [{"arn": each["TargetGroupArn"], "weight": each.get("Weight", 1)} for each in groups]
    blocks = {
        "redirect": (_REDIRECT, "RedirectConfig"),
        "fixed_response": (_FIXED, "FixedResponseConfig"),
        "authenticate_oidc": (_OIDC, "AuthenticateOidcConfig"),
        "authenticate_cognito": (_COGNITO, "AuthenticateCognitoConfig"),
    }
    return {
        "type": item.get("Type", ""),
        **({"order": item["Order"]} if item.get("Order") else {}),
        "target_group_arn": led[0]["arn"] if len(led) == 1 else "",
        "forward": [{"target_group": led, "stickiness": [lasts]}] if led else [],
        **{
            name: [taken(item[key], names)] if item.get(key) else []
            for name, (names, key) in blocks.items()
        },
    }


def _listener_settings(look: Look, item: Answer) -> dict[str, Any]:
    """Asked only where the state has something besides what every listener has."""
    said = look.in_state(_LISTENERS.type, item["ListenerArn"]) or {}
    names = [name for name in said if name.startswith(("routing_http_", "tcp_idle_timeout"))]
    if all(said[name] in (None, "", 0, _LISTENER.defaults.get(name)) for name in names):
        return {}
    found = _settings(look.asked("DescribeListenerAttributes", ListenerArn=item["ListenerArn"]))
    return _named(found, {name: _setting(name) for name in names})


def _setting(name: str) -> str:
    """`routing_http_response_strict_transport_security_header_value`, as a setting."""
    if name == "tcp_idle_timeout_seconds":
        return "tcp.idle_timeout.seconds"
    parts = re.fullmatch(r"routing_http_(request|response)_(.+)_(header_\w+|enabled)", name)
    return f"routing.http.{parts[1]}.{parts[2]}.{parts[3]}" if parts else name


class _Shifting:
    """Deployments that shift traffic between target groups: asked for once a listener led away."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._known: dict[str, str] | None = None

    def facts(self, said: Attributes | None, after: Attributes) -> dict[str, str]:
        """Who led a listener elsewhere, where that is a deployment's work."""
        is_ = _targets(after)
        if said is None or _targets(said) == is_:
            return {}
        groups = {arn.rpartition("targetgroup/")[2].split("/")[0] for arn, _ in is_}
        owners = {self._deployments().get(group, "") for group in groups}
        return {_SHIFTED: min(owners)} if groups and "" not in owners else {}

    def _deployments(self) -> dict[str, str]:
        """Deployment groups of CodeDeploy by the target groups between which they shift."""
        if self._known is None:
            try:
                self._known = dict(_shifted_by(self._look))
            except SreError as error:
                self._look.miss("codedeploy:ListApplications", error)
                self._known = {}
        return self._known


def _targets(attributes: Attributes) -> set[tuple[str, int]]:
    """All target groups with their weights."""
    found: set[tuple[str, int]] = set()
    for action in attributes.get("default_action") or ():
        forward = action.get("forward") or []
        if forward:
            found |= {(each["arn"], each.get("weight") or 0) for each in forward[0]["target_group"]}
        elif action.get("target_group_arn"):
            found.add((action["target_group_arn"], 1))
    return found


def _shifted_by(look: Look) -> Iterator[tuple[str, str]]:
    for application in look.listed("ListApplications", "applications", service="codedeploy"):
        groups = look.listed(
            "ListDeploymentGroups",
            "deploymentGroups",
            service="codedeploy",
            applicationName=application,
        )
        for group in groups:
            said = look.ask(
                "GetDeploymentGroup",
                service="codedeploy",
                applicationName=application,
                deploymentGroupName=group,
            )
            info = said["deploymentGroupInfo"].get("loadBalancerInfo") or {}
            for pair in info.get("targetGroupPairInfoList") or ():
                for target in pair.get("targetGroups") or ():
                    yield target["name"], f"CodeDeploy deployment group {application}/{group}"
