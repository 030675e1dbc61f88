"""What commits on a Bitbucket Server are told, and events of it."""

from __future__ import annotations

import pytest

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.forges.base import ForgeKind, StatusReport
from fairway.gitops.forges.errors import NotPermitted, RepositoryGone
from fairway.gitops.hooks import authenticate, parse
from fairway.gitops.model import Mark
from support.gitops_bitbucket import FakeBitbucket
from support.gitops_clients import bitbucket, github, listed, requests_of
from support.gitops_github import FakeGitHub

FINDINGS = [
    Diagnostic("E_YAML", "a tab is used for indentation", "port.yml", Mark(3, 2), hint="Use blanks"),
    Diagnostic("W_UNKNOWN_FIELD", "x" * 3000, "port.yml", Mark(5, 1), severity=Severity.WARNING),
]


async def test_a_build_status_and_a_report_with_annotations_in_place() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        tip = forge.add_repository("PAY/checkout", {"port.yml": "a: 1"}).tip
        assert tip is not None
        (repository,) = await listed(client)
        failure = StatusReport("failure", "t" * 300, "Details", "https://portal/x", FINDINGS, request="7")
        for _ in range(2):
            await client.report(repository, tip, failure)
        build = forge.builds[f"{tip} portal/gitops"]
        assert (build["state"], build["url"], len(build["description"])) == ("FAILED", "https://portal/x", 255)
        assert forge.insights[tip]["result"] == "FAIL"
        first, second = forge.annotations[tip]
        assert (first["path"], first["line"], first["severity"]) == ("port.yml", 3, "HIGH")
        assert first["message"] == "E_YAML: a tab is used for indentation Use blanks"
        assert (second["severity"], len(second["message"])) == ("MEDIUM", 2000)
        await client.report(repository, tip, StatusReport("success", "3 entities", "", request="7"))
        assert forge.builds[f"{tip} portal/gitops"]["state"] == "SUCCESSFUL"
        assert forge.insights[tip]["result"] == "PASS"
        assert tip not in forge.annotations


async def test_without_findings_a_push_costs_one_request() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        tip = forge.add_repository("PAY/checkout", {"port.yml": "a: 1"}).tip
        assert tip is not None
        (repository,) = await listed(client)
        with requests_of(forge) as asked:
            await client.report(repository, tip, StatusReport("pending", "waits", ""))
        assert len(asked) == 1
        build = forge.builds[f"{tip} portal/gitops"]
        assert (build["state"], build["url"]) == ("INPROGRESS", repository.url)


async def test_older_servers_have_another_call_and_no_reports() -> None:
    async with FakeBitbucket(old=True) as forge, bitbucket(forge) as client:
        tip = forge.add_repository("PAY/checkout", {"port.yml": "a: 1"}).tip
        assert tip is not None
        (repository,) = await listed(client)
        report = StatusReport("failure", "bad", "", diagnostics=FINDINGS)
        await client.report(repository, tip, report)
        with requests_of(forge) as asked:
            await client.report(repository, tip, report)
        assert asked == [f"POST /rest/build-status/latest/commits/{tip}"]
        assert forge.builds[f"{tip} portal/gitops"]["state"] == "FAILED"


async def test_a_missing_permission_is_told_and_does_not_stop_the_source() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        tip = forge.add_repository("PAY/checkout", {"port.yml": "a: 1"}).tip
        assert tip is not None
        (repository,) = await listed(client)
        forge.read_only = True
        for _ in range(3):
            with pytest.raises(NotPermitted):
                await client.report(repository, tip, StatusReport("success", "3 entities", ""))
        assert len(await listed(client)) == 1
        forge.read_only = False
        forge.repositories.delete("PAY/checkout")
        with pytest.raises(RepositoryGone):
            await client.report(repository, tip, StatusReport("success", "3 entities", ""))


async def test_events_lead_back_to_the_repository() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/checkout", {"port.yml": "a: 1"})
        headers, body = forge.event("PAY/checkout", "s3cret")
        authenticate(ForgeKind.BITBUCKET_SERVER, headers, body, ["s3cret"], forge.clock.now())
        event = parse(ForgeKind.BITBUCKET_SERVER, headers, body)
        assert event.label is not None
        found = await client.repository(event.label)
        assert found is not None
        assert (found.id, event.ref) == (event.repository, "refs/heads/main")
    async with FakeGitHub() as hub, github(hub) as other:
        hub.add_repository("pay/a", {"port.yml": "a: 1"})
        headers, body = hub.push("pay/a", "s3cret")
        authenticate(ForgeKind.GITHUB, headers, body, ["s3cret"], hub.clock.now())
        event = parse(ForgeKind.GITHUB, headers, body)
        assert event.repository is not None
        found = await other.repository(event.repository)
        assert found is not None
        assert found.label == event.label
