"""Who is configured to read a queue, a topic, or as which group."""

from collections.abc import Mapping

import pytest
from tests.diagnose.build import NOW, Json, app, container, make, seen, service
from tests.diagnose.signals import level, named, signal

from sreagent.diagnose.view.readers import label_of, readers_of
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.signal import Measure, Signal, Unit

BROKER = [*app("broker"), service("broker")]


def waits(**labels: str) -> Signal:
    return signal(
        Measure.QUEUE, level((10_800, 9)), Unit.COUNT, named("broker"), labels=labels, about="it"
    )


def program(**env: str) -> list[Json]:
    pairs = [{"name": name, "value": value} for name, value in env.items()]
    return app("worker", revisions=[(9000, container(env=pairs))])


def with_arguments(*words: str) -> list[Json]:
    return app("worker", revisions=[(9000, container(args=list(words)))])


def with_file(key: str, text: str) -> list[Json]:
    spec = {"volumes": [{"name": "settings", "configMap": {"name": "settings"}}]}
    return [*app("worker", spec=spec), make("ConfigMap", "settings", data={key: text})]


def read_by(objects: list[Json], **labels: str) -> list[str]:
    scene = Scene(seen(*BROKER, *objects), NOW)
    return [one.where for one in readers_of(scene, waits(**labels))]


QUEUE = {"queue": "mail.send"}
GROUP = {"consumergroup": "mailer-v2", "topic": "mail"}


@pytest.mark.parametrize(
    ("objects", "labels", "where"),
    [
        pytest.param(program(MAIL_QUEUE="mail.send"), QUEUE, "env MAIL_QUEUE", id="variable"),
        pytest.param(
            program(QUEUES="mail.send,mail.bounce"), QUEUE, "env QUEUES", id="one-of-several"
        ),
        pytest.param(with_arguments("--queue=mail.send"), QUEUE, "args queue", id="argument"),
        pytest.param(
            with_file("app.yaml", "broker:\n  host: broker\nqueue: mail.send\nprefetch: 20\n"),
            QUEUE,
            "ConfigMap settings key queue",
            id="yaml",
        ),
        pytest.param(
            with_file("app.json", '{"host": "broker", "queueName": "mail.send"}'),
            QUEUE,
            "ConfigMap settings key queueName",
            id="json",
        ),
        pytest.param(
            with_file("QUEUE", "mail.send"),
            QUEUE,
            "ConfigMap settings key QUEUE",
            id="single-value",
        ),
        pytest.param(program(KAFKA_GROUP_ID="mailer-v2"), GROUP, "env KAFKA_GROUP_ID", id="group"),
        pytest.param(
            program(CONSUMER_TOPIC="mail.send"),
            {"topic": "mail.send"},
            "env CONSUMER_TOPIC",
            id="topic-it-consumes",
        ),
        pytest.param(app("mailer-v2"), GROUP, "its name", id="group-of-its-own-name"),
        pytest.param(
            program(QUEUE="mail", AMQP_HOST="broker"),
            {"queue": "mail"},
            "env QUEUE",
            id="a-mere-word",
        ),
    ],
)
def test_a_reader_is_known_by_its_configuration(
    objects: list[Json], labels: Mapping[str, str], where: str
) -> None:
    assert read_by(objects, **labels) == [where]


@pytest.mark.parametrize(
    ("objects", "labels"),
    [
        pytest.param(program(ROUTING_KEY="mail.send"), QUEUE, id="publishes"),
        pytest.param(program(OUTPUT_QUEUE="mail.send"), QUEUE, id="writes"),
        pytest.param(program(DEAD_LETTER_QUEUE="mail.send"), QUEUE, id="sets-aside"),
        pytest.param(program(QUEUE="mail.send.v2"), QUEUE, id="another-queue"),
        pytest.param(program(TOPIC="mail"), GROUP, id="the-topic-of-a-group"),
        pytest.param(program(TOPIC="mail.send"), {"topic": "mail.send"}, id="topic-of-anybody"),
        pytest.param(program(QUEUE="mail"), {"queue": "mail"}, id="a-mere-word-of-another-broker"),
        pytest.param(
            program(QUEUE="mail.send", AMQP_HOST="broker.staging.svc"), QUEUE, id="another-place"
        ),
        pytest.param(program(QUEUE="mail.send"), {"namespace": "shop"}, id="no-name-of-a-queue"),
    ],
)
def test_who_writes_or_reads_elsewhere_is_no_reader(
    objects: list[Json], labels: Mapping[str, str]
) -> None:
    assert read_by(objects, **labels) == []


def test_a_group_goes_before_the_topic_that_it_reads() -> None:
    assert label_of(waits(**GROUP)) == ("consumergroup", "mailer-v2")
