"""What a log tells."""

import pytest
from tests.diagnose.build import ago, lines

from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError, read

PYTHON = """2026-03-04T02:59:58.895Z INFO  checkout 2.4.1 starting
2026-03-04T02:59:58.899Z ERROR unhandled exception during start-up
Traceback (most recent call last):
  File "/app/checkout/__main__.py", line 41, in <module>
    main()
  File "/app/checkout/providers.py", line 88, in from_env
    return cls(json.loads(env["PAYMENT_PROVIDERS"]))
  File "/usr/lib/python3.9/os.py", line 679, in __getitem__
    raise KeyError(key) from None
KeyError: 'PAYMENT_PROVIDERS'
"""
CHAINED = """Traceback (most recent call last):
  File "/app/db.py", line 12, in connect
    sock.connect(address)
ConnectionRefusedError: [Errno 111] Connection refused

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    connect("orders-db", 5432)
RuntimeError: no database at orders-db:5432: connection refused
"""
JAVA = """2026-03-04 02:59:58.895 ERROR 1 --- [main] o.s.boot.SpringApplication : run failed
org.springframework.beans.BeanCreationException: Error creating bean 'dataSource'
\tat org.springframework.beans.Factory.create(Factory.java:12)
\tat com.shop.Main.main(Main.java:33)
Caused by: java.net.UnknownHostException: orders-db
\tat com.shop.Db.connect(Db.java:77)
"""
GO = """panic: required key DATABASE_URL missing value

goroutine 1 [running]:
main.main()
\t/app/main.go:42 +0x1d
exit status 2
"""
NODE = """/app/src/server.js:14
Error: connect ECONNREFUSED 10.96.3.4:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1494:16)
    at Object.connect (/app/src/db.js:12:9) {
  code: 'ECONNREFUSED'
}
"""
DOTNET = """Unhandled exception. System.IO.FileNotFoundException: Could not find file '/c/app.json'.
   at System.IO.FileStream..ctor()
   at Shop.Program.Main(String[] args) in /src/Program.cs:line 12
"""
RUST = "thread 'main' panicked at src/config.rs:31:9:\nPORT is not set\nnote: run with X"
RUBY = "/app/lib/shop.rb:7:in `connect': undefined method `call' for nil (NoMethodError)"
JSON = (
    '{"level":"error","ts":"2026-03-04T02:59:58Z","msg":"cannot start",'
    '"error":"open /etc/app/config.yaml: no such file or directory"}'
)


def first(text: str) -> LogError:
    return read(text).errors[0]


