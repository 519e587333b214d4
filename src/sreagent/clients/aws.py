"""AWS through botocore, the part of boto3 that sends and signs."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

from sreagent.clients.aws_errors import TIMED_OUT, failure, refusal
from sreagent.clients.network import not_json
from sreagent.domain.errors import Refused, TryAgain, Unreachable
from sreagent.domain.secrets import own
from sreagent.domain.text import one_line

PAGES = 20
"""Pages of one answer that are read: a filter that matches nothing has pages without end."""
ATTEMPTS = 3
CONNECTIONS = 24
"""To one service: as many as ask it side by side."""
WOULD_HAVE_BEEN_DONE = "DryRunOperation"
"""How EC2 says yes to a dry run: as an error."""
_ASKS = (
    *("Describe", "List", "Get", "Head", "Lookup", "Filter", "Search", "BatchGet", "Simulate"),
    *("Estimate", "Test", "Check", "Preview", "Validate", "Select", "Query"),
)
"""First words of operations that may be sent twice; a change whose answer is lost is not."""

_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype|html)", re.I | re.DOTALL
)
"""How a web page begins; no service of AWS begins like this."""
_SESSION = "sre-drift"
"""What calls in a role are known by in the audit trail."""
_TOKENS = ("NextToken", "nextToken", "NextMarker", "Marker", "NextContinuationToken")
_FROM_ENVIRONMENT = {
    "region": ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None),
    # What else the environment could say leads elsewhere: other files, other hosts, other trust.
    "config_file": (None, None, "~/.aws/config", None),
    "credentials_file": (None, None, "~/.aws/credentials", None),
    "data_path": (None, None, None, None),
    "ca_bundle": ("ca_bundle", None, None, None),
    "ec2_metadata_service_endpoint": (None, None, None, None),
    "csm_enabled": (None, None, False, None),
}


class AwsCloud:
    """One account by one profile. Thread-safe."""

    def __init__(
        self,
        session: Any,  # noqa: ANN401 - untyped SDK
        *,
        region: str,
        endpoint: str,
        timeout: float,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._session = session
        self._attempts = attempts
        self._region = region or session.get_config_variable("region") or ""
        self._endpoint = endpoint or None
        self._timeout = timeout
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._making = Lock()
        self._caller: Mapping[str, Any] = {}
        self._calling = Lock()

    def again(self, session: Any) -> "AwsCloud":  # noqa: ANN401 - untyped SDK
        """The same with another session."""
        return AwsCloud(
            session,
            region=self._region,
            endpoint=self._endpoint or "",
            timeout=self._timeout,
            attempts=self._attempts,
        )

    @property
    def region(self) -> str:
        """The region of the run; empty when none is set."""
        return self._region

    @property
    def caller(self) -> Mapping[str, Any]:
        """Who asks, as `sts GetCallerIdentity` says it: `Account`, `Arn`. Asked once."""
        # Not `cached_property`: its lock is one for all accounts.
        with self._calling:
            if not self._caller:
                self._caller = self.call("sts", "GetCallerIdentity", {})
            return self._caller

    @property
    def account(self) -> str:
        """The account number."""
        return str(self.caller["Account"])

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, region: str = ""
    ) -> Mapping[str, Any]:
        """Send one operation; the answer as data, with AWS's id of the request as `RequestId`.

        A dry run of EC2 that would have been done answers nothing else.
        """
        from botocore.exceptions import ClientError

        with self.told(service, operation):
            client = self._client(service, operation, region)
            try:
                return _plain(_method(client, operation)(**parameters))
            except ClientError as error:
                if error.response["Error"]["Code"] != WOULD_HAVE_BEEN_DONE:
                    raise
                return {}

    def collect(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        region: str = "",
        most: int = 1000,
        start: str = "",
    ) -> Mapping[str, Any]:
        """Send a reading operation as often as its answer has pages; all of them as one answer.

        At most `most` items and `PAGES` pages. `NextToken` in the answer means that there is more:
        it goes on from there with `start`.
        """
        with self.told(service, operation):
            client = self._client(service, operation, region)
            name = _snake(client, operation)
            if not client.can_paginate(name):
                return _plain(getattr(client, name)(**parameters))
            config = {"MaxItems": most, "StartingToken": start or None}
            pages = client.get_paginator(name).paginate(**parameters, PaginationConfig=config)
            return _plain(_joined(pages))

    def pages(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, region: str = ""
    ) -> Iterator[Mapping[str, Any]]:
        """Send a reading operation; its answers page by page, to the end, as the SDK gives them."""
        with self.told(service, operation):
            client = self._client(service, operation, region)
            name = _snake(client, operation)
            if client.can_paginate(name):
                yield from client.get_paginator(name).paginate(**parameters)
            else:
                yield getattr(client, name)(**parameters)

    def reached(
        self,
        service: str,
        waiter: str,
        parameters: Mapping[str, Any],
        *,
        region: str = "",
    ) -> bool | None:
        """Look once whether what a waiter (`instance_running`) waits for is so; None: not yet.

        False means that it will not come. Raises TryAgain for a waiter that is not known.
        """
        config = self._waiter(service, waiter)
        with self.told(service, config.operation):
            client = self._client(service, config.operation, region)
            answer, refused = _answer_or_error(client, config.operation, parameters)
            for acceptor in config.acceptors:
                if acceptor.matcher_func(answer):
                    return {"success": True, "failure": False}.get(acceptor.state)
            if refused:
                raise refused
        return None

    def asked_by(self, service: str, operation: str) -> tuple[Mapping[str, str], frozenset[str]]:
        """The parameters of an operation with their types, and which of them are required."""
        with self.told(service, operation):
            model = self._session.get_service_model(service).operation_model(operation)
            shape = model.input_shape
            members = shape.members if shape else {}
            types = {name: member.type_name for name, member in members.items()}
            return types, frozenset(shape.required_members if shape else ())

    def choose(self, query: str, answer: object) -> Any:  # noqa: ANN401 - any JSON value
        """What a JMESPath expression finds in an answer.

        Raises TryAgain for an expression that is none.
        """
        import jmespath  # type: ignore[import-untyped]  # comes with boto3, without stubs

        try:
            return jmespath.search(query, answer)
        except (jmespath.exceptions.JMESPathError, ValueError, TypeError) as error:
            msg = f"--query {query!r} is no JMESPath expression for this: {one_line(str(error))}"
            raise TryAgain(msg) from error

    def _client(self, service: str, operation: str, region: str) -> Any:  # noqa: ANN401 - untyped SDK
        place = region or self._region
        again = operation.startswith(_ASKS)
        with self._making:
            key = service, place, again
            if key not in self._clients:
                self._clients[key] = self._new_client(service, place, again=again)
            self._own_credentials()
            return self._clients[key]

    def _own_credentials(self) -> None:
        """Let redaction know what is signed with; sessions get new ones as time goes by."""
        if credentials := self._session.get_credentials():
            frozen = credentials.get_frozen_credentials()
            for secret in (frozen.secret_key, frozen.token):
                if secret:
                    own(secret)

    def _new_client(self, service: str, region: str, *, again: bool) -> Any:  # noqa: ANN401 - untyped SDK
        from botocore.config import Config

        config = Config(
            user_agent="sreagent",
            connect_timeout=min(self._timeout, 5.0),
            read_timeout=self._timeout,
            retries={"mode": "standard", "total_max_attempts": self._attempts if again else 1},
            max_pool_connections=CONNECTIONS,
            ignore_configured_endpoint_urls=True,
            proxies={},
            inject_host_prefix=not self._endpoint,
        )
        client = self._session.create_client(
            service, region_name=region or None, endpoint_url=self._endpoint, config=config
        )
        client.meta.events.register("before-parse", _insist_on_an_answer)
        of_service = client.meta.service_model.service_id.hyphenize()
        # As close to the service as the SDK's own, or that one would be asked first.
        client.meta.events.register_first(f"needs-retry.{of_service}", _leave_what_hangs)
        return client

    def _waiter(self, service: str, waiter: str) -> Any:  # noqa: ANN401 - untyped SDK
        from botocore import xform_name
        from botocore.exceptions import UnknownServiceError

        wanted = waiter.replace("-", "_")
        try:
            model = self._session.get_waiter_model(service)
        except UnknownServiceError as error:
            msg = f"{service} has nothing to wait for"
            raise TryAgain(msg) from error
        names = {xform_name(name): name for name in model.waiter_names}
        if wanted not in names:
            msg = f"{service} does not wait for {waiter!r}; it can wait for {', '.join(names)}"
            raise TryAgain(msg)
        return model.get_waiter(names[wanted])

    @contextmanager
    def told(self, service: str, operation: str) -> Iterator[None]:
        """Whatever the SDK raises, in our words."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.model import OperationNotFoundError
        from botocore.parsers import ResponseParserError

        what = f"{service} {operation}"
        try:
            yield
        except ClientError as error:
            raise refusal(what, error.response) from error
        except (BotoCoreError, OperationNotFoundError, ResponseParserError) as error:
            raise failure(what, error, timeout=self._timeout) from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            msg = f"no usable answer from AWS to {what}: the answer has another shape"
            raise Unreachable(msg) from error


