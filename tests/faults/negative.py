"""What looks like an incident and is none, or cannot be told."""

from tests.diagnose.build import alert, crashing, ended, log, make, running, seen
from tests.faults.scenes import fault
from tests.faults.stage import pod_of, program, says, watched, well

from sreagent.domain.inventory import Inventory

WATCHDOG = alert("Watchdog", severity="none", namespace="monitoring")


@fault("noop", alert=WATCHDOG)
def nothing() -> Inventory:
    once = running(since=5 * 3600, restartCount=1, lastState=ended(1, since=5 * 3600 + 5))
    objects = [*program("web", "cart"), *program("cart", pods=[once])]
    words = 'level=warning msg="cache miss" key=42'
    return watched(
        *objects,
        logs=[says(objects, "web", words)],
        signals=[*well("web"), *well("cart")],
    )


@fault("target-not-found", alert=alert("KubePodCrashLooping", namespace="shop", pod="payment-1"))
def not_there() -> Inventory:
    objects = [*program("web", "cart"), *program("cart")]
    elsewhere = program("payment")
    for one in elsewhere:
        one["metadata"]["namespace"] = "store"
    return watched(*objects, *elsewhere, make("Namespace", "shop"), make("Namespace", "store"))


@fault(
    "no-logs", "Deployment/shop/app", says="log says nothing", alert="KubePodCrashLooping shop/app"
)
def silent() -> Inventory:
    objects = [*program("web"), *program("app", pods=[crashing(code=1, since=20, ran=1)])]
    return watched(*objects, logs=[log(pod_of(objects, "app"), "", previous=True)])


@fault("no-permission", alert="HighErrorRate shop/web")
def no_rights() -> Inventory:
    refused = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Node", "Event")
    objects = [*program("web", "cart"), *program("cart")]
    return seen(*objects, refused=refused)
