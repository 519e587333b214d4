"""Attributes as the Terraform provider for Kubernetes keeps them in its states, all of them."""

from typing import Any

NAMESPACE = "drift"
Attributes = dict[str, Any]
"""Of one resource."""


def metadata(name: str, namespace: str = NAMESPACE, **more: Any) -> list[Attributes]:
    """A block `metadata`; `namespace` is empty for kinds of no namespace."""
    return [
        {
            "annotations": more.get("annotations", {}),
            "generate_name": "",
            "generation": 3,
            "labels": more.get("labels", {}),
            "name": name,
            **({"namespace": namespace} if namespace else {}),
            "resource_version": "81234",
            "uid": "0c6b2b80-0000-4000-8000-000000000000",
        }
    ]


def container(name: str = "app", image: str = "registry.test/app:1.4.0", **more: Any) -> Attributes:
    """A block `container` with every attribute of the provider."""
    return {
        "args": [],
        "command": [],
        "env": [],
        "env_from": [],
        "image": image,
        "image_pull_policy": "IfNotPresent",
        "lifecycle": [],
        "liveness_probe": [],
        "name": name,
        "port": [],
        "readiness_probe": [],
        "resources": [{"limits": {}, "requests": {}}],
        "security_context": [],
        "startup_probe": [],
        "stdin": False,
        "stdin_once": False,
        "termination_message_path": "/dev/termination-log",
        "termination_message_policy": "File",
        "tty": False,
        "volume_device": [],
        "volume_mount": [],
        "working_dir": "",
        **more,
    }


def port(number: int, name: str = "", protocol: str = "TCP") -> Attributes:
    """A block `port` of a container."""
    return {
        "container_port": number,
        "host_ip": "",
        "host_port": 0,
        "name": name,
        "protocol": protocol,
    }


def env(name: str, value: str = "", **source: Attributes) -> Attributes:
    """A block `env`: a value, or `secret_key_ref={…}`."""
    blocks: Attributes = {
        "config_map_key_ref": [],
        "field_ref": [],
        "resource_field_ref": [],
        "secret_key_ref": [],
    }
    given = {key: [each] for key, each in source.items()}
    return {"name": name, "value": value, "value_from": [{**blocks, **given}] if source else []}


def probe(path: str, number: str) -> list[Attributes]:
    """A block `liveness_probe` that asks over HTTP."""
    return [
        {
            "exec": [],
            "failure_threshold": 3,
            "grpc": [],
            "http_get": [
                {"host": "", "http_header": [], "path": path, "port": number, "scheme": "HTTP"}
            ],
            "initial_delay_seconds": 5,
            "period_seconds": 10,
            "success_threshold": 1,
            "tcp_socket": [],
            "timeout_seconds": 1,
        }
    ]


def pod(*containers: Attributes, **more: Any) -> Attributes:
    """A block `spec` of a pod template with every attribute of the provider."""
    return {
        "active_deadline_seconds": 0,
        "affinity": [],
        "automount_service_account_token": True,
        "container": list(containers),
        "dns_config": [],
        "dns_policy": "ClusterFirst",
        "enable_service_links": True,
        "host_aliases": [],
        "host_ipc": False,
        "host_network": False,
        "host_pid": False,
        "hostname": "",
        "image_pull_secrets": [],
        "init_container": [],
        "node_name": "",
        "node_selector": {},
        "os": [],
        "priority_class_name": "",
        "readiness_gate": [],
        "restart_policy": "Always",
        "runtime_class_name": "",
        "scheduler_name": "default-scheduler",
        "security_context": [],
        "service_account_name": "",
        "share_process_namespace": False,
        "subdomain": "",
        "termination_grace_period_seconds": 30,
        "toleration": [],
        "topology_spread_constraint": [],
        "volume": [],
        **more,
    }


def template(spec: Attributes, app: str) -> list[Attributes]:
    """A block `template`."""
    return [
        {
            "metadata": [
                {
                    "annotations": {},
                    "generate_name": "",
                    "generation": 0,
                    "labels": {"app": app},
                    "name": "",
                    "namespace": "",
                    "resource_version": "",
                    "uid": "",
                }
            ],
            "spec": [spec],
        }
    ]


def selector(app: str) -> list[Attributes]:
    """A block `selector` by the label `app`."""
    return [{"match_expressions": [], "match_labels": {"app": app}}]


