"""Faults of programs that learn together."""

from tests.diagnose.build import DAY, ago, container, crashing, event
from tests.faults.scenes import fault
from tests.faults.stage import calling, program, says, watched, wrote

from sreagent.domain.inventory import Inventory


@fault(
    "flower-node-stop",
    "Deployment/shop/supernode-2",
    says="0",
    alert="TrainingStalled shop",
)
def stopped() -> Inventory:
    objects = [
        *program("superlink", port=9092),
        *program("supernode-1", "superlink:9092"),
        *program("supernode-2", "superlink:9092", pods=[], replicas=0),
        *program("serverapp", "superlink:9092"),
    ]
    gone = next(one for one in objects if one["metadata"]["name"] == "supernode-2")
    down = event(gone, "ScalingReplicaSet", "Scaled down replica set supernode-2-1 to 0 from 1",
                 since=400, count=1)  # fmt: skip
    words = (
        "INFO :      Sampling failed: number of available clients (1) is less than number of "
        "requested clients (2)."
    )
    return watched(*objects, down, logs=[says(objects, "superlink", words)])


@fault(
    "flower-model-misconfig",
    "Deployment/shop/supernode-2",
    says="size mismatch",
    alert="KubePodCrashLooping shop/supernode-2",
)
def misconfigured() -> Inventory:
    env = calling("superlink:9092")
    old = container(image="registry.example.com/ml/client:1", env=env)
    new = container(image="registry.example.com/ml/client:2", env=env)
    objects = [
        *program("superlink", port=9092),
        *program("supernode-1", "superlink:9092"),
        *program(
            "supernode-2",
            revisions=[(9 * DAY, old), (600, new)],
            pods=[crashing(code=1, since=30, ran=12)],
        ),
    ]
    words = (
        f"{ago(50)} INFO :      Received: train message\n"
        "Traceback (most recent call last):\n"
        '  File "/app/client_app.py", line 41, in fit\n'
        "    set_weights(self.net, parameters)\n"
        '  File "/app/task.py", line 88, in set_weights\n'
        "    net.load_state_dict(state_dict, strict=True)\n"
        "RuntimeError: Error(s) in loading state_dict for Net: size mismatch for fc1.weight: "
        "copying a param with shape torch.Size([120, 400]) from checkpoint, the shape in "
        "current model is torch.Size([64, 400]).\n"
    )
    return watched(*objects, logs=[wrote(objects, "supernode-2", words, previous=True)])
