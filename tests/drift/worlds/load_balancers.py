"""An application and a network load balancer, with listeners and target groups.

Moto has no mutual authentication, calls every load balancer `app/…`, and gives only the settings
that were set; its HTTP listeners have a TLS policy, which those of AWS have not.
"""

from typing import Any

from tests.drift.worlds.rds import default_group, default_vpc, subnets_of
from tests.drift.worlds.world import Aws, Mutation, Thing, World, reports, world

ENVIRONMENT = {"Key": "env", "Value": "prod"}


def _tail(arn: str) -> str:
    return arn.rpartition(":")[2]


@world("load_balancers")
def balancers(aws: Aws, word: str) -> World:
    elb = aws.client("elbv2")
    balancer = _application(aws, word)
    blue, green = _group(aws, f"blue-{word}"), _group(aws, f"green-{word}")
    plain = _plain_listener(aws, word, balancer)
    shop = _forwarding_listener(aws, word, balancer, blue, green)
    beside = elb.create_target_group(
        Name=f"test-{word}", Protocol="HTTP", Port=80, VpcId=default_vpc(aws), TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_load_balancer(Name=f"k8s-shop-{word}-0123456789", Subnets=subnets_of(aws)[:2])
    return World(
        things=(balancer, blue, green, plain, shop),
        strangers=(("aws_lb_target_group", beside),),
        mutations=_mutations(aws, balancer, blue, plain, shop),
    )


def _application(aws: Aws, word: str) -> Thing:
    elb, name, subnets = aws.client("elbv2"), f"shop-{word}", subnets_of(aws)[:2]
    made = elb.create_load_balancer(
        Name=name,
        Subnets=subnets,
        SecurityGroups=[default_group(aws)],
        Scheme="internal",
        Tags=[ENVIRONMENT],
    )["LoadBalancers"][0]
    settings = {
        "deletion_protection.enabled": "true",
        "idle_timeout.timeout_seconds": "60",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "access_logs.s3.enabled": "false",
    }
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=made["LoadBalancerArn"],
        Attributes=[{"Key": key, "Value": value} for key, value in settings.items()],
    )
    return Thing(
        type="aws_alb" if word.endswith("0") else "aws_lb",
        name=f"shop_{word}",
        attributes={
            "access_logs": [{"bucket": "", "enabled": False, "prefix": ""}],
            "arn": made["LoadBalancerArn"],
            "arn_suffix": _tail(made["LoadBalancerArn"]).removeprefix("loadbalancer/"),
            "client_keep_alive": 3600,
            "connection_logs": [{"bucket": "", "enabled": False, "prefix": ""}],
            "customer_owned_ipv4_pool": "",
            "desync_mitigation_mode": "defensive",
            "dns_name": made["DNSName"],
            "dns_record_client_routing_policy": None,
            "drop_invalid_header_fields": True,
            # An application load balancer always crosses zones; moto says that it does not.
            "enable_cross_zone_load_balancing": False,
            "enable_deletion_protection": True,
            "enable_http2": True,
            "enable_tls_version_and_cipher_suite_headers": False,
            "enable_waf_fail_open": False,
            "enable_xff_client_port": False,
            "enable_zonal_shift": False,
            "enforce_security_group_inbound_rules_on_private_link_traffic": "",
            "id": made["LoadBalancerArn"],
            "idle_timeout": 60,
            "internal": True,
            "ip_address_type": "ipv4",
            "ipam_pools": [],
            "load_balancer_type": "application",
            "minimum_load_balancer_capacity": [],
            "name": name,
            "name_prefix": "",
            "preserve_host_header": False,
            "security_groups": [default_group(aws)],
            "subnet_mapping": [
                {
                    "allocation_id": "",
                    "ipv6_address": "",
                    "outpost_id": "",
                    "private_ipv4_address": "",
                    "subnet_id": subnet,
                }
                for subnet in subnets
            ],
            "subnets": subnets[::-1],
            "tags": {"env": "prod"},
            "tags_all": {"env": "prod"},
            "timeouts": None,
            "vpc_id": default_vpc(aws),
            "xff_header_processing_mode": "append",
            "zone_id": made["CanonicalHostedZoneId"],
        },
    )


