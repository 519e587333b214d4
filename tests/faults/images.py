"""Faults of images."""

from tests.diagnose.build import DAY, app, container, crashing, event, log, named, seen, waiting
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory

OLD = (5 * DAY, container())


@fault("image-not-found", "Deployment/shop/app", says="1.9")
def not_found() -> Inventory:
    image = "registry.example.com/shop/app:1.9"
    words = f'Failed to pull image "{image}": manifest unknown: manifest for {image} not found'
    objects = app(
        revisions=[OLD, (300, container(image=image))],
        pods=[waiting("ImagePullBackOff", f'Back-off pulling image "{image}"')],
    )
    return seen(*objects, event(named(objects, "Pod"), "Failed", words))


@fault("image-buggy-build", "Deployment/shop/app", says="revision 2")
def buggy_build() -> Inventory:
    objects = app(
        revisions=[OLD, (300, container(image="registry.example.com/shop/app:3"))],
        pods=[crashing(code=2), crashing(code=2)],
    )
    panic = "panic: runtime error: invalid memory address or nil pointer dereference\n"
    trace = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:42 +0x1b\n"
    return seen(*objects, logs=[log(named(objects, "Pod"), panic + trace, previous=True)])
