"""Secrets known by their own form, or by what stands around them.

A rule looks only at lines that hold one of its hints. A hint with a capital letter is meant as it
is written, the others in any case. There is no rule for "looks random": it would take hashes,
digests and trace ids. The work of a pattern is bounded: its repetitions are short, or begin where
a run of their letters begins, and so read each run once or twice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sreagent.policy.redaction.tokens import HOLLOW, PROSE, is_redacted, token


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of secret looks like. The group `s` is the secret; without it, all of it is."""

    kind: str
    hints: tuple[str, ...]
    pattern: str
    lead: str
    """What each match holds, in the plainest regular language, for a scan of the whole text."""
    group: str | int

    def apply(self, text: str) -> str:
        """The text with each such secret replaced."""
        return _compiled(self.pattern).sub(self._replace, text)

    def _replace(self, match: re.Match[str]) -> str:
        secret = match[self.group]
        if HOLLOW.fullmatch(secret) or secret.lower() in PROSE or is_redacted(match, self.group):
            return match[0]
        start, end = match.span(self.group)
        begin = match.start()
        return match[0][: start - begin] + token(self.kind, secret) + match[0][end - begin :]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Most rules never meet their hint: only those that do are compiled."""
    return re.compile(pattern)


def _rule(kind: str, hints: str, pattern: str, lead: str = "") -> Rule:
    names = tuple(hint.replace("␣", " ") for hint in hints.split())
    group = "s" if "(?P<s>" in pattern else 0
    return Rule(kind, names, pattern, lead or literals(names), group)


def _form(kind: str, prefixes: str, body: str) -> Rule:
    """A token that begins with one of the prefixes and is told by it."""
    names = tuple(prefixes.split())
    either = "|".join(map(re.escape, names))
    # Written as they are, also those without a capital letter.
    return Rule(
        kind,
        names,
        rf"(?<![A-Za-z0-9])(?:{either})(?!{_WORDS}){body}",
        f"(?:{either})",
        0,
    )


def literals(hints: tuple[str, ...]) -> str:
    """One pattern for all these hints."""
    return "|".join(
        re.escape(hint) if hint != hint.lower() else f"(?i:{re.escape(hint)})" for hint in hints
    )


_WORDS = r"(?:(?:[a-z]{1,24}[-_]){0,6}[a-z]{1,24}|[xX*.]{1,200})(?![\w-])"
"""What stands in instructions: `ghp_your-token-here`."""

_RANDOM = (
    r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,64}"
    r"|(?=[\w/+=.-]{0,60}[0-9])(?=[\w/+=.-]{0,60}[A-Z])(?=[\w/+=.-]{0,60}[a-z])[\w/+=-]{20,400})"
)
"""An id, a digest, or letters and digits in no order."""

_FORMS = (
    _form("aws", "AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}\b"),
    _form("github", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{20,255}"),
    _form("github", "github_pat_", r"\w{20,255}"),
    _form(
        "gitlab",
        "glpat- glrt- gldt- glcbt- glptt- glft- glsoat- glimt- glagent- gloas- GR1348941",
        r"[\w.-]{16,255}",
    ),
    _form("slack", "xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- xoxc- xoxd-", r"[\w.%-]{10,500}"),
    _form("slack", "xoxe.xoxb- xoxe.xoxp- xapp- xwfp-", r"[A-Za-z0-9-]{10,500}"),
    _form("stripe", "sk_live_ sk_test_ rk_live_ rk_test_", r"[A-Za-z0-9]{10,255}"),
    _form("stripe", "whsec_", r"[A-Za-z0-9+/=]{16,255}"),
    _form("google", "AIza", r"[\w-]{35}"),
    _form("google", "ya29. GOCSPX-", r"[\w-]{20,2000}"),
    _form("llm", "sk-ant- sk-proj- sk-svcacct- sk-or-v1-", r"[\w-]{20,255}"),
    _form("google", "1//0", r"[\w-]{30,200}"),
    _form("llm", "hf_", r"[A-Za-z]{30,60}\b"),
    _form("llm", "gsk_ xai- pplx- r8_", r"[A-Za-z0-9]{30,120}"),
    _form("npm", "npm_", r"[A-Za-z0-9]{30,60}"),
    _form("pypi", "pypi-", r"[\w-]{50,500}"),
    _form("vault", "hvs. hvb. hvr.", r"[\w-]{20,500}"),
    _form("digitalocean", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{64}"),
    _form("docker", "dckr_pat_ dckr_oat_", r"[\w-]{20,100}"),
    _form("grafana", "glsa_ glc_", r"[\w+/=]{32,400}"),
    _form("databricks", "dapi", r"[a-f0-9]{32}(?:-\d)?\b"),
    _form("sendgrid", "SG.", r"[\w-]{16,32}\.[\w-]{16,64}"),
    _form("twilio", "SK", r"[0-9a-f]{32}\b"),
    _form("sentry", "sntrys_ sntryu_", r"[\w+/=]{40,500}"),
    _form("newrelic", "NRAK- NRII- NRJS- NRIQ-", r"[A-Za-z0-9_-]{16,64}"),
    _form("shopify", "shpat_ shpca_ shppa_ shpss_", r"[a-fA-F0-9]{32}"),
    _form("square", "sq0atp- sq0csp-", r"[\w-]{22,43}"),
    _form("postman", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    _form("atlassian", "ATATT3 ATBB ATCTT3", r"[\w=-]{20,500}"),
    _form("cloud", "LTAI", r"[A-Za-z0-9]{16,24}\b"),
    _form("dynatrace", "dt0c01. dt0s01. dt0s02.", r"[A-Z0-9]{20,30}\.[A-Z0-9]{40,80}"),
    _form("doppler", "dp.pt. dp.st. dp.ct. dp.sa.", r"[\w.-]{20,120}"),
    _form("tailscale", "tskey-", r"[a-zA-Z]{2,12}-[\w-]{10,120}"),
    _form("planetscale", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.-]{30,80}"),
    _form("linear", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{30,80}"),
    _form("rubygems", "rubygems_", r"[a-f0-9]{40,60}"),
    _form("supabase", "sbp_ sb_secret_", r"[\w-]{20,80}"),
    _form("pulumi", "pul-", r"[a-f0-9]{40}\b"),
    _form("figma", "figd_ figoh_ figor_", r"[\w-]{30,80}"),
    _form("notion", "ntn_", r"[A-Za-z0-9]{40,60}"),
    _form("fly", "fo1_ fm1a_ fm1r_ fm2_", r"[\w+/=,-]{30,2000}"),
    _form("heroku", "HRKU-", r"[\w-]{30,80}"),
    _form("artifactory", "AKCp", r"[A-Za-z0-9]{50,80}\b"),
    _form("age", "AGE-SECRET-KEY-1 AGE-PLUGIN-", r"[A-Z0-9-]{40,200}"),
)
_BY_ITSELF = (
    _rule("jwt", "eyJ", r"(?<![\w-])eyJ[\w-]{8,8000}\.[\w-]{8,8000}(?:\.[\w-]{0,8000})?"),
    _rule(
        "llm",
        "sk-",
        r"(?<![\w-])sk-(?=[\w-]{0,250}[0-9])(?=[\w-]{0,250}[A-Z])[\w-]{20,255}",
        r"(?:^|[^\w-])sk-",
    ),
    _rule(
        "webhook",
        "hooks.slack /api/webhooks/ /webhookb2/ office.com/webhook hooks.zapier pagerduty.com",
        r"(?:hooks\.slack\.com/(?:services|workflows|triggers)|/api/webhooks|/webhookb2"
        r"|office\.com/webhook|hooks\.zapier\.com/hooks/catch|events\.pagerduty\.com/integration)/"
        r"(?P<s>[\w./@-]{10,400})",
    ),
    _rule("telegram", ":AA", r"(?<!\w)(?:bot)?(?P<s>[0-9]{8,10}:AA[\w-]{32,34})(?![\w-])"),
    _rule(
        "discord",
        "discord bot token",
        r"(?<![\w.-])(?P<s>[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,38})(?![\w.-])",
        r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27}",
    ),
    _rule("azure", "Q~", r"(?<![\w~.-])[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}(?![\w~.-])"),
    _rule("terraform", ".atlasv1.", r"(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}"),
    _rule("mailgun", "key-", r"(?<![\w-])key-[0-9a-f]{32}\b", r"key-[0-9a-f]"),
    _rule("mailchimp", "-us", r"(?<![\w-])[0-9a-f]{32}-us[0-9]{1,2}\b", r"[0-9a-f]-us[0-9]"),
    _rule(
        "aws",
        "AKIA ASIA [REDACTED:aws",
        r"(?:(?:AKIA|ASIA)[A-Z0-9]{16}|\[REDACTED:aws:[0-9a-f]{4}\])[ \t,:;\"'|/]{1,6}"
        r"(?P<s>(?=[\w+/]{0,39}[0-9+/])[A-Za-z0-9/+]{40})(?![\w+/=-])",
    ),
    # Base64 of "-----BEGIN ", unless "CERT" follows: certificates are public.
    _rule("pem", "LS0tLS1CRUdJTiB", r"LS0tLS1CRUdJTiB(?!DRVJU)[A-Za-z0-9+/=]{20,20000}"),
    _rule(
        "kubeadm",
        "kubeadm bootstrap token authentication,signing join",
        r"(?<![\w.-])(?P<s>[a-z0-9]{6}\.(?=[a-z]{0,15}[0-9])(?!1[5-9a-f][0-9a-f]{14}\b)[a-z0-9]{16})(?![\w.-])",
        r"(?:^|[^\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?:$|[^\w.-])",
    ),
)
_BY_PLACE = (
    _rule(
        "docker",
        '"auth "identitytoken \\"auth',
        r"\"(?:auth|identitytoken)\\?\"[ \t]{0,3}:[ \t]{0,3}\\?\"(?P<s>[\w+/=.-]{8,4000})",
        r"\"(?i:auth|identitytoken)\\?\"",
    ),
    _rule(
        "url",
        "@",
        r"://[^\s:@/\"'<>]{0,100}:(?P<s>[^\s/\"'<>]{1,200})@",
        r"://[^\s/\"'<>]*@",
    ),
    # A slash has no place in a password of an address, and people put it there.
    _rule(
        "url",
        "@",
        r"[a-z]://[^\s:@/\"'<>]{1,100}:(?P<s>[^\s\"'<>@?]{1,100})@[\w.-]{1,200}[:/]",
        r"://[^\s:@/\"'<>]*:[^\s\"'<>@?]*@",
    ),
    _rule("url", "@", r"://(?P<s>[^\s:@/\"'<>]{20,200})@", r"://[^\s/\"'<>]*@"),
    _rule(
        "dsn", "@tcp( @unix(", r"[\w.-]:(?P<s>[^\s:@/]{1,100})@(?:tcp|unix)\(", r"@(?:tcp|unix)\("
    ),
    _rule(
        "dsn",
        "@",
        r"oracle:(?:thin|oci8?):[^\s/@]{1,64}/(?P<s>[^\s/@]{1,100})@",
        "oracle:",
    ),
    _rule("sas", "sig=", r"[?&;]sig=(?P<s>[\w%+/=-]{20,200})", r"[?&;](?i:sig)="),
    _rule("signature", "signature=", r"(?<![A-Za-z])[Ss]ignature=(?P<s>[\w%+/=~-]{32,800})"),
    _rule(
        "otp",
        "otp mfa 2fa",
        r"(?i:otp|mfa|2fa)[\w .-]{0,24}[\"']?[ \t:=]{1,4}[\"']?"
        r"(?P<s>(?=[A-Z]{0,100}[2-7])[A-Z2-7]{16,128}=*)(?![\w-])",
        r"(?i:otp|mfa|2fa)[\w .-]*[\"']?[ \t:=]",
    ),
    _rule(
        "bearer",
        "bearer",
        r"(?i:bearer)[ \t]{1,5}"
        r"(?P<s>(?=\S{0,200}[0-9A-Z._])[\w.~+/-]{8,8000}+={0,2}+)(?![\w=])",
        r"(?i:bearer)[ \t]",
    ),
    _rule(
        "basic",
        "basic",
        r"(?i:basic)[ \t]{1,5}(?P<s>(?=\S{0,200}[0-9=])[A-Za-z0-9+/]{8,2000}={0,2})",
        r"(?i:basic)[ \t]",
    ),
    _rule(
        "header",
        "authorization",
        r"(?i:authorization)\\?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\?[\"']?"
        r"(?:[A-Za-z][A-Za-z0-9-]{1,20}[ \t]{1,3})?(?P<s>(?=\S{0,200}[0-9])[^\s\"',;\\]{8,8000})",
    ),
    _rule(
        "cookie",
        "cookie",
        r"(?i:cookie)\\?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\?[\"']?"
        r"(?P<s>[^\s=]{1,80}=[^\r\n\"]{4,8000})",
        r"(?i:cookie)\\?[\"']?[ \t]{0,3}[:=]",
    ),
    _rule(
        "key",
        "routing integration service_key events_key",
        r"(?i:(?:routing|integration|service|events)[_-]?key)\\?[\"']?[ \t]{0,3}"
        r"[:=][ \t]{0,3}\\?[\"']?(?P<s>(?=\w{0,31}[0-9])[A-Za-z0-9]{32})(?!\w)",
        r"(?i:(?:routing|integration|service|events)[_-]?key)",
    ),
    _rule(
        "pagerduty",
        "pagerduty pd_token",
        r"(?i:pagerduty|pd_token)[\w .-]{0,30}[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?"
        r"(?P<s>(?=[\w+-]{0,31}[0-9])[\w+-]{20}|(?=\w{0,31}[0-9])[A-Za-z0-9]{32})(?![\w+-])",
        r"(?i:pagerduty|pd_token)[\w .-]*[\"']?[ \t]{0,3}[:=]",
    ),
    _rule(
        "datadog",
        "datadog",
        r"(?i:datadog)[\w ./-]{0,60}(?:[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?|/v1/input/)"
        r"(?P<s>(?=[a-f]{0,31}[0-9])[a-f0-9]{32}(?:[a-f0-9]{8})?)(?!\w)",
        r"(?i:datadog)[\w ./-]*(?:[:=\"']|/v1/input/)",
    ),
    _rule(
        "vault",
        "unseal",
        r"(?i:unseal)[ \t]{1,2}(?i:key)(?:[ \t]{1,2}[0-9]{1,2})?[ \t]{0,2}[:=][ \t]{0,3}"
        r"(?P<s>[A-Za-z0-9+/=]{20,100})",
        r"(?i:unseal)[ \t]",
    ),
    _rule(
        "vault",
        "vault",
        r"(?i:vault)[^\r\n]{0,80}?[ \t=:\"'](?P<s>s\.(?=[A-Za-z]{0,23}[0-9])[A-Za-z0-9]{24})(?!\w)",
        r"(?:^|\W)s\.[A-Za-z0-9]{24}",
    ),
    _rule(
        "flag",
        "pass token secret api-key apikey",
        r"(?<![\w.-])--(?:[a-z0-9]{1,20}-){0,4}(?:password|passwd|passphrase|token|secret|api-?key)"
        r"[ \t]{1,3}[\"']?(?P<s>[^\s\"'-][^\s\"']{0,4000})",
        r"--(?:[a-z0-9]+-)*(?:password|passwd|passphrase|token|secret|api-?key)[ \t]",
    ),
    _rule(
        "flag",
        "curl wget http␣ https␣ etcdctl",
        r"\b(?:curl|wget|https?|etcdctl)[ \t][^\r\n]{0,200}?(?<!\S)"
        r"(?:-u|--user|-a|--auth)[ \t=]{1,3}[\"']?[^\s:\"'/]{1,64}:(?P<s>[^\s\"']{1,200})",
        r"(?i:curl|wget|https?|etcdctl)[ \t]",
    ),
    _rule(
        "flag",
        "sshpass",
        r"\bsshpass[ \t]{1,3}-p[ \t]{0,3}[\"']?(?P<s>[^\s\"']{1,200})",
    ),
    _rule(
        "flag",
        "mysql mariadb",
        r"\b(?:mysql|mariadb)(?:-?(?:dump|admin|check|import|show))?[ \t][^\r\n]{0,200}?(?<!\S)-p"
        r"[\"']?(?P<s>[^\s\"'-][^\s\"']{0,200})",
        r"(?i:mysql|mariadb)\S*[ \t]",
    ),
    _rule(
        "flag",
        "redis-cli",
        r"\bredis-cli[ \t][^\r\n]{0,200}?(?<!\S)(?:-a|--pass)[ \t]{1,3}[\"']?"
        r"(?P<s>[^\s\"'-][^\s\"']{0,200})",
    ),
    _rule(
        "flag",
        "login mongo ldap",
        r"\b(?:login|mongo(?:sh|dump|restore|export)?|ldap(?:search|modify|add|whoami|passwd))[ \t]"
        r"[^\r\n]{0,200}?(?<!\S)-[pw][ \t]{1,3}[\"']?(?![0-9]{1,5}(?:[ \t]|$))"
        r"(?P<s>[^\s\"'-][^\s\"']{0,200})",
        r"(?i:login|mongo|ldap)\w*[ \t]",
    ),
    _rule("flag", "pass:", r"(?<![\w:])pass:(?P<s>[^\s\"',;]{4,200})"),
    _rule(
        "flag",
        "sqlplus",
        r"\bsqlplus[ \t][^\r\n]{0,100}?[\w$#]{1,64}/(?P<s>[^\s/@\"']{1,100})@",
    ),
    _rule(
        "flag",
        "from-literal",
        r"\bsecret\b[^\r\n]{0,400}?--from-literal[= ][\"']?[\w.-]{1,253}="
        r"(?P<s>(?!\[REDACTED:)[^\s\"']{1,4000})",
    ),
    _rule(
        "phrase",
        "password␣ passcode␣ passphrase␣",
        r"(?i:password|passcode|passphrase)[ \t]"
        r"(?:is|was|(?:is[ \t])?(?:set|changed|reset)[ \t]to|for[ \t][^\r\n:]{1,60}:|=>|->)"
        r"[ \t]{0,2}:?[ \t]{0,2}[\"'`]?"
        r"(?P<s>(?=[^\s\"'`]{0,60}[0-9!#$%^&*=_~])(?=[^\s\"'`]{0,60}[A-Za-z])[^\s\"'`,;)]{6,200})",
        r"(?i:password|passcode|passphrase)[ \t]",
    ),
    # A word and its value with only a space between: the value has to look like one.
    _rule(
        "named",
        "password␣ passwd␣ requirepass masterauth masterpass storepass keypass bindpw",
        r"(?i:password|passwd|requirepass|masterauth|masterpass|storepass|keypass|bindpw)[ \t]{1,4}"
        r"[\"']?(?P<s>(?=[\w!#$%^&*+=~/@.-]{0,60}[0-9])(?=[^\s\"']{0,60}[A-Za-z])"
        r"[\w!#$%^&*+=~/@.-]{6,200})(?![^\s\"',;])",
        r"(?i:pass|pwd|passwd|password|storepass|keypass|bindpw|masterauth)[ \t]",
    ),
    _rule(
        "named",
        "api␣key app␣key application␣key access␣key secret␣key auth␣key license␣key integration␣key"
        " opsgenie heroku newrelic datadog _access_key secret_id secretid token",
        rf"(?i:(?:api|app|application|access|secret|auth|license|integration)[ \t]key|_access_key"
        rf"|secret_?id|(?:opsgenie|heroku|newrelic|datadog)[ \t](?:api[ \t])?key|(?<![\w-])token)"
        rf"[ \t]{{0,12}}(?:[:=][ \t]{{0,3}}|(?<=[ \t]))[\"']?(?P<s>{_RANDOM})(?![\w/+=.-])",
        r"(?i:(?:api|app|application|access|secret|auth|license|integration|opsgenie|heroku|newrelic"
        r"|datadog)[ \t](?:api[ \t])?key|_access_key|secret_?id|token)[ \t:=]",
    ),
    _rule(
        "sql",
        "identified password␣",
        r"(?i:identified(?:[ \t]with[ \t]\w{1,30})?[ \t]by"
        r"|(?<!\w)password(?:[ \t]for[^=\r\n]{1,80}=)?)[ \t]{1,3}'(?P<s>[^'\r\n]{1,200})'",
        r"(?i:identified|password)[ \t]",
    ),
    _rule(
        "xml",
        "pass secret token key",
        r"<[\w.:-]{0,40}(?i:password|passwd|passphrase|secret|token|api-?key|access-?key)\w{0,10}>"
        r"(?P<s>[^<>\s]{4,2000})</",
        r"(?i:password|passwd|passphrase|secret|token|key)\w*>[^<>\s]",
    ),
    _rule(
        "auth",
        "AUTH",
        r"(?<![\w-])AUTH[\"']?[ \t]{1,3}[\"']?(?:(?:PLAIN|LOGIN)[ \t]{1,3})?"
        r"(?P<s>(?=\S{0,200}[0-9])[\w+/=-]{8,400})(?![\w+/=-])",
        r"AUTH[\"']?[ \t]",
    ),
    _rule("code", "?code= &code=", r"[?&]code=(?P<s>[\w+/%=.-]{30,2000})"),
    _rule(
        "flag",
        "--password-stdin",
        r"\becho[ \t]{1,3}(?:-n[ \t])?[\"']?(?P<s>[^\s\"'|]{6,400})[\"']?[ \t]{0,3}\|"
        r"[^\r\n]{0,200}?--password-stdin",
    ),
    _rule(
        "flag",
        "htpasswd rabbitmqctl smbclient ssh-keygen",
        r"\b(?:htpasswd[ \t]{1,3}-\w{0,5}b\w{0,5}[ \t]{1,3}\S{1,200}[ \t]{1,3}\S{1,64}[ \t]{1,3}"
        r"|rabbitmqctl[ \t]{1,3}(?:add_user|change_password)[ \t]{1,3}\S{1,64}[ \t]{1,3}"
        r"|smbclient[ \t][^\r\n%]{0,200}%|ssh-keygen[ \t][^\r\n]{0,200}?-[NP][ \t]{1,3})"
        r"[\"']?(?P<s>[^\s\"']{1,200})",
    ),
    _rule(
        "secret",
        "patch",
        r"\bpatch[ \t]{1,3}secrets?[ \t/][^\r\n]{0,300}?(?:-p|--patch)[= \t]{1,3}[\"']?"
        r"\{(?P<s>[^\r\n]{1,8000})\}",
        r"patch[ \t]",
    ),
)
RULES = (*_FORMS, *_BY_ITSELF, *_BY_PLACE)
"""Ordered: what a secret is by itself comes before where it stands."""


def without_secrets(text: str, rules: Iterable[Rule]) -> str:
    """The text after one pass of these rules."""
    for rule in rules:
        text = rule.apply(text)
    return text