def deployment(name: str = "api", replicas: str = "3", **pod_says: Any) -> Attributes:
    """A deployment with probes, ports, variables, volumes, tolerations."""
    main = container(
        command=["/app", "serve"],
        args=["--port", "8080"],
        port=[port(8080, "http"), port(9090, "metrics")],
        env=[
            env("MODE", "fast"),
            env("EMPTY"),
            env("DB_PASSWORD", secret_key_ref={"key": "pw", "name": "db", "optional": False}),
            env("NODE", field_ref={"api_version": "v1", "field_path": "spec.nodeName"}),
        ],
        env_from=[
            {
                "config_map_ref": [{"name": "settings", "optional": False}],
                "prefix": "CFG_",
                "secret_ref": [],
            }
        ],
        liveness_probe=probe("/healthz", "http"),
        readiness_probe=probe("/ready", "8080"),
        resources=[
            {
                "limits": {"cpu": "1000m", "memory": "1024Mi"},
                "requests": {"cpu": "0.25", "memory": "512Mi"},
            }
        ],
        security_context=[
            {
                "allow_privilege_escalation": False,
                "capabilities": [{"add": [], "drop": ["ALL"]}],
                "privileged": False,
                "read_only_root_filesystem": True,
                "run_as_group": "",
                "run_as_non_root": True,
                "run_as_user": "1000",
                "se_linux_options": [],
                "seccomp_profile": [],
            }
        ],
        volume_mount=[
            {
                "mount_path": "/etc/app",
                "mount_propagation": "None",
                "name": "settings",
                "read_only": True,
                "sub_path": "",
            }
        ],
    )
    spec = {
        "volume": [
            volume(
                "settings", config_map={"default_mode": "0644", "items": [], "name": "settings"}
            ),
            volume("scratch", empty_dir={"medium": "", "size_limit": "1Gi"}),
        ],
        "toleration": [
            {
                "effect": "NoSchedule",
                "key": "dedicated",
                "operator": "Equal",
                "toleration_seconds": "",
                "value": "shop",
            }
        ],
        "node_selector": {"kubernetes.io/os": "linux"},
        **pod_says,
    }
    return {
        "id": f"drift/{name}",
        "metadata": metadata(
            name, labels={"app": name, "team": "checkout"}, annotations={"owner": "jo"}
        ),
        "spec": [
            {
                "min_ready_seconds": 0,
                "paused": False,
                "progress_deadline_seconds": 600,
                "replicas": replicas,
                "revision_history_limit": 10,
                "selector": selector(name),
                "strategy": [
                    {
                        "rolling_update": [{"max_surge": "25%", "max_unavailable": "25%"}],
                        "type": "RollingUpdate",
                    }
                ],
                "template": template(pod(main, **spec), name),
            }
        ],
        "timeouts": None,
        "wait_for_rollout": True,
    }


_SOURCES = (
    *("aws_elastic_block_store", "azure_disk", "azure_file", "ceph_fs", "cinder", "config_map"),
    *("csi", "downward_api", "empty_dir", "ephemeral", "fc", "flex_volume", "flocker"),
    *("gce_persistent_disk", "git_repo", "glusterfs", "host_path", "iscsi", "local", "nfs"),
    *("persistent_volume_claim", "photon_persistent_disk", "projected", "quobyte", "rbd"),
    *("secret", "vsphere_volume"),
)


def volume(name: str, **source: Attributes) -> Attributes:
    """A block `volume` with one source."""
    given = {key: [each] for key, each in source.items()}
    return {"name": name, **{key: [] for key in _SOURCES}, **given}


def service(name: str = "api") -> Attributes:
    """A service of the usual type."""
    return {
        "id": f"drift/{name}",
        "metadata": metadata(name, labels={"app": name}),
        "spec": [
            {
                "allocate_load_balancer_node_ports": True,
                "cluster_ip": "",
                "cluster_ips": [],
                "external_ips": [],
                "external_name": "",
                "external_traffic_policy": "",
                "health_check_node_port": 0,
                "internal_traffic_policy": "Cluster",
                "ip_families": ["IPv4"],
                "ip_family_policy": "SingleStack",
                "load_balancer_class": "",
                "load_balancer_ip": "",
                "load_balancer_source_ranges": [],
                "port": [
                    {
                        "app_protocol": "",
                        "name": "http",
                        "node_port": 0,
                        "port": 80,
                        "protocol": "TCP",
                        "target_port": "8080",
                    },
                    {
                        "app_protocol": "",
                        "name": "metrics",
                        "node_port": 0,
                        "port": 9090,
                        "protocol": "TCP",
                        "target_port": "metrics",
                    },
                ],
                "publish_not_ready_addresses": False,
                "selector": {"app": name},
                "session_affinity": "None",
                "session_affinity_config": [],
                "type": "ClusterIP",
            }
        ],
        "status": [{"load_balancer": [{"ingress": []}]}],
        "timeouts": None,
        "wait_for_load_balancer": True,
    }


