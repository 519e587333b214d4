"""Which trouble a line speaks of: lines as the programs write them, and some that only look so."""
# ruff: noqa: E501 - lines are as long as the programs write them

import pytest

from sreagent.diagnose.logs.patterns import ABOUT_ITSELF, NETWORK, LogCause
from sreagent.diagnose.logs.reading import read
from sreagent.diagnose.logs.words import NotAllowed, not_allowed

TOLD: dict[LogCause, tuple[str, ...]] = {
    LogCause.MISSING_ENV: (
        "panic: environment variable CART_ADDR not set",
        "Error: Missing required environment variable: DATABASE_URL",
        "KeyError: 'STRIPE_KEY'",
        "./run.sh: line 3: REDIS_HOST: unbound variable",
        "FATAL: SECRET_KEY_BASE must be set",
    ),
    LogCause.CONFIG_PARSE: (
        "json.decoder.JSONDecodeError: Expecting ',' delimiter: line 4 column 3 (char 61)",
        "FATAL error loading config: yaml: line 12: did not find expected key",
        "panic: toml: line 3 (last key \"a\"): expected value but found '='",
        "error unmarshalling config /etc/app.json: invalid character '}' looking for beginning of value",
        '2026/03/04 02:59:58 [emerg] 1#1: unknown directive "proxy_passs" in /etc/nginx/conf.d/a.conf:3',
        "*** FATAL CONFIG FILE ERROR (Redis 7.0.4) ***",
    ),
    LogCause.UNREADABLE_ANSWER: (
        "surcharge lookup failed fuel: decode GET http://fuel-index.refdata/v3/index: json: "
        "cannot unmarshal string into Go struct field IndexQuote.surcharge_pct of type float64",
        "Error while extracting response for type [class com.acme.Quote] and content type",
        "error decoding response body: invalid type: string, expected f64 at line 1 column 41",
    ),
    LogCause.CONFIG_KEY: (
        'error: unknown field "maxConn" in app',
        "flag provided but not defined: -listen-addr",
        "Error: unknown flag: --max-surge",
    ),
    LogCause.MISSING_FILE: (
        "open /etc/app/config.yaml: no such file or directory",
        "Error: Cannot find module '/app/dist/main.js'",
        "ModuleNotFoundError: No module named 'psycopg2'",
        "java.io.FileNotFoundException: /conf/app.properties (No such file or directory)",
        "Error: ENOENT: no such file or directory, open '/app/key.pem'",
    ),
    LogCause.COMMAND_NOT_FOUND: (
        "/bin/sh: 1: gunicorn: not found",
        "bash: line 1: flask: command not found",
        'exec: "serve": executable file not found in $PATH',
    ),
    LogCause.SCRIPT_SYNTAX: (
        '/bin/sh: syntax error: unexpected "fi"',
        "bash: -c: line 2: syntax error near unexpected token `done'",
        "sh: 3: Syntax error: Unterminated quoted string",
    ),
    LogCause.EXEC_FORMAT: ("exec /app/server: exec format error",),
    LogCause.PERMISSION: (
        "mkdir: cannot create directory '/data/db': Permission denied",
        "Error: EACCES: permission denied, open '/var/run/app.pid'",
        "chown: changing ownership of '/data': Operation not permitted",
        "open /var/lib/grafana/grafana.db: permission denied",
    ),
    LogCause.RUNS_AS_ROOT: (
        "initdb: error: cannot be run as root",
        '"root" execution of the PostgreSQL server is not permitted.',
        "java.lang.RuntimeException: can not run elasticsearch as root",
        "Running as root without --no-sandbox is not supported.",
    ),
    LogCause.FORBIDDEN: (
        'E0304 02:59:58.895123       1 reflector.go:138] Failed to watch *v1.Pod: pods is forbidden: User "system:serviceaccount:shop:robot" cannot list resource "pods" in API group "" at the cluster scope',
    ),
    LogCause.PORT_IN_USE: (
        "Error: listen EADDRINUSE: address already in use :::8080",
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "Web server failed to start. Port 8080 was already in use.",
    ),
    LogCause.DISK_FULL: (
        "write /data/wal/0001: no space left on device",
        'ERROR:  could not resize shared memory segment "/PostgreSQL.1" to 8 bytes: No space left on device',
        "OSError: [Errno 28] No space left on device: '/dev/shm/x'",
        "flood stage disk watermark [95%] exceeded on [a][node-1], all indices will be marked read-only",
        "cluster_block_exception: index [a] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)]",
    ),
    LogCause.READ_ONLY: (
        "OSError: [Errno 30] Read-only file system: '/app/cache'",
        "open /tmp/x: read-only file system",
    ),
    LogCause.IO_ERROR: (
        "OSError: [Errno 5] Input/output error",
        "ERROR:  invalid page in block 17 of relation base/16384/2619",
        '{"t":{"$date":"2026-03-04T02:59:58.895+00:00"},"s":"E","c":"WT","msg":"WiredTiger error message","attr":{"message":"file:a.wt: read checksum error: WT_PANIC"}}',
        "org.apache.kafka.common.errors.CorruptRecordException: This message has failed its CRC",
    ),
    LogCause.OUT_OF_MEMORY: (
        "java.lang.OutOfMemoryError: Java heap space",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "fatal error: runtime: out of memory",
        "fork: Cannot allocate memory",
        "Unhandled exception. System.OutOfMemoryException: Exception of type was thrown.",
        "# There is insufficient memory for the Java Runtime Environment to continue.",
        "ERROR:  out of memory",
    ),
    LogCause.GC_OVERHEAD: (
        "java.lang.OutOfMemoryError: GC overhead limit exceeded",
        "[o.e.m.j.JvmGcMonitorService] [node-1] [gc][4051] overhead, spent [41.3s] collecting in the last [42s]",
    ),
    LogCause.STORE_FULL: (
        "redis.exceptions.OutOfMemoryError: OOM command not allowed when used memory > 'maxmemory'.",
        "ReplyError: OOM command not allowed when used memory > 'maxmemory'.",
        "circuit_breaking_exception: [parent] Data too large, data for [<http_request>] would be [1gb]",
    ),
    LogCause.WRITES_REFUSED: (
        'ERROR:  database is not accepting commands to avoid wraparound data loss in database "app"',
        "redis.exceptions.ReadOnlyError: READONLY You can't write against a read only replica.",
        "ERROR: cannot execute INSERT in a read-only transaction",
        "OracleException: ORA-00257: Archiver error. Connect AS SYSDBA only until resolved.",
        "MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist",
        "The MySQL server is running with the --read-only option so it cannot execute this statement",
    ),
    LogCause.SEGFAULT: (
        "Segmentation fault (core dumped)",
        "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1]",
    ),
    LogCause.TOO_MANY_FILES: (
        "accept tcp [::]:8080: accept4: too many open files",
        "Error: EMFILE: too many open files, open '/app/a'",
        "java.io.IOException: Too many open files",
    ),
    LogCause.NO_LOCAL_PORTS: (
        "dial tcp 10.96.1.2:80: connect: cannot assign requested address",
        "Error: connect EADDRNOTAVAIL 10.96.1.2:80",
        "java.net.NoRouteToHostException: Cannot assign requested address",
    ),
    LogCause.CONNTRACK_FULL: ("nf_conntrack: nf_conntrack: table full, dropping packet",),
    LogCause.CERTIFICATE: (
        'Get "https://idp/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-03-04T02:59:58Z is after 2026-03-01T00:00:00Z',
        "x509: certificate signed by unknown authority",
        "x509: certificate is valid for shop.example, not pay.example",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)",
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed",
        "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames",
        "ERROR SSL certificate expired",
        "The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch",
        "http: TLS handshake error from 10.1.2.3:4444: remote error: tls: bad certificate",
    ),
    LogCause.TLS_MISMATCH: (
        'Get "https://orders:80/": http: server gave HTTP response to HTTPS client',
        "Client sent an HTTP request to an HTTPS server.",
        "400 The plain HTTP request was sent to HTTPS port",
        "tls: first record does not look like a TLS handshake",
        "SSL routines:ssl3_get_record:wrong version number",
        "pq: SSL is not enabled on the server",
        'FATAL:  no pg_hba.conf entry for host "10.1.2.3", user "shop", database "shop", no encryption',
    ),
    LogCause.AUTH_FAILED: (
        'FATAL:  password authentication failed for user "shop"',
        "Access denied for user 'shop'@'10.1.2.3' (using password: YES)",
        "MongoServerError: Authentication failed.",
        "MongoServerError: command find requires authentication",
        "WRONGPASS invalid username-password pair or user is disabled.",
        "NOAUTH Authentication required.",
        "SaslAuthenticationException: Authentication failed during authentication due to invalid credentials with SASL mechanism PLAIN",
        "ERROR request to http://auth/v1 failed with status code 401",
        "ERROR upstream said: 403 Forbidden",
        "rpc error: code = Unauthenticated desc = token is expired",
        "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
        "User: arn:aws:sts::123:assumed-role/x is not authorized to perform: s3:GetObject",
        "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN",
        'FATAL:  role "shop" does not exist',
    ),
    LogCause.MIGRATION: (
        'ERROR:  relation "orders" does not exist at character 15',
        "ERROR 1054 (42S22): Unknown column 'u.nick' in 'field list'",
        "Table 'shop.orders' doesn't exist",
        "sqlite3.OperationalError: no such table: orders",
        'FATAL:  database "shop" does not exist',
        "error: Dirty database version 17. Fix and force version.",
    ),
    LogCause.INCOMPATIBLE_DATA: (
        "FATAL:  database files are incompatible with server",
        "DETAIL:  The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 16.2.",
        "Wrong mongod version: UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion document",
        "FATAL CONFIG: Can't handle RDB format version 11",
        "[ERROR] [MY-013171] [InnoDB] Invalid server upgrade: Cannot downgrade from 80100 to 80036.",
    ),
    LogCause.INCOMPATIBLE_CLIENT: (
        "MongoError: Server at mongo:27017 reports maximum wire version 2, but this version of the driver requires at least 6",
        "Client does not support authentication protocol requested by server; consider upgrading MySQL client",
        "org.apache.kafka.common.errors.UnsupportedVersionException: The broker does not support METADATA",
    ),
    LogCause.SQL_SYNTAX: (
        "You have an error in your SQL syntax; check the manual near 'FORM orders' at line 1",
        'ERROR:  syntax error at or near "FORM" at character 10',
    ),
    LogCause.CONSTRAINT: (
        'ERROR:  duplicate key value violates unique constraint "orders_pkey"',
        "Duplicate entry '17' for key 'orders.PRIMARY'",
        "E11000 duplicate key error collection: shop.users",
    ),
    LogCause.LOCKED: (
        "ERROR:  deadlock detected",
        "Lock wait timeout exceeded; try restarting transaction",
        "LOG:  process 117 still waiting for RowExclusiveLock on relation 16412 after 1000.1 ms",
        "ERROR:  canceling statement due to lock timeout",
        "sqlite3.OperationalError: database is locked",
    ),
    LogCause.STATEMENT_TIMEOUT: (
        "ERROR:  canceling statement due to statement timeout",
        "Query execution was interrupted, maximum statement execution time exceeded",
    ),
    LogCause.SLOW_QUERY: (
        "LOG:  duration: 5210.113 ms  statement: select * from orders",
        "WARN slow query took 8.2 s: select 1",
        "# Query_time: 12.000212  Lock_time: 0.000045 Rows_sent: 1",
    ),
    LogCause.POOL_EXHAUSTED: (
        "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
        "could not acquire connection from pool after 30s",
        "FATAL:  sorry, too many clients already",
        "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
        "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
        "ERR max number of clients reached",
        "Error: timeout exceeded when trying to connect",
        "MySQL error 1040: Too many connections",
        "Timed out fetching a new connection from the connection pool.",
    ),
    LogCause.RATE_LIMITED: (
        "ERROR 429 Too Many Requests from http://geo:80",
        "WARN rate limit exceeded: 1000 rps, limit 100",
        "rpc error: code = ResourceExhausted desc = quota",
        "An error occurred (ThrottlingException) when calling the ListKeys operation: Rate exceeded",
    ),
    LogCause.POISON_RECORD: (
        "org.apache.kafka.common.errors.SerializationException: Unknown magic byte!",
        "Error deserializing key/value for partition orders-0 at offset 42. If needed, please seek past the record to continue consumption.",
        "ERROR failed to decode message at partition 3 offset 17",
    ),
    LogCause.TOO_LARGE: (
        "org.apache.kafka.common.errors.RecordTooLargeException: The message is 2097240 bytes",
        "[error] 7#7: *1 client intended to send too large body: 2097152 bytes, client: 10.1.2.3",
        "ERROR upload failed: 413 Request Entity Too Large",
        "rpc error: grpc: received message larger than max (5000000 vs. 4194304)",
    ),
    LogCause.NOT_ENOUGH_REPLICAS: (
        "org.apache.kafka.common.errors.NotEnoughReplicasException: Messages are rejected",
        "[2026-03-04 02:59:58,895] WARN Got error produce response, error: NOT_ENOUGH_REPLICAS",
        "NOREPLICAS Not enough good replicas to write.",
        "CLUSTERDOWN The cluster is down",
        "MongoServerError: not primary and secondaryOk=false: no primary available",
    ),
    LogCause.PARTITIONED: (
        "Mnesia('rabbit@b'): ** ERROR ** mnesia_event got {inconsistent_database, running_partitioned_network, 'rabbit@a'}",
        "ERROR network partition detected between rabbit@a and rabbit@b",
    ),
    LogCause.LEADER_LOST: (
        "E0304 02:59:58.895123       1 leaderelection.go:308] leader election lost",
        "F0304 02:59:58.895123       1 main.go:10] leaderelection lost",
        "error: failed to renew lease kube-system/operator",
        "etcdserver: no leader",
    ),
    LogCause.CONSUMER_LAG: (
        "WARN consumer group orders lag 120000 exceeds threshold",
        "consumer poll timeout has expired. This means the time between subsequent calls to poll() was longer",
    ),
    LogCause.UNIMPLEMENTED: (
        "rpc error: code = Unimplemented desc = unknown service shop.Cart",
        "12 UNIMPLEMENTED: The server does not implement the method",
    ),
    LogCause.DNS_TIMEOUT: (
        "dial tcp: lookup orders on 10.96.0.10:53: read udp 10.2.1.3:4->10.96.0.10:53: i/o timeout",
        "getaddrinfo EAI_AGAIN orders",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        ";; connection timed out; no servers could be reached",
    ),
    LogCause.NO_SUCH_HOST: (
        "dial tcp: lookup paymnt on 10.96.0.10:53: no such host",
        "getaddrinfo ENOTFOUND orders",
        "java.net.UnknownHostException: orders",
        'nginx: [emerg] host not found in upstream "orders" in /etc/nginx/conf.d/a.conf:4',
        "socket.gaierror: [Errno -2] Name or service not known",
        'could not translate host name "orders-db" to address: Name or service not known',
    ),
    LogCause.REFUSED: (
        "Mongo::Error::NoServerAvailable: No primary server is available in cluster: [db:27017]",
        "kafka.errors.NoBrokersAvailable: NoBrokersAvailable",
        "dial tcp 10.96.1.2:80: connect: connection refused",
        "connect ECONNREFUSED 10.96.1.2:6379",
        '[error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.1.1, server: shop, request: "GET / HTTP/1.1", upstream: "http://10.2.3.4:8080/", host: "shop.example"',
        "No connection could be made because the target machine actively refused it. (orders:80)",
    ),
    LogCause.WRONG_PROTOCOL: (
        "rpc error: code = Unavailable desc = error reading server preface: http2: frame too large",
        "ERROR Parse Error: Expected HTTP/, RTSP/ or ICE/",
        "curl: (1) Received HTTP/0.9 when not allowed",
        'Get "http://orders:9000/x": net/http: HTTP/1.x transport connection broken: malformed HTTP '
        "response",
        "[error] 7#7: *1 upstream sent no valid HTTP/1.0 header while reading response header",
    ),
    LogCause.HTTP_5XX: (
        "ERROR unexpected status 503 from http://orders:80",
        "io.grpc.StatusRuntimeException: UNAVAILABLE: Network closed for unknown reason",
        "Error: 14 UNAVAILABLE: No connection established",
        'Grpc.Core.RpcException: Status(StatusCode="Unavailable", Detail="no children to pick")',
        "System.Net.Http.HttpRequestException: Response status code does not indicate success: 503 "
        "(Service Unavailable).",
        "requests.exceptions.HTTPError: 500 Server Error: Internal Server Error for url: http://a/",
        "feign.FeignException$BadGateway: [502] during [GET] to [http://stock:8080/x] [A#b()]: []",
        "upstream connect error or disconnect/reset before headers. reset reason: overflow",
        "[error] 7#7: *1 no live upstreams while connecting to upstream",
        "ERROR http://orders:80/x answered 502 Bad Gateway",
        '10.1.1.1 - - [04/Mar/2026:02:59:58 +0000] "GET / HTTP/1.1" 503 197 "-" "curl"',
    ),
    LogCause.TIMEOUT: (
        "dial tcp 10.96.1.2:80: i/o timeout",
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
        "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='tax', port=8000): Read timed out.",
        "[error] 7#7: *1 upstream timed out (110: Operation timed out) while reading response",
        "java.net.SocketTimeoutException: connect timed out",
        "4 DEADLINE_EXCEEDED: Deadline exceeded",
    ),
    LogCause.RESET: (
        "read tcp 10.2.1.3:4->10.96.1.2:80: read: connection reset by peer",
        "Error: socket hang up",
        "java.net.NoRouteToHostException: No route to host",
        "connect: network is unreachable",
        "sendto failed: Network is down (ENETDOWN)",
        "upstream prematurely closed connection while reading response header",
    ),
    LogCause.RETRIES_EXHAUSTED: (
        "ERROR max retries exceeded for job 17",
        "ERROR giving up after 5 attempts",
        "ERROR retry budget exhausted",
    ),
}
QUIET = (
    "INFO  simulated failure drill done",
    "INFO  sleep 30",
    "INFO  slow query log is enabled",
    "INFO  connection pool started with 10 connections",
    "INFO  retry policy: max retries 5, timeout 30s",
    "INFO  certificate valid until 2027-03-04",
    "INFO  memory limit is 512Mi, out of 2Gi",
    "INFO  GET /errors 200 5ms",
    "INFO  became leader, lease acquired",
    "INFO  consumer group orders lag 3",
    "INFO  checksum ok",
    "worker thread 3: frame checksum error, sent again",
    "astm: cobas-4: checksum mismatch in frame 2, NAK sent, frame repeated ok",
    "INFO  loaded 40 plugins, 0 failed",
    "INFO  port 8080 in use by us",
    "INFO  rate limiter configured: 100 rps",
    "INFO  user bob has no permission for reports",
    "DEBUG retrying in 5s after timeout",
    "listening on :8080",
    "WARN  slow query took 210ms",
    "WARN  slow query: 0.4 s",
    '10.1.1.1 - - [04/Mar/2026:02:59:58 +0000] "GET / HTTP/1.1" 401 17 "-" "curl"',
    '10.1.1.1 - - [04/Mar/2026:02:59:58 +0000] "GET / HTTP/1.1" 429 17 "-" "curl"',
    '{"method":"GET","status":403,"took":3}',
    "LOG:  duration: 12.113 ms  statement: select 1",
    "order 503 shipped",
    "took 512 ms",
    "Deadlock detector thread started",
    "10 tasks waiting, 4 timed by the scheduler",
    '10.1.1.1 - - [04/Mar/2026:02:59:58 +0000] "GET / HTTP/1.1" 200 503 "-" "curl"',
    '{"level":"info","msg":"handled","status":200,"duration":503}',
    "level=info msg=done failures=0 errors=0",
)


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        pytest.param(cause, line, id=f"{cause.name}-{number}")
        for cause, lines in TOLD.items()
        for number, line in enumerate(lines)
    ],
)
def test_the_trouble_is_read_from_the_line(cause: LogCause, line: str) -> None:
    errors = read(line).errors
    assert errors, "nothing was found"
    assert errors[0].cause is cause