def _group(aws: Aws, name: str) -> Thing:
    elb = aws.client("elbv2")
    made = elb.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=8080,
        VpcId=default_vpc(aws),
        TargetType="ip",
        HealthCheckPath="/health",
        HealthCheckTimeoutSeconds=4,
        Matcher={"HttpCode": "200-299"},
        Tags=[ENVIRONMENT],
    )["TargetGroups"][0]
    elb.modify_target_group_attributes(
        TargetGroupArn=made["TargetGroupArn"],
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}],
    )
    return Thing(
        type="aws_lb_target_group",
        name=name.replace("-", "_"),
        attributes={
            "arn": made["TargetGroupArn"],
            "arn_suffix": _tail(made["TargetGroupArn"]),
            "connection_termination": None,
            "deregistration_delay": "30",
            "health_check": [
                {
                    "enabled": True,
                    "healthy_threshold": 5,
                    "interval": 30,
                    "matcher": "200-299",
                    "path": "/health",
                    "port": "traffic-port",
                    "protocol": "HTTP",
                    "timeout": 4,
                    "unhealthy_threshold": 2,
                }
            ],
            "id": made["TargetGroupArn"],
            "ip_address_type": "ipv4",
            "lambda_multi_value_headers_enabled": False,
            "load_balancer_arns": [],
            "load_balancing_algorithm_type": "round_robin",
            "load_balancing_anomaly_mitigation": "off",
            "load_balancing_cross_zone_enabled": "use_load_balancer_configuration",
            "name": name,
            "name_prefix": "",
            "port": 8080,
            "preserve_client_ip": None,
            "protocol": "HTTP",
            "protocol_version": "HTTP1",
            "proxy_protocol_v2": False,
            "slow_start": 0,
            "stickiness": [
                {"cookie_duration": 86400, "cookie_name": "", "enabled": False, "type": "lb_cookie"}
            ],
            "tags": None,
            "tags_all": {"env": "prod"},
            "target_failover": [{"on_deregistration": None, "on_unhealthy": None}],
            "target_group_health": [
                {
                    "dns_failover": [
                        {
                            "minimum_healthy_targets_count": "1",
                            "minimum_healthy_targets_percentage": "off",
                        }
                    ],
                    "unhealthy_state_routing": [
                        {
                            "minimum_healthy_targets_count": 1,
                            "minimum_healthy_targets_percentage": "off",
                        }
                    ],
                }
            ],
            "target_health_state": [
                {
                    "enable_unhealthy_connection_termination": None,
                    "unhealthy_draining_interval": None,
                }
            ],
            "target_type": "ip",
            "vpc_id": default_vpc(aws),
        },
    )


_NO_ACTION = {
    "authenticate_cognito": [],
    "authenticate_oidc": [],
    "fixed_response": [],
    "forward": [],
    "jwt_validation": [],
    "redirect": [],
    "target_group_arn": "",
}
_NO_HEADERS = {
    **dict.fromkeys(
        (
            "routing_http_request_x_amzn_mtls_clientcert_header_name",
            "routing_http_request_x_amzn_tls_version_header_name",
            "routing_http_response_access_control_allow_origin_header_value",
            "routing_http_response_content_security_policy_header_value",
            "routing_http_response_strict_transport_security_header_value",
            "routing_http_response_x_frame_options_header_value",
        ),
        "",
    ),
    "routing_http_response_server_enabled": True,
}


def _listener(made: dict[str, Any], name: str, action: dict[str, Any], balancer: Thing) -> Thing:
    return Thing(
        type="aws_lb_listener",
        name=name,
        attributes={
            **_NO_HEADERS,
            "alpn_policy": None,
            "arn": made["ListenerArn"],
            "certificate_arn": None,
            "default_action": [{**_NO_ACTION, "order": 1, **action}],
            "id": made["ListenerArn"],
            "load_balancer_arn": balancer.attributes["arn"],
            "mutual_authentication": [],
            "port": made["Port"],
            "protocol": "HTTP",
            "ssl_policy": "",
            "tags": {},
            "tags_all": {"env": "prod"},
            "tcp_idle_timeout_seconds": None,
            "timeouts": None,
        },
        dependencies=(balancer.address,),
    )


