"""Logs are read from the end, whatever is in them."""

import hashlib

import pytest
from tests.clients.servers import Reply, Server, status

from sreagent.clients.kubernetes import LOG_KEPT, KubernetesCluster
from sreagent.domain.entity import Entity
from sreagent.domain.errors import NotFound, Refused, SreError, Unreachable

POD = Entity(kind="Pod", namespace="shop", name="checkout-1")
LOG = "/api/v1/namespaces/shop/pods/checkout-1/log"


def test_a_log_carries_its_receipt(server: Server, cluster: KubernetesCluster) -> None:
    server.on(LOG, Reply(body=b"KeyError: 'PAYMENT_PROVIDERS'\n"))
    log = cluster.log(POD, "checkout", previous=True)
    assert log.text == "KeyError: 'PAYMENT_PROVIDERS'\n"
    assert server.asked[0].query == {
        "container": "checkout",
        "tailLines": "2000",
        "previous": "true",
    }
    line = "kubectl -n shop logs checkout-1 -c checkout --previous --tail=2000"
    assert (log.command, log.previous, log.truncated) == (line, True, False)
    assert log.digest == hashlib.sha256(b"KeyError: 'PAYMENT_PROVIDERS'\n").hexdigest()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"caf\xe9 \xff\xfe ok", "caf� �� ok", id="broken-utf-8"),
        pytest.param(b"\x1b[31mred\x1b[0m\r\n", "red\n", id="colours"),
        pytest.param("a\u202eb\u200bc".encode(), "abc", id="invisible-characters"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_a_log_is_safe_to_show(
    raw: bytes, text: str, server: Server, cluster: KubernetesCluster
) -> None:
    server.on(LOG, Reply(body=raw))
    assert cluster.log(POD, "checkout").text == text


def test_one_line_of_ten_megabytes_is_cut(server: Server, cluster: KubernetesCluster) -> None:
    server.on(LOG, Reply(body=b"x" * 10_000_000))
    log = cluster.log(POD, "checkout")
    assert log.truncated
    assert len(log.text) < 3000


def test_of_a_large_log_the_end_is_kept(server: Server, cluster: KubernetesCluster) -> None:
    lines = [b"line %d" % number for number in range(600_000)]
    server.on(LOG, Reply(body=b"\n".join(lines), chunked=True))
    log = cluster.log(POD, "checkout")
    assert log.truncated
    assert log.text.endswith("line 599999")
    assert log.text.split("\n")[0] in {line.decode() for line in lines}
    assert LOG_KEPT - 100 < len(log.text) <= LOG_KEPT


@pytest.mark.parametrize(
    ("code", "told", "error"),
    [
        pytest.param(
            400,
            'previous terminated container "checkout" in pod "checkout-1" not found',
            NotFound,
            id="no-previous-run",
        ),
        pytest.param(
            400,
            'container "checkout" in pod "checkout-1" is waiting to start: '
            "CreateContainerConfigError",
            NotFound,
            id="never-started",
        ),
        pytest.param(400, "container zz is not valid for pod checkout-1", Refused, id="no-such"),
        pytest.param(
            500,
            "Get https://10.0.0.7:10250/containerLogs: i/o timeout",
            Unreachable,
            id="node-down",
        ),
    ],
)
def test_no_log_says_why(
    code: int, told: str, error: type[SreError], server: Server, cluster: KubernetesCluster
) -> None:
    server.on(LOG, status(code, told))
    with pytest.raises(error) as caught:
        cluster.log(POD, "checkout", previous=True)
    assert told in caught.value.message
