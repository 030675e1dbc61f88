"""Brokers that are away, credentials that change, settings that cannot work (contract 5, 18)."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from fairway.agent.kafka import KafkaCredentials, KafkaSettings, KafkaStreamer
from fairway.agent.kafka.config import consumer_config, stable_member_id
from fairway.agent.kafka.subscription import Subscription
from fairway.agent.kafka.trouble import judge
from fairway.agent.messages import MessageReader, SignatureCheck, Skipped
from fairway.agent.model import Invocation
from fairway.agent.runtime.streamer import GaveUp
from fairway.kit.clock import SystemClock
from fairway.kit.errors import Unavailable
from support.kafka import RUNS, Event, MockBroker, committed, publish, run_event
from support.streamers import GROUP, Hand, member, settings, streamer, streaming, until, until_committed
from support.targets import SECRET

JOIN_GROUP, OFFSET_COMMIT = 11, 8
"""Kinds of requests."""
GROUP_AUTHORIZATION_FAILED, NOT_COORDINATOR, FENCED_INSTANCE_ID = 30, 16, 82


def events(first: int, count: int) -> list[Event]:
    made = [run_event(f"r_{at}", "http://x", secret=SECRET) for at in range(first, first + count)]
    return [Event(each.value, each.key, RUNS, at % 4) for at, each in enumerate(made)]


class Desk:
    """Gives out credentials, as the portal does; each answer is used once, the last one for ever."""

    def __init__(self, *answers: KafkaCredentials | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self) -> KafkaCredentials:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def subscribed(desk: Desk, **changes: object) -> Subscription:
    reader = MessageReader(SignatureCheck(lambda: SECRET, SystemClock()))

    def read(value: bytes | None, at: float) -> Invocation | Skipped:
        return reader.run(value, received_at=at)

    return Subscription(settings(**changes), RUNS, desk, read)


async def gives_up(found: Subscription | KafkaStreamer) -> str:
    """Runs until it gives up: the reason."""
    try:
        with pytest.raises(GaveUp) as caught:
            await found.run(Hand())
    finally:
        await found.aclose()
    return caught.value.message


async def test_brokers_down_and_back(broker: MockBroker) -> None:
    publish(broker.address, events(0, 4))
    hand = Hand()
    found = member(broker)
    async with streaming(found, hand):
        await until(lambda: len(hand.taken) == 4, "it works")
        await until(lambda: found.health().connected, "it is connected")
        broker.down()
        hand.finish()
        await until(lambda: not found.health().connected, "it notices")
        assert "Kafka" in found.health().problem
        assert found.health().due > asyncio.get_running_loop().time(), "it is not stalled"
        broker.up()
        publish(broker.address, events(4, 4))
        hand.at_once = True
        await until(lambda: len(set(hand.ids)) == 8, "it goes on")
        await until_committed(partial(committed, broker.address, GROUP), [2] * 4)
        await until(lambda: found.health().connected and not found.health().problem, "and is well")
    assert len(hand.ids) == 8, "what was finished meanwhile is not begun again"


async def test_brokers_that_are_away_at_the_start(broker: MockBroker) -> None:
    publish(broker.address, events(0, 4))
    broker.down()
    hand = Hand(at_once=True)
    found = member(broker)
    async with streaming(found, hand):
        await until(lambda: found.health().problem != "", "it says what is wrong")
        broker.up()
        await until(lambda: len(hand.taken) == 4, "it works when they come")


async def test_a_refused_commit_is_repeated(broker: MockBroker) -> None:
    publish(broker.address, events(0, 4))
    hand = Hand()
    async with streaming(member(broker), hand):
        await until(lambda: len(hand.taken) == 4, "it works")
        broker.fail(OFFSET_COMMIT, *[NOT_COORDINATOR] * 2)
        hand.finish()
        await until_committed(partial(committed, broker.address, GROUP), [1] * 4)


async def test_brokers_that_moved_are_found_by_asking_again(broker: MockBroker) -> None:
    """The original asks for credentials once; brokers and passwords that change need a restart (contract 5)."""
    publish(broker.address, events(0, 4))
    desk = Desk(KafkaCredentials(("127.0.0.1:1",)), KafkaCredentials((broker.address,)))
    hand = Hand(at_once=True)
    async with streaming(subscribed(desk, renew_seconds=0.5), hand):
        await until(lambda: len(hand.taken) == 4, "the second answer is right")
    assert desk.asked == 2


async def test_a_refused_login_asks_for_new_credentials(broker: MockBroker) -> None:
    publish(broker.address, events(0, 4))
    broker.fail(JOIN_GROUP, GROUP_AUTHORIZATION_FAILED)
    desk = Desk(KafkaCredentials((broker.address,)))
    hand = Hand(at_once=True)
    found = subscribed(desk)
    async with streaming(found, hand):
        await until(lambda: len(hand.taken) == 4, "the next session works")
        await until(lambda: found.health().problem == "", "and nothing is wrong any more")
    assert desk.asked == 2


async def test_a_portal_that_gives_no_credentials_is_asked_again(broker: MockBroker) -> None:
    publish(broker.address, events(0, 4))
    desk = Desk(Unavailable("the portal is away"), Unavailable("still"), KafkaCredentials((broker.address,)))
    hand = Hand(at_once=True)
    async with streaming(subscribed(desk), hand):
        await until(lambda: len(hand.taken) == 4, "the third answer is one")
    assert desk.asked == 3


async def test_endless_failure_ends_the_agent_with_the_reason() -> None:
    """It exits with code 0 in the original (contract 5, 15)."""
    desk = Desk(Unavailable("the portal is away"))
    told = await gives_up(subscribed(desk, max_failure_seconds=0.5))
    assert "Kafka credentials are not to be had: the portal is away; it has been failing" in told
    away = Desk(KafkaCredentials(("127.0.0.1:1",)))
    assert "it has been failing for" in await gives_up(subscribed(away, max_failure_seconds=1.5))


async def test_a_refused_group_names_what_to_do(broker: MockBroker) -> None:
    """Contract 18: the group has to begin with the organisation id."""
    broker.fail(JOIN_GROUP, *[GROUP_AUTHORIZATION_FAILED] * 1000)
    told = await gives_up(subscribed(Desk(KafkaCredentials((broker.address,))), max_failure_seconds=1))
    assert "KAFKA_CONSUMER_GROUP_ID has to begin with the organisation id" in told


@pytest.mark.parametrize(
    "changes",
    [
        {"security_protocol": "nonsense"}, {"security_protocol": "SASL_SSL", "mechanism": "NONSENSE"},
        {"auto_offset_reset": "somewhere"}, {"extra": {"no.such.property": 1}}, {"session_timeout_ms": 0},
    ],
)  # fmt: skip
async def test_settings_that_cannot_work_end_it_at_once(broker: MockBroker, changes: dict[str, object]) -> None:
    found = subscribed(Desk(KafkaCredentials((broker.address,), "user", "password")), **changes)
    assert "Kafka cannot be used with these settings" in await gives_up(found)


async def test_one_topic_in_trouble_leaves_the_other_alone(broker: MockBroker) -> None:
    """And the whole agent ends when one of the two cannot go on."""
    publish(broker.address, events(0, 4))
    found = streamer(broker)
    async with streaming(found, Hand(at_once=True)):
        await until(lambda: found.health().connected, "both are connected")
    reader = MessageReader(SignatureCheck(lambda: SECRET, SystemClock()))
    broken = settings(security_protocol="nonsense")
    await gives_up(KafkaStreamer(broken, Desk(KafkaCredentials((broker.address,))), reader))


async def test_stopping_interrupts_every_wait() -> None:
    """The original sleeps on (contract 2)."""
    for desk, changes in (
        (Desk(Unavailable("away")), {"first_backoff_seconds": 3600, "max_backoff_seconds": 3600}),
        (Desk(KafkaCredentials(("127.0.0.1:1",))), {}),
    ):
        found = subscribed(desk, **changes)
        task = asyncio.create_task(found.run(Hand()))
        await until(lambda f=found: f.health().problem != "", "it waits")
        found.stop()
        await asyncio.wait_for(task, 10)
        await found.aclose()

    class Silent(Desk):
        async def __call__(self) -> KafkaCredentials:
            await asyncio.sleep(3600)
            raise AssertionError("nobody waits that long")

    found = subscribed(Silent())
    task = asyncio.create_task(found.run(Hand()))
    await asyncio.sleep(0.05)
    found.stop()
    await asyncio.wait_for(task, 10)


# --- configuration and errors


def test_the_configuration_of_the_client() -> None:
    given = KafkaSettings("org.g", "org.runs", "org.change.log", "SASL_SSL", "scram-sha-512", member_id="agent-0")
    config = consumer_config(given, KafkaCredentials(("a:1", "b:2"), "user", "word"), {})
    assert config["bootstrap.servers"] == "a:1,b:2"
    assert config["client.id"] == "port-agent"
    assert (config["security.protocol"], config["sasl.mechanism"]) == ("sasl_ssl", "SCRAM-SHA-512")
    assert (config["sasl.username"], config["sasl.password"]) == ("user", "word")
    assert config["group.instance.id"] == "agent-0"
    assert config["enable.auto.commit"] is False
    assert config["enable.auto.offset.store"] is False
    assert config["partition.assignment.strategy"] == "cooperative-sticky"
    plain = consumer_config(KafkaSettings("g", "r", "c"), KafkaCredentials(("a:1",)), {})
    assert not [name for name in plain if name.startswith("sasl")]
    assert "group.instance.id" not in plain
    assert "word" not in repr(KafkaCredentials((), "user", "word"))


@pytest.mark.parametrize(
    ("host", "member_id"),
    [("agent-0", "agent-0"), ("fairway-agent-12", "fairway-agent-12"), ("agent-7d9f8b5c4-x2x4z", ""), ("host", "")],
)
def test_only_names_that_come_back_make_static_members(host: str, member_id: str) -> None:
    assert stable_member_id(host) == member_id


def test_static_members_of_both_topics_have_different_names() -> None:
    found = KafkaStreamer(settings(member_id="agent-0"), Desk(KafkaCredentials(())), MessageReader(Unchecking()))
    names = [each._settings.member_id for each in found._subscriptions]
    assert names == ["agent-0-runs", "agent-0-changes"]


class Unchecking:
    def problem(self, data: bytes, message: object) -> str:
        return ""


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (-191, "none", ""), (-195, "passing", "_TRANSPORT"), (-187, "passing", "_ALL_BROKERS_DOWN"),
        (3, "passing", "PORT_ORG_ID is wrong"), (58, "restart", "SASL_AUTHENTICATION_FAILED"),
        (-169, "restart", "_AUTHENTICATION"), (29, "restart", "TOPIC_AUTHORIZATION_FAILED"),
        (30, "restart", "organisation id"), (23, "restart", "stop them first"),
        (82, "hopeless", "FAIRWAY_AGENT_MEMBER_ID"),
        (24, "hopeless", "INVALID_GROUP_ID"), (33, "hopeless", "UNSUPPORTED_SASL_MECHANISM"),
    ],
)  # fmt: skip
def test_errors_are_judged(code: int, kind: str, told: str) -> None:
    from confluent_kafka import KafkaError

    trouble = judge(KafkaError(code))
    assert trouble.kind == kind
    assert told in trouble.text
