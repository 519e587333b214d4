"""The HTTP API v2 of Alertmanager."""

import hashlib
import re
import threading
import uuid
from collections.abc import Callable

from sreagent.simulator.clock import fine_stamp, moment_of
from sreagent.simulator.exchange import Answer, Request, answer
from sreagent.simulator.objects import Json
from sreagent.simulator.problems import ApiError
from sreagent.simulator.promql.series import Labels
from sreagent.simulator.promql.syntax import Matcher
from sreagent.simulator.rules import Alert, Alerts

RESOLVE_SECONDS = 300.0
RECEIVER = "on-call"
_FILTER = re.compile(r'^\s*\{?\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*\}?\s*$')


class AlertmanagerSite:
    """Answers everything Alertmanager is asked."""

    def __init__(self, rules: Alerts, prometheus: str, now: Callable[[], float]) -> None:
        self.rules = rules
        self.prometheus = prometheus
        self.now = now
        self.started = now()
        self._silences: dict[str, Json] = {}
        self._lock = threading.Lock()
        self._pages: dict[str, Callable[[Request], object]] = {
            "/alerts": self._alerts,
            "/alerts/groups": self._groups,
            "/receivers": lambda _request: [{"name": RECEIVER}],
            "/silences": self._found_silences,
            "/status": self._status,
        }

    def answer(self, request: Request) -> Answer:
        """The answer to a request."""
        if request.path in ("/", "/-/healthy", "/-/ready"):
            return Answer(body=b"OK", media="text/plain")
        try:
            return self._api(request)
        except (ValueError, ApiError) as problem:
            return answer(str(problem), 400)

    def _api(self, request: Request) -> Answer:
        path = request.path.removeprefix("/api/v2").rstrip("/")
        if path.startswith("/silence/") and request.method in ("GET", "DELETE"):
            return self._one_silence(request.method, path.removeprefix("/silence/"))
        if (request.method, path) == ("POST", "/silences"):
            return self._silence(request.mapping())
        page = self._pages.get(path)
        if page is None:
            return answer({"code": 404, "message": f"path {request.path} was not found"}, 404)
        if request.method != "GET":
            return answer({"code": 405, "message": "method not allowed"}, 405)
        return answer(page(request))

    def _alerts(self, request: Request) -> list[Json]:
        matchers = _filters(request)
        found = [self._shown(each) for each in self.rules.catch_up(self.now()) if each.fires_since]
        return [
            alert
            for alert in found
            if all(each.holds(alert["labels"]) for each in matchers)
            and _is_wanted(request, alert["status"]["state"])
        ]

    def _shown(self, alert: Alert) -> Json:
        now = self.now()
        text = repr(sorted(alert.labels.items()))
        silenced = self._silenced_by(alert.labels)
        return {
            "annotations": alert.annotations,
            "endsAt": fine_stamp(alert.ends_at or now + RESOLVE_SECONDS),
            "fingerprint": hashlib.sha256(text.encode()).hexdigest()[:16],
            "generatorURL": alert.source(self.prometheus),
            "labels": alert.labels,
            "receivers": [{"name": RECEIVER}],
            "startsAt": fine_stamp(alert.fires_since or now),
            "status": {
                "inhibitedBy": [],
                "silencedBy": silenced,
                "state": "suppressed" if silenced else "active",
            },
            "updatedAt": fine_stamp(now),
        }

    def _groups(self, request: Request) -> list[Json]:
        groups: dict[str, list[Json]] = {}
        for alert in self._alerts(request):
            groups.setdefault(alert["labels"]["alertname"], []).append(alert)
        return [
            {"labels": {"alertname": name}, "receiver": {"name": RECEIVER}, "alerts": alerts}
            for name, alerts in sorted(groups.items())
        ]

    def _status(self, _request: Request) -> Json:
        return {
            "cluster": {"name": "simulator", "status": "ready", "peers": []},
            "config": {"original": f"route:\n  receiver: {RECEIVER}\n"},
            "uptime": fine_stamp(self.started),
            "versionInfo": {
                "version": "0.27.0",
                "revision": "0aa3c2aad14cff039931923ab16b26b7481783b5",
                "branch": "HEAD",
                "buildUser": "root@simulator",
                "buildDate": "20240228-11:51:20",
                "goVersion": "go1.21.7",
            },
        }

    def _found_silences(self, request: Request) -> list[Json]:
        matchers = _filters(request)
        with self._lock:
            silences = [self._with_state(each) for each in self._silences.values()]
        return [
            each
            for each in silences
            if all(m.holds({s["name"]: s["value"] for s in each["matchers"]}) for m in matchers)
        ]

    def _with_state(self, silence: Json) -> Json:
        now = self.now()
        if moment_of(silence["endsAt"]) <= now:
            state = "expired"
        else:
            state = "active" if moment_of(silence["startsAt"]) <= now else "pending"
        return {**silence, "status": {"state": state}}

    def _silence(self, body: Json) -> Answer:
        needed = ("matchers", "startsAt", "endsAt", "createdBy", "comment")
        missing = [field for field in needed if not body.get(field)]
        if missing:
            message = f"validation failure list: {', '.join(missing)} is required"
            return answer({"code": 602, "message": message}, 422)
        if moment_of(body["endsAt"]) <= moment_of(body["startsAt"]):
            return answer("silence invalid: start time must be before end time", 400)
        name = body.get("id") or str(uuid.uuid4())
        matchers = [{"isRegex": False, "isEqual": True, **each} for each in body["matchers"]]
        kept = {**body, "id": name, "matchers": matchers, "updatedAt": fine_stamp(self.now())}
        with self._lock:
            self._silences[name] = kept
        return answer({"silenceID": name})

    def _one_silence(self, method: str, name: str) -> Answer:
        with self._lock:
            silence = self._silences.get(name)
            if silence is None:
                return Answer(code=404)
            if method == "DELETE":
                silence["endsAt"] = fine_stamp(self.now())
                return Answer()
            return answer(self._with_state(silence))

    def _silenced_by(self, labels: Labels) -> list[str]:
        with self._lock:
            silences = [self._with_state(each) for each in self._silences.values()]
        return [
            each["id"]
            for each in silences
            if each["status"]["state"] == "active"
            and all(_silence_matcher(matcher).holds(labels) for matcher in each["matchers"])
        ]


def _filters(request: Request) -> list[Matcher]:
    found: list[Matcher] = []
    for text in request.lists.get("filter", ()):
        match = _FILTER.match(text)
        if match is None:
            problem = f"bad matcher format: {text}"
            raise ValueError(problem)
        found.append(Matcher(label=match[1], operator=match[2], value=match[3]))
    return found


def _is_wanted(request: Request, state: str) -> bool:
    parameter = "silenced" if state == "suppressed" else "active"
    return request.query.get(parameter, "true") != "false"


def _silence_matcher(matcher: Json) -> Matcher:
    equal = "=" if matcher["isEqual"] else "!"
    sign = equal + "~" if matcher["isRegex"] else {"=": "=", "!": "!="}[equal]
    return Matcher(label=matcher["name"], operator=sign, value=matcher["value"])