@pytest.mark.parametrize(
    ("text", "cause", "key", "target"),
    [
        pytest.param(PYTHON, LogCause.MISSING_ENV, "PAYMENT_PROVIDERS", "", id="python"),
        pytest.param(CHAINED, LogCause.REFUSED, "", "orders-db:5432", id="python-chained"),
        pytest.param(JAVA, LogCause.NO_SUCH_HOST, "", "orders-db", id="java"),
        pytest.param(GO, LogCause.MISSING_ENV, "DATABASE_URL", "", id="go"),
        pytest.param(NODE, LogCause.REFUSED, "", "10.96.3.4:5432", id="node"),
        pytest.param(DOTNET, LogCause.MISSING_FILE, "/c/app.json", "", id="dotnet"),
        pytest.param(RUST, LogCause.MISSING_ENV, "PORT", "", id="rust"),
        pytest.param(RUBY, LogCause.EXCEPTION, "", "", id="ruby"),
        pytest.param(JSON, LogCause.MISSING_FILE, "/etc/app/config.yaml", "", id="json-line"),
        pytest.param(
            'ERROR Get "http://cart:80/x": dial tcp 10.96.1.2:80: connect: connection refused',
            LogCause.REFUSED,
            "",
            "cart:80",
            id="refused-by-name-and-address",
        ),
        pytest.param(
            'connection to server at "db" (10.96.1.9), port 5432 failed: Connection refused',
            LogCause.REFUSED,
            "",
            "db:5432",
            id="postgres-client",
        ),
        pytest.param(
            "dial tcp: lookup paymnt on 10.96.0.10:53: no such host",
            LogCause.NO_SUCH_HOST,
            "",
            "paymnt",
            id="go-lookup",
        ),
        pytest.param(
            "lookup seats on 10.96.0.10:53: read udp 10.2.1.3:4000->10.96.0.10:53: i/o timeout",
            LogCause.DNS_TIMEOUT,
            "",
            "seats",
            id="dns-does-not-answer",
        ),
        pytest.param(
            "nslookup: can't resolve 'mydb'", LogCause.NO_SUCH_HOST, "", "mydb", id="busybox"
        ),
        pytest.param(
            "Error: getaddrinfo ENOTFOUND api.example.org",
            LogCause.NO_SUCH_HOST,
            "",
            "api.example.org",
            id="node-lookup",
        ),
        pytest.param(
            "requests.ConnectTimeout: HTTPConnectionPool(host='tax', port=8000): timed out",
            LogCause.TIMEOUT,
            "",
            "tax:8000",
            id="requests-timeout",
        ),
        pytest.param(
            "ERROR unexpected status 503 from http://orders:80",
            LogCause.HTTP_5XX,
            "",
            "orders:80",
            id="server-error",
        ),
        pytest.param(
            "FATAL STRIPE_KEY is not set", LogCause.MISSING_ENV, "STRIPE_KEY", "", id="unset"
        ),
        pytest.param(
            "INFO retry: HTTPError('429 Client Error: Too Many Requests for url: http://gate/v2')",
            LogCause.RATE_LIMITED,
            "",
            "gate:80",
            id="refused-as-too-many-and-told-as-no-error",
        ),
        pytest.param(
            '{"method":"GET","path":"/v2","response_code":429,"duration":1}',
            LogCause.RATE_LIMITED,
            "",
            "",
            id="refusing",
        ),
        pytest.param(
            '{"level":"ERROR","target":"rating","fields":{"message":"failed","error":'
            '"relation \\"rates\\" does not exist"}}',
            LogCause.MIGRATION,
            "rates",
            "",
            id="fields-of-their-own",
        ),
        pytest.param("sh: 1: foo: not found", LogCause.COMMAND_NOT_FOUND, "foo", "", id="shell"),
        pytest.param(
            "exec user process caused: exec format error", LogCause.EXEC_FORMAT, "", "", id="arch"
        ),
        pytest.param(
            "PermissionError: [Errno 13] Permission denied: '/data/x.lock'",
            LogCause.PERMISSION,
            "/data/x.lock",
            "",
            id="permission",
        ),
        pytest.param(
            "listen tcp :8080: bind: address already in use",
            LogCause.PORT_IN_USE,
            "",
            "",
            id="port",
        ),
        pytest.param(
            "write /data/wal: no space left on device", LogCause.DISK_FULL, "", "", id="disk-full"
        ),
        pytest.param(
            "java.lang.OutOfMemoryError: Java heap space", LogCause.OUT_OF_MEMORY, "", "", id="heap"
        ),
        pytest.param(
            "x509: certificate has expired or is not yet valid",
            LogCause.CERTIFICATE,
            "",
            "",
            id="tls",
        ),
        pytest.param(
            'FATAL: password authentication failed for user "shop"',
            LogCause.AUTH_FAILED,
            "",
            "",
            id="password",
        ),
        pytest.param(
            'ERROR: relation "orders" does not exist', LogCause.MIGRATION, "orders", "", id="table"
        ),
        pytest.param(
            "HikariPool-1 - Connection is not available, request timed out after 30000ms",
            LogCause.POOL_EXHAUSTED,
            "",
            "",
            id="pool",
        ),
        pytest.param(
            'error: unknown field "maxConn" in app.yaml',
            LogCause.CONFIG_KEY,
            "maxConn",
            "",
            id="key",
        ),
        pytest.param(
            "yaml: line 3: mapping values are not allowed", LogCause.CONFIG_PARSE, "", "", id="yaml"
        ),
        pytest.param(
            'pods is forbidden: User "system:serviceaccount:shop:robot" cannot list',
            LogCause.FORBIDDEN,
            "system:serviceaccount:shop:robot",
            "",
            id="rbac",
        ),
    ],
)
def test_the_cause_is_read_from_the_words(
    text: str, cause: LogCause, key: str, target: str
) -> None:
    error = first(text)
    assert (error.cause, error.key, error.target) == (cause, key, target)


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        pytest.param(PYTHON, "KeyError: 'PAYMENT_PROVIDERS'", "providers.py:88", id="python"),
        pytest.param(JAVA, "UnknownHostException: orders-db", "Db.java:77", id="java"),
        pytest.param(GO, "panic: required key DATABASE_URL missing value", "main.go:42", id="go"),
        pytest.param(NODE, "Error: connect ECONNREFUSED 10.96.3.4:5432", "db.js:12", id="node"),
        pytest.param(
            DOTNET,
            "FileNotFoundException: Could not find file '/c/app.json'.",
            "Program.cs:12",
            id="dotnet",
        ),
        pytest.param(RUST, "panic: PORT is not set", "config.rs:31", id="rust"),
        pytest.param(
            RUBY, "NoMethodError: undefined method `call' for nil", "shop.rb:7", id="ruby"
        ),
    ],
)
def test_a_stack_trace_is_kept_whole_and_told_by_its_exception(
    text: str, line: str, place: str
) -> None:
    error = first(text)
    assert error.line == line
    assert error.place == place
    assert len(read(text).errors) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("INFO  done, errors: 0", id="counter"),
        pytest.param("INFO  GET /api 200 5ms error=0 timeout=30s", id="settings"),
        pytest.param('{"level":"info","msg":"poll","error":null}', id="json-null"),
        pytest.param("INFO  GET /timeout 200 5ms", id="path"),
        pytest.param("INFO  checkout GET /api/v1/items 200 500ms", id="latency"),
        pytest.param("DEBUG failover test finished without errors", id="debug"),
        pytest.param("", id="empty"),
    ],
)
def test_an_ordinary_line_is_no_error(text: str) -> None:
    assert read(text).errors == ()