def _workload(kind: str, name: str) -> Attributes:
    spec: Attributes = {
        "min_ready_seconds": 0,
        "revision_history_limit": 10,
        "selector": selector(name),
        "template": template(pod(container()), name),
    }
    if kind == "daemonset":
        spec["strategy"] = [{"rolling_update": [{"max_unavailable": "1"}], "type": "RollingUpdate"}]
    else:
        spec |= {
            "pod_management_policy": "OrderedReady",
            "replicas": "1",
            "service_name": name,
            "update_strategy": [{"rolling_update": [{"partition": 0}], "type": "RollingUpdate"}],
            "persistent_volume_claim_retention_policy": [],
            "volume_claim_template": [
                {
                    "metadata": [
                        {**metadata("data", "")[0], "namespace": "", "uid": ""},
                    ],
                    "spec": [claim_spec()],
                }
            ],
        }
    return {
        "id": f"drift/{name}",
        "metadata": metadata(name),
        "spec": [spec],
        "timeouts": None,
        "wait_for_rollout": True,
    }


def claim_spec() -> Attributes:
    """A block `spec` of a claim for a volume."""
    return {
        "access_modes": ["ReadWriteOnce"],
        "resources": [{"limits": {}, "requests": {"storage": "1024Mi"}}],
        "selector": [],
        "storage_class_name": "slow",
        "volume_mode": "Filesystem",
        "volume_name": "",
    }


def job_spec(app: str) -> Attributes:
    """A block `spec` of a Job."""
    return {
        "active_deadline_seconds": 0,
        "backoff_limit": 6,
        "backoff_limit_per_index": 0,
        "completion_mode": "",
        "completions": 1,
        "manual_selector": False,
        "max_failed_indexes": 0,
        "parallelism": 1,
        "pod_failure_policy": [],
        "selector": [],
        "template": template(
            pod(container(command=["sleep", "1"]), restart_policy="OnFailure"), app
        ),
        "ttl_seconds_after_finished": "",
    }


def manifest_of(kind: str) -> Attributes:
    """Attributes of `kubernetes_manifest`."""
    return {
        "computed_fields": None,
        "field_manager": [],
        "manifest": {
            "apiVersion": "v1",
            "kind": kind,
            "metadata": {"name": "by-hand", "namespace": NAMESPACE, "labels": {"app": "by-hand"}},
            "data": {"mode": "fast", "zero": "0"},
        },
        "object": None,
        "timeouts": [],
        "wait": [],
        "wait_for": None,
    }