def test_a_request_that_cannot_be_read_is_no_answer_of_anybody() -> None:
    line = "ERROR decode request body: json: cannot unmarshal string into Go value of type int"
    assert [one.cause for one in read(line).errors] == [LogCause.CONFIG_PARSE]


@pytest.mark.parametrize("line", QUIET)
def test_a_line_that_only_looks_like_trouble_is_none(line: str) -> None:
    assert read(line).errors == ()


@pytest.mark.parametrize(
    ("line", "target"),
    [
        pytest.param(
            '10.1.1.1 - - [04/Mar/2026:02:59:58 +0000] "POST /api HTTP/1.1" 502 98 '
            '"https://www.shop.example/book" "Mozilla/5.0" us=502',
            "",
            id="where-a-visitor-came-from-is-not-who-failed",
        ),
        pytest.param(
            '{"level":"error","status":502,"http_referer":"https://www.shop.example/","msg":"bad"}',
            "",
            id="nor-in-a-field",
        ),
        pytest.param(
            '{"level":50,"err":{"message":"Request failed with status code 502"},'
            '"upstream":"builder.reports","url":"/v2/a"}',
            "builder.reports",
            id="field-of-the-upstream",
        ),
        pytest.param(
            "level=error msg=x upstream=http://stock:81/a status=503", "stock:81", id="its-address"
        ),
        pytest.param(
            'ERROR code = Unavailable desc = "dns:///tags.charging:9000" gave nothing',
            "tags.charging:9000",
            id="grpc-target",
        ),
    ],
)
def test_whom_a_failed_call_was_to(line: str, target: str) -> None:
    assert read(line).errors[0].target == target


