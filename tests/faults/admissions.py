"""Faults of quotas and of what may refuse or rewrite a pod at admission."""

from tests.diagnose.build import (
    DAY,
    Json,
    alert,
    app,
    container,
    crashing,
    event,
    make,
    named,
    seen,
    service,
)
from tests.faults.neighbours import caller, edit, elsewhere, refused, serves, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory


def refusing(words: str, *others: Json, pods: int = 0) -> list[Json]:
    """`app` without the pods that its newest ReplicaSet asks for."""
    failure = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": words,
        "lastTransitionTime": "2026-03-04T02:50:00Z",
    }
    objects = app(pods=[], replicas=2, conditions=[failure])
    made = named(objects, "ReplicaSet")
    made["spec"]["replicas"] = 2
    made["status"] = {"replicas": pods, "conditions": [failure]}
    return [*objects, event(made, "FailedCreate", f"Error creating: {words}"), *others]


@fault(
    "quota-exceeded",
    "ResourceQuota/shop/compute",
    says="memory",
    alert=alert("KubeDeploymentReplicasMismatch", namespace="shop", deployment="app"),
)
def quota_exceeded() -> Inventory:
    words = (
        'pods "app-1-x2f7z" is forbidden: exceeded quota: compute, requested: '
        "requests.memory=128Mi, used: requests.memory=1000Mi, limited: requests.memory=1Gi"
    )
    quota = make(
        "ResourceQuota",
        "compute",
        age=9 * DAY,
        spec={"hard": {"requests.memory": "1Gi"}},
        status={"hard": {"requests.memory": "1Gi"}, "used": {"requests.memory": "1000Mi"}},
    )
    objects = refusing(words, quota, service(), *caller())
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("quota-must-specify", "ResourceQuota/shop/compute", says="limits.cpu")
def quota_must_specify() -> Inventory:
    words = (
        'pods "app-1-x2f7z" is forbidden: failed quota: compute: must specify limits.cpu for: app'
    )
    quota = make(
        "ResourceQuota",
        "compute",
        age=800,
        spec={"hard": {"limits.cpu": "8"}},
        status={"hard": {"limits.cpu": "8"}, "used": {"limits.cpu": "0"}},
    )
    objects = refusing(words, quota, service(), *caller())
    return seen(*objects, logs=[web_says(objects, refused())])


def webhook(kind: str, name: str, *, seconds: int = 10, policy: str = "Fail") -> Json:
    """A webhook that is asked about every pod."""
    hook = {
        "name": f"{name}.example.com",
        "failurePolicy": policy,
        "timeoutSeconds": seconds,
        "clientConfig": {"service": {"namespace": "policy", "name": name, "port": 443}},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]}],
    }
    return make(kind, name, age=900, webhooks=[hook])


@fault("webhook-overwrites-limits", "MutatingWebhookConfiguration/limiter", says="16Mi")
def webhook_limits() -> Inventory:
    dying = crashing(code=137, reason="OOMKilled", ran=1)
    objects = [
        *app(revisions=[(600, container())], pods=[dying, dying]),
        service(),
        *caller(),
        webhook("MutatingWebhookConfiguration", "limiter"),
        *elsewhere("policy", app("limiter")),
        *elsewhere("policy", [serves("limiter", 443, "http")]),
    ]
    for one in objects:
        if one["kind"] == "Pod" and one["metadata"]["name"].startswith("app-"):
            small = {"requests": {"cpu": "100m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}}
            one["spec"] = {**one["spec"], "containers": [container(resources=small)]}
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("psa-restricted", "Namespace/shop", says="restricted")
def pod_security() -> Inventory:
    words = (
        'pods "app-1-x2f7z" is forbidden: violates PodSecurity "restricted:latest": '
        'allowPrivilegeEscalation != false (container "app" must set securityContext.'
        'allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set '
        'securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" '
        "must set securityContext.runAsNonRoot=true)"
    )
    space = make(
        "Namespace",
        "shop",
        age=30 * DAY,
        labels={"pod-security.kubernetes.io/enforce": "restricted"},
        managed=edit(700, {"f:metadata": {"f:labels": {}}}, by="kubectl-label"),
    )
    objects = refusing(words, space, service(), *caller())
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("webhook-backend-missing", "ValidatingWebhookConfiguration/guard", says="guard")
def webhook_backend() -> Inventory:
    words = (
        'Internal error occurred: failed calling webhook "guard.example.com": failed to call '
        'webhook: Post "https://guard.policy.svc:443/validate?timeout=10s": service "guard" not '
        "found"
    )
    hook = webhook("ValidatingWebhookConfiguration", "guard")
    objects = refusing(words, hook, service(), *caller())
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("webhook-ca-mismatch", "ValidatingWebhookConfiguration/guard", says="caBundle")
def webhook_certificate() -> Inventory:
    words = (
        'Internal error occurred: failed calling webhook "guard.example.com": failed to call '
        'webhook: Post "https://guard.policy.svc:443/validate?timeout=10s": tls: failed to verify '
        "certificate: x509: certificate signed by unknown authority"
    )
    objects = refusing(
        words,
        webhook("ValidatingWebhookConfiguration", "guard"),
        *elsewhere("policy", app("guard")),
        *elsewhere("policy", [serves("guard", 443, "http")]),
        service(),
        *caller(),
    )
    return seen(*objects, logs=[web_says(objects, refused())])


@fault(
    "webhook-cumulative-timeout",
    *(f"MutatingWebhookConfiguration/slow-{n}" for n in range(4)),
    says="40 s",
)
def webhook_timeouts() -> Inventory:
    words = "Timeout: request did not complete within requested timeout - context deadline exceeded"
    hooks = [
        webhook("MutatingWebhookConfiguration", f"slow-{n}", seconds=10, policy="Ignore")
        for n in range(4)
    ]
    objects = refusing(words, *hooks, service(), *caller())
    return seen(*objects, logs=[web_says(objects, refused())])
