"""The words in which runtimes, databases and clients say what is wrong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sreagent.diagnose.logs.patterns import NETWORK, LogCause


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One way of saying it."""

    cause: LogCause
    hints: tuple[str, ...]
    """Lower case: without one of them the words are not there. Quicker than to look for them."""
    written: str
    """As a regular expression."""
    exact: bool
    """Whether capitals count."""

    @cached_property
    def words(self) -> re.Pattern[str]:
        """The first group that is found, if any, is the key: a variable, a file, an option.

        Compiled when a log first hints at it: of most, none does.
        """
        return re.compile(self.written, re.NOFLAG if self.exact else re.IGNORECASE)


_NAME = r"[\"'`]?([A-Z][A-Z0-9_]{2,80})[\"'`]?"
# As callers say it; in an access log the same numbers are everyday.
_ANSWERED = (
    r"\b(?:status code|returned|responded(?: with)?|answered|got|received|HTTP)(?: error)?:?"
)
_PATH = r"[\"'`]?((?:/|\./|[A-Z]:\\)[\w./\\@-]{1,300}|[\w-]{1,80}\.\w{1,8})[\"'`]?"

REFUSAL = "429"
"""Told at any level: whoever is refused so tries again later, and takes it for no error."""
_FROM_OTHERS = r"https?://|\bresponse\b|\banswer\b|\breply\b|(?<!request )\bbody\b"


def _say(cause: LogCause, hints: str, *words: str, exact: bool = False) -> Iterator[Pattern]:
    """`hints` are parted by `|`."""
    for one in words:
        yield Pattern(cause=cause, hints=tuple(hints.split("|")), written=one, exact=exact)