def connect(
    *, profile: str, region: str, endpoint: str, timeout: float, attempts: int = ATTEMPTS
) -> AwsCloud:
    """Choose profile and region, once; nothing is sent yet.

    An empty profile or region is that of the AWS configuration. `endpoint` stands in for AWS.
    A busy service is asked `attempts` times in all.

    Raises:
        BadSettings: There is no such profile, or its file cannot be read.
    """
    from botocore.exceptions import BotoCoreError

    try:
        session = _session(profile)
        # Reads the files, so that a wrong profile is told now.
        session.get_scoped_config()
        cloud = AwsCloud(
            session, region=region, endpoint=endpoint, timeout=timeout, attempts=attempts
        )
    except BotoCoreError as error:
        what = "anything"
        raise failure(what, error, timeout=timeout) from error
    return cloud


def configured_profiles() -> Mapping[str, Mapping[str, Any]]:
    """The profiles of the AWS configuration by their names; none where it cannot be read."""
    from botocore.exceptions import BotoCoreError

    try:
        known: Mapping[str, Mapping[str, Any]] = _session().full_config.get("profiles") or {}
    except BotoCoreError:
        return {}
    return known


def assumed(usual: AwsCloud, role: str, external_id: str = "", session_name: str = "") -> AwsCloud:
    """The same way to AWS in a role, for an hour.

    Args:
        usual: Who takes it on.
        role: Its ARN.
        external_id: Of the one who asks, where the role wants to know it.
        session_name: What the trail of the account calls it, where the role wants a certain one.

    Raises:
        SreError: It cannot be taken on.
    """
    asked = {"RoleArn": role, "RoleSessionName": session_name or _SESSION}
    if external_id:
        asked["ExternalId"] = external_id
    with usual.told("sts", "AssumeRole"):
        given = usual.call("sts", "AssumeRole", asked)["Credentials"]
        session = _session()
        session.set_credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        )
        return usual.again(session)


