"""Faults of what brings changes into the cluster."""

from tests.diagnose.build import DAY, ago, make
from tests.faults.scenes import fault
from tests.faults.stage import program, watched, well

from sreagent.domain.inventory import Inventory


@fault(
    "argocd-namespace",
    "Application/argocd/demo-shop",
    says="my-demoshop-namespaces",
    alert="ArgoCDAppSyncFailed demo-shop",
)
def absent_namespace() -> Inventory:
    failed = {
        "phase": "Failed",
        "message": "one or more objects failed to apply, reason: namespaces "
        '"my-demoshop-namespaces" not found (retried 5 times).',
        "startedAt": ago(1300),
        "finishedAt": ago(1200),
    }
    destination = {
        "server": "https://kubernetes.default.svc",
        "namespace": "my-demoshop-namespaces",
    }
    application = make(
        "Application",
        "demo-shop",
        namespace="argocd",
        age=2 * DAY,
        spec={
            "destination": destination,
            "project": "default",
            "source": {"repoURL": "https://git.example.com/shop.git", "path": "deploy"},
            "syncPolicy": {"automated": {}},
        },
        status={
            "sync": {"status": "OutOfSync", "revision": "3f1c2aa"},
            "health": {"status": "Missing"},
            "operationState": failed,
            "conditions": [
                {
                    "type": "SyncError",
                    "message": "Failed last sync attempt to 3f1c2aa: one or more objects failed "
                    'to apply, reason: namespaces "my-demoshop-namespaces" not found',
                    "lastTransitionTime": ago(1200),
                }
            ],
        },
    )
    healthy = make(
        "Application",
        "web",
        namespace="argocd",
        age=30 * DAY,
        spec={"destination": {**destination, "namespace": "shop"}},
        status={"sync": {"status": "Synced"}, "health": {"status": "Healthy"}},
    )
    spaces = [make("Namespace", name) for name in ("shop", "argocd")]
    return watched(application, healthy, *spaces, *program("web"), signals=well("web"))