def test_the_same_error_is_counted_and_told_once() -> None:
    text = lines("ERROR call 17 failed: dial tcp 10.96.1.2:80: connection refused", 40)
    (error,) = read(text).errors
    assert error.count == 40
    assert error.last_at is not None
    assert error.first_at is not None
    assert (error.last_at - error.first_at).total_seconds() == 39 * 5


def test_different_targets_are_told_apart() -> None:
    text = "\n".join(f"ERROR dial tcp db-{n}:5432: connection refused" for n in (1, 2, 1))
    assert {(one.target, one.count) for one in read(text).errors} == {
        ("db-1:5432", 2),
        ("db-2:5432", 1),
    }


def test_errors_that_stopped_weigh_less_than_those_that_go_on() -> None:
    over = f"{ago(900)} ERROR dial tcp db:5432: connection refused\n"
    goes_on = f"{ago(3)} ERROR dial tcp cache:6379: connection refused\n"
    reading = read(over * 9 + lines("INFO  served", 100) + "\n" + goes_on)
    assert [(one.target, one.recovered) for one in reading.errors] == [
        ("cache:6379", False),
        ("db:5432", True),
    ]


def test_the_last_words_are_those_that_say_why() -> None:
    text = "FATAL cannot open /etc/plan.yaml: no such file or directory\nERROR shutting down\n"
    words = read(text).last_words
    assert words is not None
    assert words.cause is LogCause.MISSING_FILE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufffd\ufffdERROR\ufffd \x00\x1b[31m", id="broken-bytes"),
        pytest.param("Traceback (most recent call last):", id="cut-trace"),
        pytest.param('{"level":"error","msg":', id="cut-json"),
        pytest.param('{"level":"error","error":{"a":[1]}}', id="odd-json"),
        pytest.param("error " * 50_000, id="one-long-line"),
        pytest.param("panic: \n" * 1000, id="many-panics"),
        pytest.param("(" * 5000 + "KeyError: '" + "A" * 5000, id="hostile-to-expressions"),
    ],
)
def test_any_text_can_be_read(text: str) -> None:
    assert read(text).lines >= 1


def test_ten_megabytes_are_read_whole() -> None:
    line = "2026-03-04T02:59:58Z INFO  GET /api/v1/items/{} 200 5ms trace=abc\n"
    text = line * 140_000 + "FATAL DATABASE_URL is not set\n"
    assert len(text) > 9_000_000
    assert first(text).key == "DATABASE_URL"


def test_of_a_json_line_that_comes_again_the_last_message_is_told() -> None:
    line = (
        '{"level":"error","ts":"2026-03-04T02:5%d:00Z","msg":"charge failed","error":"no card %d"}'
    )
    found = read("\n".join(line % (n, n) for n in range(5)))
    assert [(one.line, one.count) for one in found.errors] == [("ERROR charge failed no card 4", 5)]
