"""Clusters that refuse, break off, dawdle or are no clusters: what the person is told."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import DNSName
from tests.clients.conftest import ClusterOf, StillClock, free_port
from tests.clients.servers import HTML, Reply, Server, reply, serving, status

from sreagent.clients.kubernetes import KubernetesCluster
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Forbidden, SreError, TimedOut, Unreachable

PODS = "/api/v1/pods"
POD = Entity(kind="Pod", namespace="shop", name="checkout-1")
POD_PATH = "/api/v1/namespaces/shop/pods/checkout-1"
EMPTY: dict[str, Any] = {"items": []}
DROPPED = Reply(dropped=True)
LONG_AGO = datetime(2020, 1, 2, tzinfo=UTC)
ELSEWHERE = DNSName("k8s.example.com")


def test_a_refused_connection_tells_which_cluster_and_where_it_is_written(
    cluster_at: ClusterOf,
) -> None:
    address = f"https://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable) as caught:
        cluster_at(address).version()
    error = caught.value
    assert error.message == f"cannot reach cluster 'prod-eu' ({address}): connection refused"
    assert "names it in context 'prod'" in error.why
    assert not isinstance(error, TimedOut)


def test_the_hint_names_a_context_of_another_cluster(cluster_at: ClusterOf) -> None:
    def context(name: str, cluster: str = "prod-eu") -> dict[str, Any]:
        return {"name": name, "context": {"cluster": cluster, "user": "oncall"}}

    contexts = [context("prod"), context("viewer"), context("staging", "staging-eu")]
    with pytest.raises(Unreachable) as caught:
        cluster_at("http://127.0.0.1:9", contexts=contexts).version()
    assert caught.value.hint == "try: sre investigate … --context staging"


def test_a_host_that_does_not_exist(cluster_at: ClusterOf, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match="no such host"):
        cluster_at("https://k8s.example.invalid").version()


def test_a_connection_that_nobody_takes_runs_out_of_time(cluster_at: ClusterOf) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        # The queue of a listener that accepts nothing is full after these.
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        with pytest.raises(TimedOut, match="no connection within"):
            cluster_at(f"https://127.0.0.1:{address[1]}", timeout=0.2).version()
        for one in waiting:
            one.close()


def test_a_proxy_that_does_not_answer_is_named(cluster_at: ClusterOf) -> None:
    entry = {"server": "https://10.1.2.3", "proxy-url": f"http://127.0.0.1:{free_port()}"}
    clusters = [{"name": "prod-eu", "cluster": entry}]
    with pytest.raises(Unreachable, match="its proxy: connection refused"):
        cluster_at("", clusters=clusters).version()


def test_an_answer_that_takes_too_long(server: Server, cluster_at: ClusterOf) -> None:
    server.on("/version", Reply(delay=3))
    with pytest.raises(TimedOut, match="no answer within"):
        cluster_at(server.url, timeout=0.2).version()


def test_an_answer_that_trickles_for_ever(
    server: Server, cluster: KubernetesCluster, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(0, 10_000, 10))
    monkeypatch.setattr(clock, "monotonic", lambda: float(next(times)))
    server.on("/version", Reply(body=b" " * 1_000_000))
    with pytest.raises(TimedOut, match="no whole answer within 15 s"):
        cluster.version()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(DROPPED, "the connection broke off", id="no-word"),
        pytest.param(Reply(missing=5), "the answer broke off", id="half-an-answer"),
        pytest.param(Reply(missing=1, chunked=True), "the answer broke off", id="half-the-chunks"),
    ],
)
def test_a_broken_answer_is_asked_for_a_second_time_and_not_a_third(
    answer: Reply, message: str, server: Server, cluster: KubernetesCluster
) -> None:
    server.on(PODS, answer, reply(EMPTY))
    assert cluster.list("Pod").items == ()
    server.on(PODS, answer)
    with pytest.raises(Unreachable, match=message):
        cluster.list("Pod")
    assert cluster.calls == 4


def test_a_page_that_breaks_off_twice_leaves_no_half_list(
    server: Server, cluster: KubernetesCluster
) -> None:
    first = {"metadata": {"continue": "t"}, "items": [{"metadata": {"name": "a"}}]}
    server.on(PODS, reply(first), Reply(missing=9))
    with pytest.raises(Unreachable):
        cluster.list("Pod")


def test_a_change_is_never_sent_twice(server: Server, cluster: KubernetesCluster) -> None:
    server.on(POD_PATH, DROPPED, reply({"metadata": {"name": "checkout-1"}}))
    with pytest.raises(Unreachable, match="whether the change was made is not known"):
        cluster.delete(POD, uid="u-1", dry_run=False)
    assert cluster.calls == len(server.asked) == 1


@pytest.mark.parametrize(
    ("code", "headers", "waited"),
    [
        pytest.param(429, {"Retry-After": "2"}, 2.0, id="as-long-as-asked"),
        pytest.param(429, {"Retry-After": "3600"}, 5.0, id="but-no-hour"),
        pytest.param(503, {}, 1.0, id="unavailable"),
    ],
)
def test_a_busy_server_is_asked_again_after_a_while(
    code: int,
    headers: dict[str, str],
    waited: float,
    server: Server,
    cluster: KubernetesCluster,
    clock: StillClock,
) -> None:
    server.on(PODS, reply({}, code, headers=headers), reply(EMPTY))
    assert cluster.list("Pod").items == ()
    assert clock.slept == [waited]


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        pytest.param(Reply(body=HTML), Unreachable, "a proxy or a login page", id="web-page"),
        pytest.param(Reply(body=b""), Unreachable, "the answer is empty", id="nothing"),
        pytest.param(Reply(body=b"[1]"), Unreachable, "not JSON, it starts with", id="no-object"),
        pytest.param(Reply(body=b"[" * 99_999), Unreachable, "not JSON", id="bottomless"),
        pytest.param(Reply(body=b"\xff\xfe{"), Unreachable, "not JSON", id="no-text"),
        pytest.param(reply({}), Unreachable, "not a list", id="no-list"),
        pytest.param(reply({"items": 3}), Unreachable, "no objects with names", id="odd-list"),
        pytest.param(reply({"items": [{}]}), Unreachable, "no objects with names", id="nameless"),
        pytest.param(
            Reply(status=302, headers={"Location": "/login"}), Unreachable, "302", id="redirect"
        ),
        pytest.param(status(500, "etcdserver: leader changed"), Unreachable, "etcd", id="500"),
        pytest.param(status(503, "shutting down"), Unreachable, "shutting down", id="503-twice"),
        pytest.param(status(504, "took too long"), TimedOut, "took too long", id="504"),
        pytest.param(Reply(body=HTML, status=502), Unreachable, "status 502", id="bad-gateway"),
        pytest.param(
            status(403, 'User "oncall" cannot list resource "pods"'),
            Forbidden,
            'not allowed to read pods of the cluster: User "oncall" cannot list resource "pods"',
            id="403",
        ),
        pytest.param(Reply(body=HTML, status=403), Forbidden, "login page", id="403-of-a-proxy"),
    ],
)
def test_an_answer_that_is_no_list_is_not_an_empty_list(
    answer: Reply, error: type[SreError], message: str, server: Server, cluster: KubernetesCluster
) -> None:
    server.on(PODS, answer)
    with pytest.raises(error) as caught:
        cluster.list("Pod")
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_a_web_server_that_is_no_cluster(cluster: KubernetesCluster) -> None:
    with pytest.raises(Unreachable, match="no Kubernetes API"):
        cluster.version()


def test_an_object_without_a_name_is_none(server: Server, cluster: KubernetesCluster) -> None:
    server.on(POD_PATH, reply({}))
    with pytest.raises(Unreachable, match="no objects with names"):
        cluster.get(POD)


def test_odd_api_groups_are_told(server: Server, cluster: KubernetesCluster) -> None:
    server.on("/apis", reply({"groups": [{"name": "apps"}]}))
    with pytest.raises(Unreachable, match="not a list of API groups"):
        cluster.list("Deployment")


def test_a_client_certificate_that_is_none(server: Server, cluster_at: ClusterOf) -> None:
    nonsense = {"client-certificate-data": "bm9uc2Vuc2U=", "client-key-data": "bm9uc2Vuc2U="}
    users = [{"name": "oncall", "user": nonsense}]
    with pytest.raises(Unreachable, match="TLS failed"):
        cluster_at(server.url.replace("http:", "https:"), users=users).version()


def test_refused_credentials_tell_whose_and_the_usual_reason(
    server: Server, cluster: KubernetesCluster
) -> None:
    server.on("/version", status(401, "Unauthorized"))
    with pytest.raises(Forbidden) as caught:
        cluster.version()
    assert caught.value.message == "cluster 'prod-eu' refused the credentials of user 'oncall'"
    assert "expired" in caught.value.why
    assert "log in again" in caught.value.hint


def test_what_a_server_says_cannot_paint_the_terminal(
    server: Server, cluster: KubernetesCluster
) -> None:
    server.on(PODS, status(403, "no\x1b[2J\nway \u202e"))
    with pytest.raises(Forbidden) as caught:
        cluster.list("Pod")
    assert caught.value.message == "not allowed to read pods of the cluster: no way"


def tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize(
    ("made", "trusted", "message"),
    [
        pytest.param({"ends": LONG_AGO}, True, "certificate has expired", id="expired"),
        pytest.param({"host": ELSEWHERE}, True, "is for another host", id="other-host"),
        pytest.param({}, False, "is from an unknown issuer", id="unknown-issuer"),
    ],
)
def test_a_tls_certificate_that_does_not_hold(
    made: dict[str, Any],
    trusted: bool,
    message: str,
    certificate: Callable[..., Path],
    cluster_at: ClusterOf,
) -> None:
    pem = certificate(**made)
    with serving(tls(pem)) as server:
        entry = {"server": server.url, **({"certificate-authority": str(pem)} if trusted else {})}
        clusters = [{"name": "prod-eu", "cluster": entry}]
        with pytest.raises(Unreachable, match=message):
            cluster_at(server.url, clusters=clusters).version()


def test_a_tls_certificate_that_holds(
    certificate: Callable[..., Path], cluster_at: ClusterOf
) -> None:
    pem = certificate()
    with serving(tls(pem)) as server:
        server.on("/version", reply({"gitVersion": "v1.31.2"}))
        entry = {"server": server.url, "certificate-authority": str(pem)}
        cluster = cluster_at(server.url, clusters=[{"name": "prod-eu", "cluster": entry}])
        assert cluster.version() == "v1.31.2"


def test_tls_to_a_server_that_speaks_none(server: Server, cluster_at: ClusterOf) -> None:
    with pytest.raises(Unreachable, match="may need http://"):
        cluster_at(server.url.replace("http:", "https:")).version()


def test_no_tls_to_a_server_that_wants_it(
    certificate: Callable[..., Path], cluster_at: ClusterOf
) -> None:
    with serving(tls(certificate())) as server, pytest.raises(Unreachable, match="broke off"):
        cluster_at(server.url.replace("https:", "http:")).version()