def _session(profile: str = "") -> Any:  # noqa: ANN401 - untyped SDK
    from botocore.session import Session

    from sreagent.clients.aws_answers import Parsers
    from sreagent.clients.aws_models import MODELS, Models

    session = Session(session_vars=_FROM_ENVIRONMENT, profile=profile or None)
    session.register_component(Parsers.COMPONENT, Parsers())
    session.register_component(Models.COMPONENT, MODELS)
    return session


def _snake(client: Any, operation: str) -> str:  # noqa: ANN401 - untyped SDK
    for method, name in client.meta.method_to_api_mapping.items():
        if name == operation:
            return str(method)
    service = client.meta.service_model.service_name
    msg = f"AWS {service} has no operation {operation!r}"
    raise Refused(msg)


def _method(client: Any, operation: str) -> Callable[..., Mapping[str, Any]]:  # noqa: ANN401 - untyped SDK
    method: Callable[..., Mapping[str, Any]] = getattr(client, _snake(client, operation))
    return method


def _answer_or_error(
    client: Any,  # noqa: ANN401 - untyped SDK
    operation: str,
    parameters: Mapping[str, Any],
) -> tuple[Mapping[str, Any], Exception | None]:
    """Waiters look at errors too: an instance that is not found yet is waited for."""
    from botocore.exceptions import ClientError

    try:
        return _method(client, operation)(**parameters), None
    except ClientError as error:
        return error.response, error


