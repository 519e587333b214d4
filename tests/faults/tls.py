"""Faults of certificates."""

from tests.diagnose.build import DAY, ago, crashing, make
from tests.faults.neighbours import refused
from tests.faults.network import NGINX, ingress
from tests.faults.scenes import fault
from tests.faults.stage import pod_of, program, says, watched, wrote

from sreagent.domain.inventory import Inventory


@fault(
    "tls-ingress-expired",
    "Certificate/shop/shop-tls",
    says="expired",
    alert="HighErrorRate shop/shop",
)
def of_ingress() -> Inventory:
    served = ingress(root="web")
    served["spec"]["tls"] = [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]
    certificate = make(
        "Certificate",
        "shop-tls",
        age=120 * DAY,
        spec={
            "dnsNames": ["shop.example.com"],
            "secretName": "shop-tls",
            "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"},
        },
        status={
            "notAfter": ago(3600),
            "notBefore": ago(90 * DAY),
            "conditions": [
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "Expired",
                    "message": "Certificate expired on Wed, 04 Mar 2026 02:00:00 UTC",
                    "lastTransitionTime": ago(3600),
                }
            ],
        },
    )
    issuer = make(
        "ClusterIssuer",
        "letsencrypt",
        status={"conditions": [{"type": "Ready", "status": "True"}]},
    )
    objects = [
        *program("web"),
        *program("ingress-nginx-controller"),
        make("Secret", "shop-tls", age=90 * DAY, type="kubernetes.io/tls"),
    ]
    words = (
        "W0304 02:58:11.201331       7 controller.go:1506] SSL certificate for server "
        '"shop.example.com" expired on 2026-03-04 02:00:00 +0000 UTC'
    )
    logs = [says(objects, "ingress-nginx-controller", words)]
    return watched(*objects, served, NGINX, certificate, issuer, logs=logs)


@fault("tls-app-expired", "Deployment/shop/app", says="certificate")
def of_program() -> Inventory:
    objects = [
        *program("web", "app"),
        *program("app", pods=[crashing(code=1, since=40, ran=1)]),
        *program("mail"),
    ]
    own = pod_of(objects, "app")
    own["metadata"]["creationTimestamp"] = own["status"]["startTime"] = ago(900)
    words = (
        "level=info msg=starting version=1.8.2\n"
        'level=fatal msg="cannot serve" err="tls: SSL certificate expired: notAfter '
        '2026-03-04T02:30:00Z"\n'
    )
    logs = [wrote(objects, "app", words, previous=True), says(objects, "web", refused())]
    return watched(*objects, logs=logs)
