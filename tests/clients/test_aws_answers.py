"""Answers in XML are read as the SDK reads them, for every operation of every such service."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import QueryParser, ResponseParserFactory
from botocore.session import Session
from botocore.utils import parse_timestamp
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from sreagent.clients.aws_answers import Parsers, moment

SERVICES = (
    *("ec2", "iam", "sts", "elbv2", "rds", "sns", "autoscaling", "elasticache"),
    *("cloudformation", "s3", "route53", "cloudfront"),
)
DEEP = 6
PLAIN: dict[str, tuple[Any, ...]] = {
    "timestamp": (datetime(2026, 5, 1, 8, 30, tzinfo=UTC),) * 3,
    "boolean": (False, True, False),
    "integer": (0, 1, 2**31),
    "long": (0, 1, 2**63),
    "float": (0.5, 1.0, -3.25),
    "double": (0.5, 1.0, -3.25),
    "blob": (b"bytes", b"more", b"\x00"),
}
TEXTS = ("", "text", "<tag> & π ")


def sample(shape: Any, items: int, deep: int = DEEP) -> Any:
    """A value of a shape, with so many items in its lists; nothing is below a certain depth."""
    match shape.type_name:
        case "structure":
            members = shape.members.items() if deep else ()
            return {name: sample(member, items, deep - 1) for name, member in members}
        case "list":
            return [sample(shape.member, items, deep - 1)] * (items if deep else 0)
        case "map":
            return {"a key": sample(shape.value, items, deep - 1)} if deep else {}
        case plain:
            return PLAIN.get(plain, TEXTS)[items]


def answers(service: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each operation with answers of it, as they come over the wire."""
    models = get_service_model(service)
    real = Session().get_service_model(service)
    made = get_serializer_class(service, models.resolved_protocol)
    for name in real.operation_names:
        operation = real.operation_model(name)
        shape = operation.output_shape
        streams = operation.has_streaming_output or operation.has_event_stream_output
        if shape is None or streams or operation.deprecated:
            continue
        for items in (0, 1, 2):
            sent = made(models.operation_model(name)).serialize(sample(shape, items))
            body = sent["body"]
            yield (
                shape,
                {
                    "body": body.encode() if isinstance(body, str) else body,
                    "headers": {},
                    "status_code": 200,
                    "context": {"operation_name": name},
                },
            )


@pytest.mark.parametrize("service", SERVICES)
def test_an_answer_is_read_as_the_sdk_reads_it(service: str) -> None:
    protocol = Session().get_service_model(service).resolved_protocol
    ours, theirs = Parsers(), ResponseParserFactory()
    read = 0
    for shape, answer in answers(service):
        expected = theirs.create_parser(protocol).parse(answer, shape)
        assert ours.create_parser(protocol).parse(answer, shape) == expected
        read += bool(expected)
    assert read > 20


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-05-01T08:00:00Z", id="of the usual form"),
        pytest.param("2026-05-01T08:00:00.123Z", id="with milliseconds"),
        pytest.param("2026-05-01T08:00:00+0200", id="of a zone"),
        pytest.param("2026-05-01T08:00:00", id="of no zone"),
        pytest.param("Fri, 01 May 2026 08:00:00 GMT", id="as headers say it"),
        pytest.param("1777622400", id="seconds, as a text"),
        pytest.param(1777622400.5, id="seconds"),
        pytest.param("2026-05-01", id="a day"),
        pytest.param("Thursday", id="a day of the week"),
    ],
)
def test_a_time_is_read_as_the_sdk_reads_it(text: object) -> None:
    assert moment(text) == parse_timestamp(text)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="Timely"):
        moment("Timely")


def test_of_an_sdk_that_is_built_otherwise_answers_are_read_its_own_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert type(Parsers().create_parser("query")) is not QueryParser
    monkeypatch.setattr("sreagent.clients.aws_answers._INNER", ("_of_another_time",))
    assert type(Parsers().create_parser("query")) is QueryParser