def _plain_listener(aws: Aws, word: str, balancer: Thing) -> Thing:
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    made = aws.client("elbv2").create_listener(
        LoadBalancerArn=balancer.attributes["arn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
        Tags=[ENVIRONMENT],
    )["Listeners"][0]
    whole = {
        "host": "#{host}",
        "path": "/#{path}",
        "port": "443",
        "protocol": "HTTPS",
        "query": "#{query}",
        "status_code": "HTTP_301",
    }
    return _listener(made, f"plain_{word}", {"type": "redirect", "redirect": [whole]}, balancer)


def _forwarding_listener(aws: Aws, word: str, balancer: Thing, blue: Thing, green: Thing) -> Thing:
    weights = [(blue.attributes["arn"], 90), (green.attributes["arn"], 10)]
    made = aws.client("elbv2").create_listener(
        LoadBalancerArn=balancer.attributes["arn"],
        Protocol="HTTP",
        Port=8443,
        DefaultActions=[_forward(weights)],
        Tags=[ENVIRONMENT],
    )["Listeners"][0]
    forward = {
        "stickiness": [{"duration": 0, "enabled": False}],
        "target_group": [{"arn": arn, "weight": weight} for arn, weight in weights[::-1]],
    }
    return _listener(made, f"shop_{word}", {"type": "forward", "forward": [forward]}, balancer)


def _forward(weights: list[tuple[str, int]]) -> dict[str, Any]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def _mutations(
    aws: Aws, balancer: Thing, blue: Thing, plain: Thing, shop: Thing
) -> tuple[Mutation, ...]:
    elb = aws.client("elbv2")
    at, where = balancer.attributes["arn"], shop.attributes["arn"]
    green = shop.attributes["default_action"][0]["forward"][0]["target_group"][0]["arn"]

    def setting(key: str, value: str) -> None:
        pair = [{"Key": key, "Value": value}]
        elb.modify_load_balancer_attributes(LoadBalancerArn=at, Attributes=pair)

    def unguard() -> None:
        setting("deletion_protection.enabled", "false")
        setting("routing.http.drop_invalid_header_fields.enabled", "false")

    def sicken() -> None:
        group = blue.attributes["arn"]
        elb.modify_target_group(
            TargetGroupArn=group, HealthCheckPath="/", Matcher={"HttpCode": "200"}
        )
        key = "deregistration_delay.timeout_seconds"
        elb.modify_target_group_attributes(
            TargetGroupArn=group, Attributes=[{"Key": key, "Value": "0"}]
        )

    weights = [(green, 60), (blue.attributes["arn"], 40)]
    target = "default_action[0].forward[0].target_group"
    redirect = {"Protocol": "HTTP", "Port": "8080", "StatusCode": "HTTP_301"}
    told = "default_action[0].redirect[0]"
    return (
        Mutation(
            title="may be deleted, and passes bad headers on",
            do=unguard,
            reports=reports(
                (balancer.address, "enable_deletion_protection"),
                (balancer.address, "drop_invalid_header_fields"),
            ),
        ),
        Mutation(
            title="another subnet",
            do=lambda: elb.set_subnets(LoadBalancerArn=at, Subnets=subnets_of(aws)),
            reports=reports((balancer.address, "subnets")),
        ),
        Mutation(
            title="weights",
            do=lambda: elb.modify_listener(ListenerArn=where, DefaultActions=[_forward(weights)]),
            reports=reports(
                (shop.address, f"{target}[0].weight"), (shop.address, f"{target}[1].weight")
            ),
        ),
        Mutation(
            title="leads to plain text",
            do=lambda: elb.modify_listener(
                ListenerArn=plain.attributes["arn"],
                DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
            ),
            reports=reports((plain.address, f"{told}.port"), (plain.address, f"{told}.protocol")),
        ),
        Mutation(
            title="health is asked elsewhere",
            do=sicken,
            reports=reports(
                (blue.address, "health_check[0].path"),
                (blue.address, "health_check[0].matcher"),
                (blue.address, "deregistration_delay"),
            ),
        ),
        Mutation(
            title="tags",
            do=lambda: elb.add_tags(
                ResourceArns=[at, blue.attributes["arn"]], Tags=[{"Key": "new", "Value": "x"}]
            ),
            reports=reports((balancer.address, "tags.new"), (blue.address, "tags.new")),
        ),
        Mutation(
            title="a listener is deleted",
            do=lambda: elb.delete_listener(ListenerArn=where),
            reports=reports((shop.address, "")),
        ),
    )
