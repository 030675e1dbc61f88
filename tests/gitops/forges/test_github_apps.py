"""Apps: tokens of their installation, and check runs."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.base import StatusReport, Wanted
from fairway.gitops.forges.errors import ForgeRefused, NotPermitted
from fairway.gitops.model import Mark
from fairway.gitops.patterns import ROOT, Patterns
from fairway.kit.errors import InvalidRequest
from support.gitops_clients import github, listed, requests_of
from support.gitops_github import FakeGitHub
from support.gitops_server import VirtualTime

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
APP = {"app_id": "7", "private_key": PEM}


def with_app() -> FakeGitHub:
    forge = FakeGitHub(VirtualTime())
    forge.apps["7"] = PUBLIC
    forge.installations["pay"] = "42"
    return forge


def findings(*lines: int, path: str = "port.yml") -> list[Diagnostic]:
    return [Diagnostic("E_YAML", f"wrong {line}", path, Mark(line, 1)) for line in lines]


async def test_an_app_lists_what_it_is_installed_for_with_one_token() -> None:
    async with with_app() as forge, github(forge, **APP, organisation="pay") as client:
        forge.add_repository("pay/a", {"port.yml": "a: 1"})
        forge.add_repository("pay/b", {"port.yml": "a: 1"})
        forge.installed = {"pay/a"}
        assert await client.identity() == f"app 7, installation 42 at {forge.url}"
        with requests_of(forge) as asked:
            (repository,) = await listed(client)
            found = await client.examine(repository, Wanted(Patterns(ROOT)))
        assert repository.label == "pay/a"
        assert found.files["port.yml"].content == b"a: 1"
        assert asked == ["GET /installation/repositories", "POST /graphql"]
        await asyncio.gather(*(client.repository("pay/a") for _ in range(8)))
        assert len(forge.issued) == 1


@pytest.mark.parametrize("settings", [{"installation": "42"}, {}])
async def test_the_installation_is_given_or_the_only_one(settings: dict[str, str]) -> None:
    async with with_app() as forge, github(forge, **APP, **settings) as client:
        assert await listed(client) == []
        if not settings:
            forge.installations["web"] = "43"
            async with github(forge, **APP) as other:
                with pytest.raises(InvalidRequest, match="2 installations"):
                    await listed(other)


async def test_tokens_are_renewed_early_and_after_they_were_revoked() -> None:
    async with with_app() as forge, github(forge, **APP, installation="42") as client:
        forge.add_repository("pay/a")
        await client.repository("pay/a")
        assert isinstance(forge.clock, VirtualTime)
        forge.clock.advance(minutes=54)
        await client.repository("pay/a")
        assert len(forge.issued) == 1
        forge.clock.advance(minutes=2)
        await client.repository("pay/a")
        assert len(forge.issued) == 2
        forge.clock.advance(minutes=2)
        forge.issued.clear()
        assert await client.repository("pay/a") is not None
        assert not client.http.circuit.open


async def test_a_wrong_key_is_refused_twice_and_then_not_sent_any_more() -> None:
    async with with_app() as forge, github(forge, **APP, installation="42") as client:
        forge.apps["7"] = PUBLIC.replace("M", "N")
        for _ in range(5):
            with pytest.raises(ForgeRefused):
                await client.repository("pay/a")
        assert len(forge.requests) == 2


async def test_a_key_that_is_none_is_told_without_showing_it() -> None:
    async with with_app() as forge:
        with pytest.raises(InvalidRequest) as refused:
            async with github(forge, app_id="7", private_key="-----BEGIN secret stuff-----"):
                pass
        assert "secret stuff" not in str(refused.value)


async def test_an_app_that_is_not_installed() -> None:
    async with with_app() as forge, github(forge, **APP, organisation="nope") as client:
        with pytest.raises(ForgeRefused, match="nope"):
            await client.identity()


async def test_a_check_run_has_all_annotations_and_is_updated_in_place() -> None:
    async with with_app() as forge, github(forge, **APP, installation="42") as client:
        made = forge.add_repository("pay/a", {"port.yml": "a: 1"})
        (repository,) = await listed(client)
        assert made.tip is not None
        failure = StatusReport("failure", "120 problems", "Details", "https://portal", findings(*range(1, 121)))
        await client.report(repository, made.tip, failure)
        (run,) = forge.checks
        assert len({each["start_line"] for each in run.annotations}) == len(run.annotations) == 120
        assert (run.name, run.body["conclusion"], run.body["details_url"]) == (
            "portal/gitops",
            "failure",
            "https://portal",
        )
        await client.report(repository, made.tip, failure)
        assert len(forge.checks) == 1
        assert len(run.annotations) == 120
        more = StatusReport("failure", "121 problems", "", diagnostics=findings(*range(1, 122)))
        await client.report(repository, made.tip, more)
        assert len(forge.checks) == 1
        assert len(run.annotations) == 121


async def test_annotations_that_no_longer_hold_are_replaced_with_the_run() -> None:
    async with with_app() as forge, github(forge, **APP, installation="42") as client:
        made = forge.add_repository("pay/a", {"port.yml": "a: 1"})
        (repository,) = await listed(client)
        assert made.tip is not None
        await client.report(repository, made.tip, StatusReport("failure", "bad", "", diagnostics=findings(1, 2)))
        await client.report(repository, made.tip, StatusReport("success", "3 entities", ""))
        assert [len(run.annotations) for run in forge.checks] == [2, 0]
        assert forge.checks[-1].body["conclusion"] == "success"
        await client.report(repository, made.tip, StatusReport("pending", "waits", ""))
        assert len(forge.checks) == 2
        assert forge.checks[-1].body["status"] == "in_progress"


async def test_an_app_without_checks_makes_statuses_and_without_both_says_so() -> None:
    async with with_app() as forge, github(forge, **APP, installation="42") as client:
        made = forge.add_repository("pay/a", {"port.yml": "a: 1"})
        (repository,) = await listed(client)
        assert made.tip is not None
        forge.permissions = {"statuses"}
        report = StatusReport("success", "3 entities", "")
        await client.report(repository, made.tip, report)
        assert [each["state"] for each in forge.statuses[made.tip]] == ["success"]
        forge.permissions = set()
        for _ in range(3):
            with pytest.raises(NotPermitted):
                await client.report(repository, made.tip, report)
        assert not client.http.circuit.open


async def test_statuses_of_tokens_are_short_and_of_one_context() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        made = forge.add_repository("pay/a", {"port.yml": "a: 1"})
        (repository,) = await listed(client)
        assert made.tip is not None
        await client.report(repository, made.tip, StatusReport("failure", "x" * 300, "", "https://portal/a"))
        (status,) = forge.statuses[made.tip]
        assert (status["context"], status["state"], len(status["description"])) == ("portal/gitops", "failure", 140)
        assert status["target_url"] == "https://portal/a"


async def test_the_identity_of_tokens() -> None:
    async with FakeGitHub() as forge:
        async with github(forge) as client:
            assert await client.identity() == f"robot at {forge.url}"
        forge.tokens["ghs_workflow"] = ""
        async with github(forge, token="ghs_workflow") as client:
            assert (await client.identity()).startswith("token ")
            assert "ghs_workflow" not in await client.identity()