def test_the_number_of_an_error_behind_another_tells_what_it_is() -> None:
    cause = '{"code":"ECONNREFUSED","syscall":"connect"}'
    line = f'{{"level":50,"err":{{"type":"TypeError","message":"fetch failed","cause":{cause}}}}}'
    assert read(line).errors[0].cause is LogCause.REFUSED


def test_every_known_trouble_has_lines_here() -> None:
    assert set(LogCause) - set(TOLD) == {LogCause.EXCEPTION, LogCause.ERROR}


def test_trouble_is_about_the_program_or_about_another_never_both() -> None:
    assert ABOUT_ITSELF.isdisjoint(NETWORK)


@pytest.mark.parametrize(
    ("line", "target"),
    [
        pytest.param(TOLD[LogCause.REFUSED][4], "10.2.3.4:8080", id="nginx-upstream"),
        pytest.param(TOLD[LogCause.REFUSED][5], "orders:80", id="dotnet"),
        pytest.param(TOLD[LogCause.RATE_LIMITED][0], "geo:80", id="rate-limited-by"),
        pytest.param(TOLD[LogCause.TLS_MISMATCH][0], "orders:80", id="plain-for-tls"),
        pytest.param(TOLD[LogCause.INCOMPATIBLE_CLIENT][0], "mongo:27017", id="old-driver"),
        pytest.param(TOLD[LogCause.AUTH_FAILED][7], "auth:80", id="401-from"),
        pytest.param(TOLD[LogCause.NO_LOCAL_PORTS][0], "10.96.1.2:80", id="no-local-port"),
        pytest.param(TOLD[LogCause.DNS_TIMEOUT][1], "orders", id="node-dns"),
        pytest.param(TOLD[LogCause.NO_SUCH_HOST][3], "orders", id="nginx-unknown-upstream"),
        pytest.param(TOLD[LogCause.NO_SUCH_HOST][5], "orders-db", id="postgres-client"),
        pytest.param(
            '{"level":50,"err":{"message":"timeout of 5000ms exceeded","config":{"method":"post",'
            '"url":"https://api.example.com/v2/messages"}},"msg":"provider call failed"}',
            "api.example.com:443",
            id="a-field-beside-the-message",
        ),
        pytest.param(
            'ERROR Get "http://backend:80/v1": context deadline exceeded',
            "backend:80",
            id="a-host-that-is-a-word",
        ),
        pytest.param(
            "ERROR cannot connect to the redis server(s) valkey:6379. WRONGPASS invalid password",
            "valkey:6379",
            id="end-of-a-sentence",
        ),
        pytest.param(
            "ERROR code = Unavailable desc = dns: A record lookup error: lookup cart on "
            "10.96.0.10:53: no such host",
            "cart",
            id="grpc-names",
        ),
    ],
)
def test_the_other_end_is_named(line: str, target: str) -> None:
    assert read(line).errors[0].target == target


def test_a_refusal_says_who_may_not_do_what() -> None:
    assert not_allowed(TOLD[LogCause.FORBIDDEN][0]) == NotAllowed(
        user="system:serviceaccount:shop:robot", verb="list", resource="pods"
    )
    assert not_allowed(
        'leases.coordination.k8s.io "op" is forbidden: User "system:serviceaccount:ops:op" cannot '
        'update resource "leases" in API group "coordination.k8s.io" in the namespace "ops"'
    ) == NotAllowed(
        user="system:serviceaccount:ops:op",
        verb="update",
        resource="leases",
        group="coordination.k8s.io",
        namespace="ops",
    )
    assert not_allowed("GET /forbidden 403") is None
