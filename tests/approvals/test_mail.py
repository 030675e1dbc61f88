"""Mail over a real socket, to servers that behave well, badly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from fairway.kit.settings import Settings
from fairway.portal.runs.approvals.mail import Mail, Mailer, MailRefused, MailUnavailable, parse_server
from support.smtp import MailBox, mail_server

HELLO = Mail("ana@example.com", "Approve: ship it", "Please look.\n", "r_1.asked")


def _mailer(url: str, sender: str = "Fairway <fairway@example.com>", timeout: float = 5) -> Mailer:
    settings = Settings(smtp_url=SecretStr(url) if url else None, mail_from=sender, data_dir=Path("unused"))
    return Mailer(settings, SystemClock(), timeout)


async def test_a_message_arrives_with_its_headers() -> None:
    async with mail_server() as box:
        await _mailer(box.url).send(HELLO)
    (message,) = box.messages
    assert (message["From"], message["To"]) == ("Fairway <fairway@example.com>", "ana@example.com")
    assert (message["Subject"], message["Message-ID"]) == ("Approve: ship it", "<r_1.asked@example.com>")
    assert message["Date"] is not None
    assert message.get_content() == "Please look.\r\n"
    assert box.recipients == ["ana@example.com"]


async def test_what_people_write_adds_no_headers_and_no_recipients() -> None:
    evil = Mail(
        "ana@example.com", "x\r\nBcc: eve@example.com\r\n\r\nbody\x00\u2028", "one\r\n.\r\nMAIL FROM:<a@b>\n", "k"
    )
    async with mail_server() as box:
        await _mailer(box.url).send(evil)
    (message,) = box.messages
    assert message["Bcc"] is None
    assert message["Subject"].startswith("x Bcc: eve@example.com body")
    assert box.recipients == ["ana@example.com"]
    assert "MAIL FROM:<a@b>" in message.get_content()


@pytest.mark.parametrize("to", ["a@b\r\nBcc: e@x.com", "", "nobody", "a@x.com, e@x.com", "a@x.com\nRCPT TO:<e@x.com>"])
async def test_addresses_that_are_none_are_refused_before_anything_is_sent(to: str) -> None:
    async with mail_server() as box:
        with pytest.raises(MailRefused):
            await _mailer(box.url).send(Mail(to, "s", "t", "k"))
    assert box.raw == []


async def test_refusals_for_good_and_for_now_differ() -> None:
    async with mail_server(MailBox(refusals={"gone@x.com": "550 no such user", "busy@x.com": "451 later"})) as box:
        with pytest.raises(MailRefused, match="550 no such user"):
            await _mailer(box.url).send(Mail("gone@x.com", "s", "t", "k"))
        with pytest.raises(MailUnavailable, match="451 later"):
            await _mailer(box.url).send(Mail("busy@x.com", "s", "t", "k"))


async def test_servers_that_are_away_or_silent_do_not_hold_anybody() -> None:
    with pytest.raises(MailUnavailable):
        await _mailer("smtp://127.0.0.1:1").send(HELLO)
    async with mail_server(MailBox(silent=True)) as box:
        with pytest.raises(MailUnavailable):
            await _mailer(box.url, timeout=0.2).send(HELLO)
    async with mail_server(MailBox(greeting="hello?")) as box:
        with pytest.raises(MailUnavailable):
            await _mailer(box.url).send(HELLO)


async def test_a_password_is_only_sent_in_the_clear_when_told() -> None:
    async with mail_server() as box:
        address = box.url.removeprefix("smtp://")
        with pytest.raises(MailRefused, match="STARTTLS"):
            await _mailer(f"smtp://me:right@{address}").send(HELLO)
        assert box.logins == []
        await _mailer(f"smtp://me:right@{address}?starttls=never").send(HELLO)
        assert box.logins == [("me", "right")]
        with pytest.raises(MailUnavailable) as refused:
            await _mailer(f"smtp://me:s3cret@{address}?starttls=never").send(HELLO)
    assert "s3cret" not in str(refused.value)
    assert len(box.messages) == 1


@pytest.mark.parametrize(
    "url", ["http://x", "smtp://", "smtp://host:port", "host:25", "smtp://host/path", "smtp://h?starttls=maybe"]
)
def test_settings_that_make_no_sense_stop_the_start(url: str) -> None:
    with pytest.raises(InvalidRequest, match="FAIRWAY_SMTP_URL"):
        _mailer(url)


def test_a_sender_that_is_none_stops_the_start() -> None:
    with pytest.raises(InvalidRequest, match="FAIRWAY_MAIL_FROM"):
        _mailer("", "nobody")


def test_ports_and_encryption_have_sensible_defaults() -> None:
    assert parse_server("smtp://mail").port == 25
    assert parse_server("smtps://mail").port == 465
    server = parse_server("smtp://me%40x:p%2Fw@mail")
    assert (server.port, server.user, server.password, server.starttls) == (587, "me@x", "p/w", "required")
