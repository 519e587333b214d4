"""What runtimes and registries say of one and the same fault, in their own words."""

import pytest
from tests.diagnose.build import container, crashing, event, pod, spotted, waiting

IMAGE = "registry.example.com/shop/app:1.9"
UNPACK = f'rpc error: code = Unknown desc = failed to pull and unpack image "{IMAGE}": '
RESOLVE = f'{UNPACK}failed to resolve reference "{IMAGE}": '


@pytest.mark.parametrize(
    ("told", "said"),
    [
        pytest.param(f"{RESOLVE}{IMAGE}: not found", "not in the registry", id="containerd"),
        pytest.param(
            f"Error response from daemon: manifest for {IMAGE} not found: manifest unknown",
            "not in the registry",
            id="docker",
        ),
        pytest.param(
            f"{UNPACK}no match for platform in manifest: not found",
            "another processor architecture",
            id="platform",
        ),
        pytest.param(
            f"{RESOLVE}pull access denied, repository does not exist or may require authorization",
            "unauthorized",
            id="denied",
        ),
        pytest.param(
            f"{RESOLVE}unexpected status code 429 Too Many Requests - toomanyrequests: slow down",
            "rate limit",
            id="too-many",
        ),
        pytest.param(
            f'{RESOLVE}Head "https://registry.example.com/v2/": tls: failed to verify certificate: '
            "x509: certificate signed by unknown authority",
            "does not trust the certificate",
            id="certificate",
        ),
        pytest.param(
            f"{RESOLVE}dial tcp: lookup registry.example.com on 10.0.0.2:53: server misbehaving",
            "does not answer",
            id="resolver",
        ),
        pytest.param(f"{UNPACK}blob is cursed", "not pulled (blob is cursed)", id="unheard-of"),
        pytest.param(
            f"Failed to pull {IMAGE}@sha256:0401{'0' * 60}: not found",
            "not in the registry",
            id="digits-of-a-digest",
        ),
    ],
)
def test_why_an_image_is_not_pulled(told: str, said: str) -> None:
    one = pod(
        status=waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'),
        spec={"containers": [container(image=IMAGE)]},
        phase="Pending",
    )
    failed = event(one, "Failed", f'Failed to pull image "{IMAGE}": {told}')
    (finding,) = spotted("pod.image_pull", one, failed)
    assert said in finding.claim


RUNC = "OCI runtime create failed: "


@pytest.mark.parametrize(
    ("told", "said"),
    [
        pytest.param(
            f'{RUNC}runc create failed: exec: "servre": executable file not found in $PATH',
            "command servre is not in the image",
            id="runc",
        ),
        pytest.param(
            f'{RUNC}container_linux.go:349: caused "exec: \\"servre\\": executable file not found"',
            "command servre is not in the image",
            id="docker",
        ),
        pytest.param(
            f'{RUNC}container_linux.go:349: caused "exec: \\"/run.sh\\": permission denied"',
            "command /run.sh may not be executed",
            id="not-executable",
        ),
        pytest.param(
            f'{RUNC}error mounting "/var/lib/kubelet/x" to rootfs at "/etc/app.conf": mount '
            "/x:/etc/app.conf, flags: 0x5001: not a directory",
            "/etc/app.conf is a directory in its image",
            id="file-over-directory",
        ),
    ],
)
def test_why_a_container_does_not_start(told: str, said: str) -> None:
    status = crashing(code=128, reason="StartError", ran=0)
    status["lastState"]["terminated"]["message"] = told
    (finding,) = spotted("pod.start_failed", pod(status=status))
    assert said in finding.claim
