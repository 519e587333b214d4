"""Stack traces are kept together and told by their cause, however they are written."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import read

BEGIN = datetime(2026, 3, 4, 2, 59, tzinfo=UTC)

JAVA = """org.springframework.beans.BeanCreationException: Error creating bean 'dataSource'
\tat org.springframework.beans.Factory.create(Factory.java:12)
\tat com.shop.Main.main(Main.java:33)
Caused by: com.zaxxer.hikari.pool.PoolInitializationException: Failed to initialize pool
\tat com.zaxxer.hikari.HikariDataSource.<init>(HikariDataSource.java:81)
\t... 12 more
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
\tat com.shop.Db.connect(Db.java:77)
\t... 14 common frames omitted"""
PYTHON = """Traceback (most recent call last):
  File "/app/db.py", line 12, in connect
    sock.connect(address)
ConnectionRefusedError: [Errno 111] Connection refused

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    connect("orders-db", 5432)
RuntimeError: no database at orders-db:5432: connection refused"""
GO = """panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.pick(0x3, 0x1)
\t/app/pick.go:42 +0x1d
main.main()
\t/app/main.go:10 +0x2a

goroutine 7 [select]:
net/http.(*persistConn).writeLoop(0xc0001)
\t/usr/local/go/src/net/http/transport.go:2410 +0xf0
created by net/http.(*Transport).dialConn in goroutine 1
\t/usr/local/go/src/net/http/transport.go:1777 +0x16f1
exit status 2"""
NODE = """Error: cannot load cart
    at loadCart (/app/src/cart.js:12:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {
  [cause]: Error: connect ECONNREFUSED 10.96.3.4:6379
      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1494:16)"""
DOTNET = """Unhandled exception. System.Net.Http.HttpRequestException: Refused (orders:80)
 ---> System.Net.Sockets.SocketException (111): Connection refused
   at System.Net.Sockets.Socket.Connect() in /src/Socket.cs:line 3
   --- End of inner exception stack trace ---
   at Shop.Program.Main(String[] args) in /src/Program.cs:line 12"""
RUST = """thread 'main' panicked at src/config.rs:31:9:
PORT is not set
stack backtrace:
   0: rust_begin_unwind
   1: shop::main
note: run with `RUST_BACKTRACE=full`"""
RUBY = """/app/lib/shop.rb:7:in `connect': undefined method `call' for nil (NoMethodError)
\tfrom /app/lib/shop.rb:3:in `start'
\tfrom bin/run:2:in `<main>'"""

TRACES = {
    "java": (JAVA, "ConnectException: Connection refused", "Db.java:77", LogCause.REFUSED),
    "python": (
        PYTHON,
        "RuntimeError: no database at orders-db:5432: connection refused",
        "main.py:3",
        LogCause.REFUSED,
    ),
    "go": (
        GO,
        "panic: runtime error: index out of range [3] with length 3",
        "pick.go:42",
        LogCause.EXCEPTION,
    ),
    "node": (NODE, "Error: connect ECONNREFUSED 10.96.3.4:6379", "cart.js:12", LogCause.REFUSED),
    "dotnet": (DOTNET, "SocketException: Connection refused", "Socket.cs:3", LogCause.REFUSED),
    "rust": (RUST, "panic: PORT is not set", "config.rs:31", LogCause.MISSING_ENV),
    "ruby": (
        RUBY,
        "NoMethodError: undefined method `call' for nil",
        "shop.rb:7",
        LogCause.EXCEPTION,
    ),
}


def stamped(text: str, form: str) -> str:
    """Each line with a stamp before it, as container runtimes write them."""
    return "\n".join(
        form.format(at=(BEGIN + timedelta(milliseconds=n)).isoformat().replace("+00:00", "Z"))
        + line
        for n, line in enumerate(text.split("\n"))
    )


@pytest.mark.parametrize("runtime", TRACES)
@pytest.mark.parametrize(
    "form",
    [
        pytest.param("", id="plain"),
        pytest.param("{at} ", id="kubectl-timestamps"),
        pytest.param("{at} stderr F ", id="container-runtime"),
    ],
)
def test_a_trace_is_one_error_told_by_its_cause(runtime: str, form: str) -> None:
    text, line, place, cause = TRACES[runtime]
    before, after = "INFO  ready", "INFO  shutting down"
    reading = read(stamped(f"{before}\n{text}\n{after}", form))
    (error,) = reading.errors
    assert (error.line, error.place, error.cause) == (line, place, cause)
    assert error.block.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"level": "error", "msg": "boom", "stack_trace": JAVA}, id="logstash"),
        pytest.param({"levelname": "ERROR", "message": "boom", "exc_info": JAVA}, id="python"),
        pytest.param(
            {"level": 50, "msg": "boom", "err": {"message": "x", "stack": JAVA}}, id="pino"
        ),
        pytest.param({"log.level": "ERROR", "error.stack_trace": JAVA, "message": "b"}, id="ecs"),
        pytest.param({"@l": "Error", "@m": "boom", "@x": JAVA}, id="serilog"),
        pytest.param({"severity": "ERROR", "message": f"boom\n{JAVA}"}, id="cloud"),
        pytest.param({"level": "error", "msg": "b", "stack": JAVA.split("\n")}, id="list-of-lines"),
    ],
)
def test_a_trace_in_a_field_is_read(fields: dict[str, object]) -> None:
    (error,) = read(json.dumps(fields)).errors
    assert (error.line, error.cause) == (TRACES["java"][1], LogCause.REFUSED)


def test_what_a_runtime_wraps_in_json_is_read() -> None:
    inner = json.dumps({"level": "error", "msg": "cannot open /a.yaml: no such file or directory"})
    line = json.dumps({"log": inner + "\n", "stream": "stderr", "time": "2026-03-04T02:59:58Z"})
    (error,) = read(line).errors
    assert (error.cause, error.key) == (LogCause.MISSING_FILE, "/a.yaml")


def test_errors_one_after_the_other_are_not_one_trace() -> None:
    text = stamped("ValueError: a\nValueError: a\nValueError: a", "{at} ")
    assert [one.count for one in read(text).errors] == [3]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\tat A.b(C.java:1)\n\tat D.e(F.java:2)", id="only-frames"),
        pytest.param("error \x00\x01\r\nERROR two\r\n\r\n", id="nul-and-carriage-returns"),
        pytest.param("\x1b[31mERROR\x1b[0m cannot", id="colours"),
        pytest.param("{" * 90_000, id="deep-json"),
        pytest.param('{"error":' + "[" * 3000 + "]" * 3000 + "}", id="nested-json"),
        pytest.param('{"level":{"a":1},"time":1e400,"msg":[],"stack":{}}', id="odd-types"),
        pytest.param("x" * 10_000_000, id="ten-megabytes-in-one-line"),
        pytest.param("ERROR " + "a.b:1 " * 200_000, id="long-loud-line"),
        pytest.param("\udcff\udcfe ERROR", id="surrogates"),
        pytest.param("Traceback (most recent call last):\n" * 3000, id="traces-cut-short"),
        pytest.param("Caused by: \n" * 3000, id="causes-of-nothing"),
    ],
)
def test_any_text_can_be_read(text: str) -> None:
    assert read(text).lines == text.count("\n") + 1