def _joined(pages: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped SDK
    """All pages as one answer, at most `PAGES` of them."""
    from botocore.utils import merge_dicts, set_value_from_jmespath

    whole: dict[str, Any] = {}
    rest = ""
    for number, page in enumerate(pages, start=1):
        for key in pages.result_keys:
            found, before = key.search(page), key.search(whole)
            if isinstance(before, list) and isinstance(found, list):
                before.extend(found)
            elif before is None and found is not None:
                set_value_from_jmespath(whole, key.expression, found)
        if number == PAGES:
            rest = next((page[token] for token in _TOKENS if page.get(token)), "")
            break
    merge_dicts(whole, pages.non_aggregate_part)
    more = pages.resume_token or rest
    return {**whole, "NextToken": more} if more else whole


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as data: times as they are, bytes and streams as their size or not at all."""
    data = {name: _value(value) for name, value in answer.items() if name != "ResponseMetadata"}
    request = (answer.get("ResponseMetadata") or {}).get("RequestId")
    return {**data, "RequestId": request} if request else data


def _value(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"({len(value)} bytes)"
    if value is None or isinstance(value, str | int | float | datetime):
        return value
    return f"({type(value).__name__}, not read)"


def _leave_what_hangs(attempts: int, caught_exception: object = None, **_: object) -> bool | None:
    """Patience is for the busy, who answer: silence takes the whole time limit each time."""
    kinds = {kind.__name__ for kind in type(caught_exception).__mro__}
    return False if attempts >= ATTEMPTS and kinds & {*TIMED_OUT, "ConnectionError"} else None


def _insist_on_an_answer(
    operation_model: Any,  # noqa: ANN401 - untyped SDK
    response_dict: Mapping[str, Any],
    **_: object,
) -> None:
    """An answer that a proxy or a login page gave: the SDK would read it as an empty list."""
    body = response_dict["body"]
    if not isinstance(body, bytes):
        return
    if _is_page(body) or (_should_be_json(operation_model, response_dict) and not _is_json(body)):
        why = not_json(body)
    elif _is_cut_off(operation_model, response_dict):
        why = "it was cut off"
    elif not body.strip() and _must_say_something(operation_model, response_dict):
        why = "it is empty"
    else:
        return
    what = f"{operation_model.service_model.service_name} {operation_model.name}"
    msg = f"no usable answer from AWS to {what}: {why}"
    raise Unreachable(msg)


def _is_page(body: bytes) -> bool:
    return bool(_PAGE.match(body[:1000]))


def _is_cut_off(operation: Any, response: Mapping[str, Any]) -> bool:  # noqa: ANN401 - untyped SDK
    announced = response["headers"].get("content-length", "")
    has_body = operation.http.get("method") != "HEAD" and announced.isdigit()
    return has_body and len(response["body"]) < int(announced)


def _should_be_json(operation: Any, response: Mapping[str, Any]) -> bool:  # noqa: ANN401 - untyped SDK
    """The body of a good answer is a JSON object: it has members, and none of them is the body."""
    shape, protocol = operation.output_shape, operation.service_model.resolved_protocol
    if shape is None or protocol not in ("json", "rest-json") or response["status_code"] >= 300:
        return False
    in_body = [m for m in shape.members.values() if "location" not in m.serialization]
    return bool(in_body) and "payload" not in shape.serialization


def _must_say_something(operation: Any, response: Mapping[str, Any]) -> bool:  # noqa: ANN401 - untyped SDK
    """What a good answer says stands in its body; from an empty one the SDK would read no items."""
    shape = operation.output_shape
    if shape is None or response["status_code"] >= 300 or operation.http.get("method") == "HEAD":
        return False
    if payload := shape.serialization.get("payload"):
        return shape.members[payload].type_name in ("structure", "string")
    return any("location" not in member.serialization for member in shape.members.values())


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