# The first that fits counts: what says why comes before what says only that it failed.
PATTERNS: tuple[Pattern, ...] = (
    *_say(
        LogCause.MISSING_ENV,
        "keyerror|variable|env|set|required|missing|defined|empty|must be|unbound",
        rf"KeyError: {_NAME}$",
        rf"(?:environment|env\.?) ?(?:variable|var)s?(?: named)?[:=]? ?{_NAME}",
        rf"{_NAME}(?: environment variable| env var)? ?(?:is|was|must be|:)?"
        r" ?(?:not set|not defined|unset|undefined|missing|required|empty|unbound variable"
        r"|set\b(?! to)|parameter null or not set)",
        rf"(?:required key|missing (?:required )?(?:variable|setting|key)|required variable)"
        rf" {_NAME}",
        exact=True,
    ),
    *_say(LogCause.EXEC_FORMAT, "exec format", r"exec format error"),
    *_say(
        LogCause.COMMAND_NOT_FOUND,
        "exec: |not found",
        r"exec: \"([^\"]{1,200})\": (?:executable file not found|stat .{1,200}: no such file)",
        r"(?:sh|bash|ash|zsh)(?:: line \d{1,6}|:? \d{1,6})?: ([\w./-]{1,120}):"
        r" (?:command )?not found",
        r"([\w./-]{1,120}): command not found",
    ),
    *_say(
        LogCause.SCRIPT_SYNTAX,
        "syntax error",
        r"\b(?:ba|da|a|z)?sh: .{0,120}syntax error|syntax error(?: near|:) unexpected"
        r"|syntax error: (?:unterminated|end of file|bad|missing)",
    ),
    *_say(
        LogCause.RUNS_AS_ROOT,
        "as root|runasnonroot|root\" execution",
        r"(?:cannot|can ?not|can't|must not|should not|refus\w{1,4}) (?:be )?(?:run|execut)\w{0,4}"
        r" .{0,60}\bas root|running as root (?:without|is not)|runAsNonRoot and image will run"
        r"|\"root\" execution of .{0,60}not permitted",
    ),
    *_say(
        LogCause.STORE_FULL,
        "oom command|circuit_breaking|high memory|insufficient|maximum|kafkastorage",
        r"OOM command not allowed when used memory|circuit_breaking_exception"
        r"|memory resource limit alarm set"
        # JetStream: no room for the account, the server or the stream.
        r"|insufficient (?:storage )?resources.{0,40}100(?:23|47)|100(?:23|47).{0,60}insufficient"
        r"|JetStream.{0,60}insufficient (?:storage|memory|resources)"
        r"|maximum (?:bytes|messages) exceeded|KafkaStorageException",
    ),
    *_say(
        LogCause.WRITES_REFUSED,
        "not accepting commands|read-only|read only|readonly|ora-|misconf|recovery mode|vacuumed",
        r"database is not accepting commands|database .{1,80} must be vacuumed within"
        r"|READONLY You can't write against a read only"
        r"|cannot execute .{1,40} in a read-only transaction|with the --(?:super-)?read-only option"
        r"|\bORA-(?:00257|16038|19809|19815|19804|01653|01654|30036|01552)\b"
        r"|MISCONF Redis is configured to save"
        r"|database system is in recovery mode",
    ),
    *_say(
        LogCause.DISK_FULL,
        "no space left|enospc|quota exceeded|could not extend|flood stage|disk full|forbidden/12"
        "|disk space",
        r"no space left on device|\bENOSPC|disk quota exceeded|could not extend file"
        r"|flood stage disk watermark|\bdisk (?:is )?full\b|FORBIDDEN/12/index read-only"
        r"|free disk space .{0,40}below|there is not enough space on the disk",
    ),
    *_say(
        LogCause.READ_ONLY,
        "read-only file system|erofs",
        r"read-only file system|\bEROFS\b",
    ),
    *_say(
        LogCause.IO_ERROR,
        "input/output error|invalid page|could not read block|i/o error|checksum|corrupt|wt_panic"
        "|wt_error|read error|eio",
        r"\binput/output error|\bEIO\b|\bI/O error, dev"
        # Of what is stored; frames and packets are sent again.
        r"|\b(?:page|block|file|segment|wal|index|table|chunk|data|read|record)\W.{0,60}"
        r"checksum (?:mismatch|error|fail|verif)"
        r"|checksum (?:mismatch|error|fail|verif).{0,60}"
        r"\b(?:page|block|file|segment|wal|index|table|chunk|offset)"
        r"|invalid page in block|data corruption (?:detected|found)|WT_PANIC|WT_TRY_SALVAGE"
        r"|(?:wal|segment|block|index|database|data file|file) .{0,60}(?:is|was|are) corrupt"
        r"|CorruptRecordException|CorruptIndexException|could not read block \d",
    ),
    *_say(
        LogCause.GC_OVERHEAD,
        "overhead|gc pause|spent [",
        r"GC overhead limit exceeded|\[gc\]\S{0,40} overhead, spent \[",
    ),
    *_say(
        LogCause.OUT_OF_MEMORY,
        "memory|bad_alloc|oom",
        r"OutOfMemory(?:Error|Exception)|JavaScript heap out of memory|runtime: out of memory"
        r"|cannot allocate memory|\bMemoryError\b|std::bad_alloc|\bENOMEM\b"
        r"|memory cgroup out of memory|out of memory: kill|^out of memory$"
        r"|(?:is|was|ran|running|: ?) out of memory|failed to allocate \d{1,20} bytes"
        r"|insufficient memory for the Java Runtime|CUDA out of memory",
    ),
    *_say(
        LogCause.SEGFAULT,
        "segmentation|segfault|sigsegv|sigbus|bus error|sigill",
        r"segmentation fault|\bsegfault\b|\bSIGSEGV\b|\bSIGBUS\b|\bSIGILL\b|bus error",
    ),
    *_say(
        LogCause.PORT_IN_USE,
        "already in use|eaddrinuse|bind()",
        r"address already in use|EADDRINUSE|port (?:\d{1,5} )?(?:is |was )?already in use"
        r"|only one usage of each socket address",
    ),
    *_say(
        LogCause.NO_LOCAL_PORTS,
        "cannot assign|eaddrnotavail|can't assign",
        r"(?:cannot|can't) assign requested address|EADDRNOTAVAIL",
    ),
    *_say(
        LogCause.TOO_MANY_FILES,
        "too many open files|emfile|enfile|file descriptor",
        r"too many open files|\bE[MN]FILE\b|(?:out of|no more|ran out of) file descriptors"
        r"|worker_connections are not enough",
    ),
    *_say(
        LogCause.CONNTRACK_FULL, "conntrack", r"conntrack: table full|conntrack table is full"
    ),
    *_say(
        LogCause.TLS_MISMATCH,
        "https|tls|ssl|plain http|no encryption|plaintext|version number|encrypt",
        r"server gave HTTP response to HTTPS client"
        r"|HTTP request was sent to (?:an )?HTTPS (?:port|server)"
        r"|client sent an HTTP request to an HTTPS server|first record does not look like a TLS"
        r"|ssl3_get_record:wrong version number|wrong version number"
        r"|unrecognized SSL message, plaintext"
        r"|(?:server|connection|broker) (?:requires|demands|only (?:accepts|supports)) (?:an? )?"
        r"(?:TLS|SSL|encryption|secure)|(?:TLS|SSL)(?:/\w{3})? (?:is )?required"
        r"|server does not support SSL|SSL is not enabled on the server"
        r"|no pg_hba.conf entry .{0,200}no encryption"
        r"|(?:must|should) (?:issue|use) .{0,20}STARTTLS|require_secure_transport"
        r"|tls: (?:protocol version not supported|no (?:supported|cipher)|unsupported (?:protocol"
        r"|versions))"
        r"|no (?:appropriate protocol|cipher suites in common)|unsupported protocol version",
    ),
    *_say(
        LogCause.CERTIFICATE,
        "certificate|x509|cert_|_cert|ssl|tls|pkix|altname|unable_to_verify",
        r"certificate (?:has |is |was )?(?:expired|revoked|not yet valid|not trusted|invalid)"
        r"|x509: |certificate verify failed|CERT_HAS_EXPIRED|SSLHandshakeException"
        r"|unknown certificate authority|self.signed certificate|SELF_SIGNED_CERT|PKIX path"
        r"|CertificateExpiredException|CertificateNotYetValid|UNABLE_TO_VERIFY_LEAF"
        r"|UNABLE_TO_GET_ISSUER"
        r"|ALTNAME_INVALID|does not match certificate|hostname mismatch|no alternative certificate"
        r"|tls: (?:bad|expired|unknown) certificate|remote error: tls:|tls: failed to verify"
        r"|remote certificate (?:is|was) invalid|certificate signed by unknown"
        r"|unable to get local issuer"
        r"|certificate (?:subject name|name) .{0,80}not match|unknown ca\b",
    ),
    *_say(
        LogCause.FORBIDDEN,
        "forbidden: user|cannot ",
        r"is forbidden: User \"([^\"]{1,200})\"",
        r"User \"([^\"]{1,200})\" cannot \w{1,20} resource",
    ),
    *_say(
        LogCause.INCOMPATIBLE_DATA,
        "incompatible|featurecompat|initialized by|newer version|downgrade|unsupported redo"
        "|rdb format|index version",
        r"database files are incompatible|featureCompatibilityVersion"
        r"|data directory was initialized by PostgreSQL|WT_DB_OPEN_INCOMPATIBLE"
        r"|unsupported redo log format|(?:cannot|can't|can not) downgrade|invalid server upgrade"
        r"|can't handle RDB format version|index (?:format|version) .{0,60}(?:too old"
        r"|not supported)"
        r"|(?:created|written) (?:by|with) a newer version",
    ),
    *_say(
        LogCause.INCOMPATIBLE_CLIENT,
        "wire version|client does not support|outdated client|unsupportedversion"
        "|authentication protocol"
        "|api version|driver",
        r"\bwire version|client does not support authentication protocol"
        r"|UnsupportedVersionException"
        r"|client (?:version|API version) .{0,40}(?:too (?:old|new)|not supported)"
        r"|authentication method .{0,40}(?:not supported|unknown)"
        r"|broker .{0,40}does not support api"
        r"|driver (?:is )?(?:too old|incompatible|does not support)",
    ),
    *_say(
        LogCause.RATE_LIMITED,
        REFUSAL,
        rf"{_ANSWERED} 429\b|\b429 (?:client error|too many requests)\b"
        r"|(?:\b|_)(?:status|code)[\"']?[=:] ?429\b",
    ),
    *_say(
        LogCause.RATE_LIMITED,
        "too many requests|rate|quota|throttl|resource_exhausted|resourceexhausted|slow down",
        r"too many requests|rate.?limit(?:ed|ing)? ?(?:exceeded|reached"
        r"|hit|for|by|:)"
        r"|exceeded .{0,30}rate limit|(?:api|request|rate) quota (?:exceeded|exhausted)"
        r"|quota exceeded for"
        r"|\bThrottlingException|\bThrottled|RequestLimitExceeded|ProvisionedThroughputExceeded"
        r"|\bSlowDown\b"
        r"|code = ResourceExhausted|client-side throttling|rate limiter",
    ),
    *_say(
        LogCause.AUTH_FAILED,
        "auth|denied|wrongpass|credential|not found|not authorized|login|401|403|invalid|expired"
        "|access_refused|permission_denied|permissiondenied|accessdenied|role|pg_hba|signature"
        "|token",
        r"authentication (?:failed|failure|error|required)|authenticat\w{1,4} failed"
        r"|access denied for user|WRONGPASS|\bNOAUTH\b|(?:invalid|bad|wrong|incorrect) credentials"
        r"|credentials (?:are |is )?(?:invalid|expired|rejected)|requires authentication"
        r"|UserNotFound|not authorized (?:on|to perform)|login failed for user|ACCESS_REFUSED"
        r"|\b401 unauthorized|\b403 forbidden|code = (?:Unauthenticated|PermissionDenied)"
        rf"|{_ANSWERED} 40[13]\b"
        r"|\b(?:invalid|wrong|incorrect|expired) (?:api.?key|(?:access |auth |bearer )?token"
        r"|password)|invalid_grant|invalid_client"
        r"|no pg_hba.conf entry|role \"[\w.-]{1,63}\" does not exist|SaslAuthenticationException"
        r"|SASL (?:authentication|handshake) (?:error|failed)|\bAccessDenied(?:Exception)?\b"
        r"|ExpiredToken"
        r"|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidClientTokenId"
        r"|TopicAuthorizationException"
        r"|token (?:is |has |was )?(?:expired|revoked|invalid)|security token .{0,40}(?:expired"
        r"|invalid)",
    ),
    *_say(
        LogCause.MIGRATION,
        "does not exist|no such table|no such column|unknown column|doesn't exist|migration"
        "|unknown database|dirty database|invalid object|invalid column",
        r"relation \"([\w.]{1,120})\" does not exist|column \"?([\w.]{1,120})\"? does not exist"
        r"|database \"([\w.-]{1,120})\" does not exist",
        r"no such (?:table|column):? ([\w.]{1,120})|unknown column '([\w.]{1,120})'",
        r"table '([\w.]{1,120})' doesn't exist|unknown database '([\w.-]{1,120})'",
        r"invalid (?:object|column) name '([\w.]{1,120})'"
        r"|(?:dirty database version|(?:schema )?migration (?:checksum )?(?:failed|mismatch))",
    ),
    *_say(
        LogCause.LOCKED,
        "lock",
        r"deadlock (?:detected|found)|lock wait timeout exceeded|could not obtain lock"
        r"|canceling statement due to lock timeout|database (?:table )?is locked|SQLITE_BUSY"
        r"|still waiting for \w{4,40}Lock on|LockAcquisitionException|lock request time out"
        r"|LockTimeout"
        r"|could not acquire (?:the )?(?:state |migration |change )?lock",
    ),
    *_say(
        LogCause.STATEMENT_TIMEOUT,
        "statement|maximum statement|query|maxtimems",
        r"canceling statement due to (?:statement timeout|user request)|statement timeout"
        r"|maximum statement execution time exceeded|query (?:execution )?(?:was interrupted"
        r"|timed out|timeout)"
        r"|MaxTimeMSExpired",
    ),
    *_say(
        LogCause.SQL_SYNTAX,
        "syntax",
        r"error in your SQL syntax|syntax error at or near|SQLSyntaxErrorException|SQL syntax error"
        r"|near \"[^\"]{1,60}\": syntax error|incorrect syntax near|BadSqlGrammarException",
    ),
    *_say(
        LogCause.CONSTRAINT,
        "constraint|duplicate",
        r"violates (?:unique|foreign key|not-null|check) constraint|duplicate entry '"
        r"|duplicate key (?:value|error)|E11000|UNIQUE constraint failed"
        r"|ConstraintViolationException",
    ),
    *_say(
        LogCause.POOL_EXHAUSTED,
        "pool|too many|could not|slots|not available|reached|connections|trying to connect"
        "|new connection",
        r"pool (?:is )?(?:exhausted|full)|exhausted .{0,30}pool|too many connections"
        r"|too many clients"
        r"|could not (?:acquire|get|obtain) (?:a )?(?:jdbc )?connection|connection pool timeout"
        r"|QueuePool limit|(?:timeout|timed out) waiting for (?:a )?connection from pool"
        r"|timeout (?:expired|exceeded) .{0,60}(?:from the pool|when trying to connect)"
        r"|remaining connection slots are reserved|connection is not available, request timed out"
        r"|max(?:imum)? (?:number of )?(?:clients|connections) (?:was |is )?reached"
        r"|no more connections allowed"
        r"|timed out (?:fetching|acquiring) (?:a )?(?:new )?connection|(?:all"
        r"|no) (?:pooled )?connections (?:in use|available)",
    ),
    *_say(
        LogCause.POISON_RECORD,
        "deseriali|unmarshal|offset|poison|unknown magic|decod",
        r"SerializationException|error deserializing|deserializ\w{1,6} (?:error|failed|exception"
        r"|record)"
        r"|(?:cannot|failed to|unable to|could not) (?:deserialize|decode) .{0,40}(?:record"
        r"|message|event|payload|partition|offset)"
        r"|poison (?:pill|record|message)|unknown magic byte|(?:seek past"
        r"|skip) the record to continue"
        r"|invalid (?:record|message) at offset",
    ),
    *_say(
        LogCause.TOO_LARGE,
        "too large|too_large|toolarge|larger than|413|exceeds",
        r"RecordTooLarge|MESSAGE_TOO_LARGE|message (?:size )?(?:is )?too large"
        r"|request entity too large|payload too large"
        r"|client intended to send too large body|(?:message|record|body|packet"
        r"|payload) .{0,40}larger than"
        r"|PacketTooBig|BSONObjectTooLarge|received message (?:larger|exceeds)"
        r"|request header .{0,20}too large"
        r"|\b413 (?:request|payload|content)",
    ),
    *_say(
        LogCause.NOT_ENOUGH_REPLICAS,
        "replica|quorum|primary|in-sync|no master|noreplicas|masterdown|clusterdown",
        r"NotEnoughReplicas|NOT_ENOUGH_REPLICAS|NOREPLICAS|not enough (?:in-sync |good )?replicas"
        r"|number of insync replicas"
        r"|(?:no|lost|without|cannot reach|not enough) .{0,20}quorum|quorum (?:lost|not reached"
        r"|not met)"
        r"|not (?:primary|master) and secondaryOk|no primary (?:is )?(?:available|found)"
        r"|NotWritablePrimary"
        r"|CLUSTERDOWN|MASTERDOWN|cannot achieve consistency level|master_not_discovered"
        r"|no replica set members"
        r"|ReplicaSetNoPrimary",
    ),
    *_say(
        LogCause.PARTITIONED,
        "partition|split.brain|split brain|split-brain|inconsistent_database|home node",
        r"partitioned network|network partition|split.brain|running_partitioned_network"
        r"|inconsistent_database|home node \S{1,200} of durable queue",
    ),
    *_say(
        LogCause.LEADER_LOST,
        "leader|lease|lost master",
        r"leader ?election lost|lost (?:the )?(?:leader|lease|leadership|master)"
        r"|failed to renew lease|stopped leading"
        r"|no (?:known |elected )?leader\b|etcdserver: (?:no leader|leader changed)"
        r"|LEADER_NOT_AVAILABLE",
    ),
    *_say(
        LogCause.CONSUMER_LAG,
        "lag|max.poll|poll",
        r"(?:consumer|group|partition|replication)\b.{0,40}\blag\b.{0,30}(?:exceed|above"
        r"|too (?:high|large)|grow|increas|behind)"
        r"|lag (?:is |of )?.{0,20}(?:exceeds|above|too high)|consumer poll timeout has expired"
        r"|max\.poll\.interval\.ms (?:exceeded|was)|exceeded max\.poll\.interval",
    ),
    *_say(
        LogCause.UNIMPLEMENTED,
        "unimplemented|unknown service|unknown method",
        r"code = Unimplemented|\bUNIMPLEMENTED:|unknown (?:service|method) [\w./]{1,120}",
    ),
    *_say(
        LogCause.DNS_TIMEOUT,
        "lookup|eai_again|name resolution|servers could be reached|dns|resolv",
        r"lookup [\w.-]{1,253}(?: on [\w.:\[\]-]{1,60})?: .{0,120}"
        r"(?:timeout|timed out|server misbehaving|connection refused)"
        r"|EAI_AGAIN|temporary failure in name resolution|no servers could be reached"
        r"|(?:dns|name) (?:resolution|lookup|query) .{0,60}(?:timed out|timeout)"
        r"|DnsQuestion\(.{0,300}query .{0,20}timed out"
        r"|DnsNameResolverTimeout"
        r"|could not be resolved \(110:|resolving timed out",
    ),
    *_say(
        LogCause.NO_SUCH_HOST,
        "host|resol|enotfound|servname|service not known|getaddrinfo|bad address|nxdomain",
        r"no such host|\bENOTFOUND|could not resolve host|name or service not known"
        r"|UnknownHostException|nodename nor servname|getaddrinfo failed|can't resolve"
        r"|cannot resolve|unable to resolve|bad address '|NXDOMAIN|could not translate host name"
        r"|name does not resolve|host not found|name or service not known|unknown host\b"
        r"|could not be resolved \(3:|no address associated with (?:host)?name|failed to resolve",
    ),
    *_say(
        LogCause.REFUSED,
        "refused|connect|noserver|server is available|nohostavailable|nobrokers",
        r"connection refused|ECONNREFUSED|actively refused|connect call failed"
        r"|could not connect to server|failed to connect to"
        # What clients of databases and brokers say whose every address is dead.
        r"|NoServerAvailable|No \w{1,40} server is available"
        r"|NoHostAvailable|NoBrokersAvailable",
    ),
    # As clients say it: what scanners send to a server is no trouble.
    *_say(
        LogCause.WRONG_PROTOCOL,
        "http|preface|status line|settings|parse error",
        r"malformed HTTP (?:response|version|status code)|error reading server preface"
        r"|http2: (?:frame too large|failed reading the frame payload)|BadStatusLine"
        r"|first received frame was not SETTINGS|illegal status line|HTTP_1_1_REQUIRED"
        r"|received HTTP/0\.9 when not allowed|Parse Error: Expected HTTP/|\bHPE_INVALID_"
        r"|missing HTTP content-type|upstream sent (?:no valid|invalid) HTTP"
        r"|the server returned an invalid or unrecognized response",
    ),
    *_say(
        LogCause.HTTP_5XX,
        "50|51|52|5xx|upstream|unavailable",
        r"(?:status|statuscode|code|returned|responded(?: with)?|HTTP(?:/[\d.]{1,3})?)"
        r"[\"']?[=: ]{1,3}[\"']?5\d\d\b",
        r"\b50[0234] [\"(]?(?:internal server error|bad gateway|gateway time-?out|server error"
        r"|service (?:temporarily )?unavailable)|\[50[0234]\] during \["
        r"|upstream connect error|no (?:live|healthy) upstream"
        r"|(?:code = |StatusCode[.=]\"?|StatusRuntimeException: |Error: 14 )Unavailable\b"
        r"(?!.{0,200}refused)"
        r"|(?:got|received|with) (?:a |an )?(?:http )?50[0234]\b",
        r"(?<![\d ]) 5\d\d (?:\d{1,9}(?:ms|s)?\b|-|\")",
    ),
    *_say(
        LogCause.TIMEOUT,
        "time|deadline",
        r"i/o timeout|ETIMEDOUT|timed out|deadline.?exceeded|time(?:d )?out (?:after|exceeded"
        r"|expired|waiting|of)|Timeout(?:Error|Exception)\b"
        r"|(?:connect|connection|read|request|gateway|upstream|socket|server selection) timeout\b",
    ),
    *_say(
        LogCause.RESET,
        "reset|broken pipe|epipe|hang up|unexpected eof|no route|unreach|closed|network is down"
        "|enetdown|enetunreach",
        r"connection reset|\bECONNRESET|broken pipe|\bEPIPE|socket hang up|unexpected EOF"
        r"|no route to host|EHOSTUNREACH|network is unreachable|ENETUNREACH"
        r"|server closed the connection"
        r"|network is down|ENETDOWN|upstream prematurely closed"
        r"|connection (?:was )?(?:forcibly )?closed by (?:the )?(?:remote|peer|server)",
    ),
    *_say(
        LogCause.RETRIES_EXHAUSTED,
        "retr|attempt|giving up",
        r"\bretr(?:y|ies)(?: (?:attempts|limit|budget|count))? (?:was |were )?"
        r"(?:exceeded|exhausted|reached)|giving up after \d{1,6}|MaxRetryError|RetryError"
        r"|(?:no|out of) (?:more )?retries|exhausted (?:all )?(?:\d{1,4} )?(?:retries|attempts)"
        r"|all (?:\d{1,4} )?(?:retries|attempts) failed",
    ),
    *_say(
        LogCause.MISSING_FILE,
        "no such file|filenotfound|nosuchfile|could not find file|cannot open|enoent"
        "|cannot find module|modulenotfound",
        rf"{_PATH}: no such file or directory"
        rf"|no such file or directory[:,]? {{0,2}}(?:open )?{_PATH}",
        r"(?:FileNotFoundException|NoSuchFileException|could not find file|cannot open(?: file)?)"
        rf":? {_PATH}",
        r"cannot find module ['\"]([^'\"]{1,200})['\"]|no module named ['\"]?([\w.]{1,120})",
        r"\bENOENT\b|FileNotFoundError|no such file or directory",
    ),
    *_say(
        LogCause.PERMISSION,
        "denied|eacces|eperm|not permitted|insufficient privilege|must be owner",
        rf"{_PATH}: permission denied|permission denied:? {_PATH}",
        r"permission denied|\bEACCES\b|\bEPERM\b|operation not permitted|insufficient privilege"
        r"|must be owner of",
    ),
    # An answer of somebody else, as the URL or the words beside it tell; not a file of its own.
    *_say(
        LogCause.UNREADABLE_ANSWER,
        "decod|unmarshal|deseriali|could not extract|mismatched|unexpected token|jsondecode"
        "|converted to|json|zoderror|response",
        rf"(?:decod\w{{1,4}}|unmarshal\w{{0,5}}|pars(?:e|ing)|read(?:ing)?) .{{0,40}}"
        rf"(?:{_FROM_OTHERS}).{{0,200}}(?:cannot unmarshal|invalid character|invalid type"
        r"|expected|unexpected|missing field)",
        rf"(?:{_FROM_OTHERS}).{{0,200}}(?:cannot unmarshal|JSONDecodeError|invalid character '"
        r"|unexpected token .{1,20} in JSON|could not be converted to|ZodError)",
        r"error while extracting response for type|could not extract response"
        r"|error decoding response body|JSON decoding error: Cannot deserialize"
        r"|RestClientException.{0,80}(?:Cannot deserialize|MismatchedInput|InvalidFormat)",
    ),
    *_say(
        LogCause.CONFIG_PARSE,
        "error|yaml|toml|unmarshal|invalid|unexpected|config|settings|parse|malformed|cannot"
        "|directive",
        r"JSONDecodeError|ScannerError|ParserError|yaml: (?:line \d|unmarshal|mapping|did not)"
        r"|toml: |cannot unmarshal|invalid character '.{1,4}' (?:looking|after|in)"
        r"|unexpected token .{1,20} in JSON|(?:could not|cannot|failed to|unable to|error)"
        r" (?:parse|parsing|decode|decoding|unmarshal)\w{0,4}.{0,60}"
        r"(?:config|settings|yaml|json|toml|properties)"
        r"|(?:invalid|malformed|bad|broken) (?:config|configuration|settings)\b"
        r"|\[emerg\] .{0,20}(?:unknown directive|unexpected|invalid number of arguments"
        r"|host not found)"
        r"|unexpected end of JSON input|FATAL CONFIG FILE ERROR"
        r"|configuration (?:file )?.{0,80}test failed",
    ),
    *_say(
        LogCause.CONFIG_KEY,
        "unknown|unrecognized|unsupported|unexpected|invalid|missing|no such|provided|key|setting"
        "|option"
        "|property|field|no value",
        r"(?:unknown|unrecognized|unsupported|unexpected|invalid|missing|no such)"
        r" (?:required )?(?:config(?:uration)? |command.line )?"
        r"(?:key|field|option|setting|flag|property|parameter|argument)s?:?"
        r" [\"'`]?(-{0,2}[\w.-]{2,80})",
        r"flag provided but not defined: (-{1,2}[\w-]{1,80})",
        r"(?:key|setting|option|property|field) [\"'`]?([\w.-]{2,80})[\"'`]?"
        r" (?:is )?(?:missing|required|not found|not set|unknown|invalid)",
        r"KeyError: ['\"]?([\w.-]{1,80})|no (?:value|setting) for ['\"]?([\w.-]{2,80})",
    ),
    *_say(
        LogCause.SLOW_QUERY,
        "slow|duration|query_time|took|seq scan",
        r"slow ?(?:query|sql|statement|operation|command|log)\b.{0,80}?(?<![\d.])"
        r"(?:\d{4,9}(?:\.\d{1,6})? ?ms|[1-9]\d{0,5}(?:\.\d{1,9})? ?s(?:ec\w{0,4})?)\b",
        r"LOG: {1,2}duration: \d{4,9}\.\d{1,3} ms|# Query_time: [1-9]\d{0,6}\."
        r"|query took (?:\d{4,9} ?ms|[1-9]\d{0,5}(?:\.\d{1,6})? ?s)",
    ),
)  # fmt: skip
# What is told at INFO is mostly talk: only that somebody was not reached, or refused it, counts.
_IN_TALK = tuple(
    one for one in PATTERNS if one.cause in NETWORK - {LogCause.TIMEOUT} or one.hints == (REFUSAL,)
)
_STATUS = re.compile(r"[=: \"]5\d\d\b")
_NOT_ALLOWED = re.compile(
    r"User \"(?P<user>[^\"]{1,200})\" cannot (?P<verb>\w{1,20}) resource"
    r" \"(?P<resource>[\w./-]{1,120})\""
    r"(?: in API group \"(?P<group>[\w.-]{0,120})\")?"
    r"(?: in the namespace \"(?P<namespace>[\w.-]{1,63})\")?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """Who may not do what, as the API server said it."""

    user: str
    """`system:serviceaccount:shop:robot`."""
    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    """Empty for the whole cluster."""


def not_allowed(text: str) -> NotAllowed | None:
    """Read the API server's refusal out of a log line; None when there is none."""
    found = _NOT_ALLOWED.search(text)
    return (
        NotAllowed(**{name: said or "" for name, said in found.groupdict().items()})
        if found
        else None
    )


def has_bad_status(line: str) -> bool:
    """Whether a line has a number like those of server errors."""
    return bool(_STATUS.search(line))


def recognise(text: str, *, talk: bool = False) -> tuple[Pattern, str] | None:
    """What the text speaks of, and its key; None when it is nothing that is known.

    `talk` says that the text was not logged as trouble.
    """
    lower = text.lower()
    for pattern in _IN_TALK if talk else PATTERNS:
        if any(hint in lower for hint in pattern.hints) and (found := pattern.words.search(text)):
            return pattern, _key(found)
    return None


def recognise_again(text: str, pattern: Pattern) -> tuple[Pattern, str] | None:
    """The same for a text of a sort that this pattern was found in before."""
    found = pattern.words.search(text)
    return (pattern, _key(found)) if found else None


def _key(found: re.Match[str]) -> str:
    return next((group for group in found.groups() if group), "")