def everything() -> dict[str, Attributes]:
    """One resource of each type, by its type; none needs another to exist."""
    rule = {
        "api_groups": [""],
        "non_resource_urls": [],
        "resource_names": [],
        "resources": ["pods", "services"],
        "verbs": ["get", "list"],
    }
    role_ref = [{"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}]
    subjects = [
        {"api_group": "", "kind": "ServiceAccount", "name": "api", "namespace": NAMESPACE},
        {
            "api_group": "rbac.authorization.k8s.io",
            "kind": "User",
            "name": "jo",
            "namespace": "default",
        },
    ]
    return {
        "kubernetes_namespace_v1": {
            "id": NAMESPACE,
            "metadata": metadata(NAMESPACE, "", labels={"team": "checkout"}),
            "wait_for_default_service_account": False,
        },
        "kubernetes_deployment_v1": deployment(),
        "kubernetes_stateful_set_v1": _workload("stateful_set", "db"),
        "kubernetes_daemonset": _workload("daemonset", "agent"),
        "kubernetes_service": service(),
        "kubernetes_config_map": {
            "binary_data": {"blob": "AAEC"},
            "data": {"mode": "fast", "zero": "0", "empty": ""},
            "id": "drift/settings",
            "immutable": False,
            "metadata": metadata("settings"),
        },
        "kubernetes_service_account_v1": {
            "automount_service_account_token": True,
            "default_secret_name": "",
            "id": "drift/api",
            "image_pull_secret": [{"name": "registry"}],
            "metadata": metadata("api"),
            "secret": [],
        },
        "kubernetes_role_v1": {
            "id": "drift/reader",
            "metadata": metadata("reader"),
            "rule": [{key: each for key, each in rule.items() if key != "non_resource_urls"}],
        },
        "kubernetes_role_binding_v1": {
            "id": "drift/reader",
            "metadata": metadata("reader"),
            "role_ref": role_ref,
            "subject": subjects,
        },
        "kubernetes_cluster_role_v1": {
            "aggregation_rule": [],
            "id": "reader",
            "metadata": metadata("reader", ""),
            "rule": [
                rule,
                {
                    "api_groups": [],
                    "non_resource_urls": ["/metrics"],
                    "resource_names": [],
                    "resources": [],
                    "verbs": ["get"],
                },
            ],
        },
        "kubernetes_cluster_role_binding": {
            "id": "reader",
            "metadata": metadata("reader", ""),
            "role_ref": [{**role_ref[0], "kind": "ClusterRole"}],
            "subject": subjects,
        },
        "kubernetes_horizontal_pod_autoscaler_v1": {
            "id": "drift/web",
            "metadata": metadata("web"),
            "spec": [
                {
                    "behavior": [],
                    "max_replicas": 10,
                    "metric": [],
                    "min_replicas": 2,
                    "scale_target_ref": [
                        {"api_version": "apps/v1", "kind": "Deployment", "name": "web"}
                    ],
                    "target_cpu_utilization_percentage": 80,
                }
            ],
        },
        "kubernetes_horizontal_pod_autoscaler_v2": {
            "id": "drift/two",
            "metadata": metadata("two"),
            "spec": [
                {
                    "behavior": [],
                    "max_replicas": 10,
                    "metric": [
                        {
                            "container_resource": [],
                            "external": [],
                            "object": [],
                            "pods": [],
                            "resource": [
                                {
                                    "name": "memory",
                                    "target": [
                                        {
                                            "average_utilization": 0,
                                            "average_value": "1024Mi",
                                            "type": "AverageValue",
                                            "value": "",
                                        }
                                    ],
                                }
                            ],
                            "type": "Resource",
                        }
                    ],
                    "min_replicas": 2,
                    "scale_target_ref": [
                        {"api_version": "apps/v1", "kind": "Deployment", "name": "two"}
                    ],
                    "target_cpu_utilization_percentage": 0,
                }
            ],
        },
        "kubernetes_pod_disruption_budget_v1": {
            "id": "drift/api",
            "metadata": metadata("api"),
            "spec": [{"max_unavailable": "", "min_available": "50%", "selector": selector("api")}],
        },
        "kubernetes_ingress_v1": {
            "id": "drift/api",
            "metadata": metadata("api", annotations={"nginx.ingress.kubernetes.io/ssl": "true"}),
            "spec": [
                {
                    "default_backend": [],
                    "ingress_class_name": "nginx",
                    "rule": [
                        {
                            "host": "shop.test",
                            "http": [
                                {
                                    "path": [
                                        {
                                            "backend": [
                                                {
                                                    "resource": [],
                                                    "service": [
                                                        {
                                                            "name": "api",
                                                            "port": [{"name": "", "number": 80}],
                                                        }
                                                    ],
                                                }
                                            ],
                                            "path": "/",
                                            "path_type": "Prefix",
                                        }
                                    ]
                                }
                            ],
                        }
                    ],
                    "tls": [{"hosts": ["shop.test"], "secret_name": "cert"}],
                }
            ],
            "status": [{"load_balancer": [{"ingress": []}]}],
            "timeouts": None,
            "wait_for_load_balancer": False,
        },
        "kubernetes_network_policy_v1": {
            "id": "drift/api",
            "metadata": metadata("api"),
            "spec": [
                {
                    "egress": [],
                    "ingress": [
                        {
                            "from": [
                                {
                                    "ip_block": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}],
                                    "namespace_selector": [],
                                    "pod_selector": [],
                                },
                                {
                                    "ip_block": [],
                                    "namespace_selector": [
                                        {"match_expressions": [], "match_labels": {}}
                                    ],
                                    "pod_selector": [],
                                },
                            ],
                            "ports": [{"end_port": 0, "port": "8080", "protocol": "TCP"}],
                        }
                    ],
                    "pod_selector": [{"match_expressions": [], "match_labels": {}}],
                    "policy_types": ["Ingress"],
                }
            ],
        },
        "kubernetes_cron_job_v1": {
            "id": "drift/nightly",
            "metadata": metadata("nightly"),
            "spec": [
                {
                    "concurrency_policy": "Forbid",
                    "failed_jobs_history_limit": 0,
                    "job_template": [
                        {
                            "metadata": [
                                {**metadata("", "")[0], "namespace": "", "uid": ""},
                            ],
                            "spec": [job_spec("nightly")],
                        }
                    ],
                    "schedule": "0 3 * * *",
                    "starting_deadline_seconds": 0,
                    "successful_jobs_history_limit": 3,
                    "suspend": True,
                    "timezone": "",
                }
            ],
        },
        "kubernetes_job_v1": {
            "id": "drift/once",
            "metadata": metadata("once"),
            "spec": [job_spec("once")],
            "timeouts": None,
            "wait_for_completion": False,
        },
        "kubernetes_persistent_volume_claim_v1": {
            "id": "drift/files",
            "metadata": metadata("files"),
            "spec": [claim_spec()],
            "timeouts": None,
            "wait_until_bound": False,
        },
        "kubernetes_persistent_volume_v1": {
            "id": "disk",
            "metadata": metadata("disk", ""),
            "spec": [
                {
                    "access_modes": ["ReadWriteMany"],
                    "capacity": {"storage": "1024Mi"},
                    "claim_ref": [],
                    "mount_options": [],
                    "node_affinity": [],
                    "persistent_volume_reclaim_policy": "Retain",
                    "persistent_volume_source": [
                        {
                            **{key: [] for key in _SOURCES},
                            "nfs": [{"path": "/", "read_only": False, "server": "nfs.test"}],
                        }
                    ],
                    "storage_class_name": "slow",
                    "volume_mode": "Filesystem",
                }
            ],
            "timeouts": None,
        },
        "kubernetes_storage_class_v1": {
            "allow_volume_expansion": True,
            "allowed_topologies": [],
            "id": "slow",
            "metadata": metadata("slow", ""),
            "mount_options": [],
            "parameters": {"type": "gp3"},
            "reclaim_policy": "Delete",
            "storage_provisioner": "ebs.csi.test",
            "volume_binding_mode": "WaitForFirstConsumer",
        },
        "kubernetes_resource_quota_v1": {
            "id": "drift/most",
            "metadata": metadata("most"),
            "spec": [
                {
                    "hard": {"pods": "200", "requests.cpu": "4000m"},
                    "scope_selector": [],
                    "scopes": [],
                }
            ],
            "timeouts": None,
        },
        "kubernetes_limit_range_v1": {
            "id": "drift/usual",
            "metadata": metadata("usual"),
            "spec": [
                {
                    "limit": [
                        {
                            "default": {"cpu": "1000m"},
                            "default_request": {"cpu": "500m"},
                            "max": {},
                            "max_limit_request_ratio": {},
                            "min": {},
                            "type": "Container",
                        }
                    ]
                }
            ],
        },
        "kubernetes_priority_class_v1": {
            "description": "pays the bills",
            "global_default": False,
            "id": "high",
            "metadata": metadata("high", ""),
            "preemption_policy": "PreemptLowerPriority",
            "value": 1000,
        },
        "kubernetes_validating_webhook_configuration_v1": {
            "id": "guard",
            "metadata": metadata("guard", ""),
            "webhook": [
                {
                    "admission_review_versions": ["v1"],
                    "client_config": [
                        {"ca_bundle": "", "service": [], "url": "https://guard.test/check"}
                    ],
                    "failure_policy": "Ignore",
                    "match_policy": "Equivalent",
                    "name": "guard.shop.test",
                    "namespace_selector": [
                        {"match_expressions": [], "match_labels": {"guarded": "yes"}}
                    ],
                    "object_selector": [],
                    "rule": [
                        {
                            "api_groups": ["apps"],
                            "api_versions": ["v1"],
                            "operations": ["CREATE"],
                            "resources": ["deployments"],
                            "scope": "Namespaced",
                        }
                    ],
                    "side_effects": "None",
                    "timeout_seconds": 10,
                }
            ],
        },
        "kubernetes_manifest": manifest_of("ConfigMap"),
    }
