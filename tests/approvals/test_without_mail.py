"""A portal without a mail server says that nobody was told."""

from __future__ import annotations

from support.approvals import ANN, Court
from support.people import Login
from support.smtp import MailBox


async def test_the_log_says_which_setting_is_missing(court: Court, login: Login, box: MailBox) -> None:
    ann = await login(ANN)
    await court.action(approve={"users": [ANN]})
    run = await court.start()
    await court.background.settle()
    assert "Approvers were not told by e-mail: FAIRWAY_SMTP_URL is not set" in await court.log(run)
    assert (await court.approve(ann, run))["status"] == "IN_PROGRESS"
    assert box.raw == []
