"""Variables of the script, and ours. Section 11."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.options import MergeMode
from fairway.gitops.patterns import EVERYWHERE, ROOT
from fairway.gitops.sync import Failure, PassReport, Status
from fairway.gitops.sync.running import exit_code
from fairway.gitops.sync.settings import InvalidSettings, SyncSettings, load_settings

SCRIPT = {
    "PORT_CLIENT_ID": "id",
    "PORT_CLIENT_SECRET": "s3cret",
    "PORT_API_URL": "https://portal.example/v1",
    "BITBUCKET_HOST": "https://git.example:7990/bitbucket/",
    "BITBUCKET_USERNAME": "kim",
    "BITBUCKET_PASSWORD": "p4ss",
}


def load(**changes: str) -> SyncSettings:
    return load_settings({**SCRIPT, **changes})


def test_the_scripts_variables_are_enough() -> None:
    settings = load(BITBUCKET_PROJECTS_FILTER=" PAY , ,shop*,")
    forge = settings.forge_settings
    assert forge.kind is ForgeKind.BITBUCKET_SERVER
    assert forge.url == "https://git.example:7990/bitbucket"
    assert (forge.username, forge.password, forge.token) == ("kim", "p4ss", "")
    assert forge.projects == ("PAY", "shop*")
    assert settings.source_id == "bitbucket-server:git.example:7990/bitbucket"
    assert settings.options.patterns.globs == ROOT
    assert settings.options.merge_mode is MergeMode.OWNED
    assert settings.options.deletion_grace_seconds == 0
    for secret in ("p4ss", "s3cret"):
        assert secret not in repr(settings)


def test_other_forges() -> None:
    settings = load(BITBUCKET_HOST="", GITOPS_FORGE="gitlab", GITOPS_URL="https://gitlab.example", GITOPS_TOKEN="t")
    assert settings.forge_settings.kind is ForgeKind.GITLAB
    assert settings.forge_settings.token == "t"
    assert settings.forge_settings.username == "", "the script's login is for Bitbucket only"
    assert settings.options.patterns.globs == EVERYWHERE


def test_options() -> None:
    options = load(
        GITOPS_SPEC_PATH="**/port.{yml,yaml},!**/test/**",
        GITOPS_BRANCH="a/*=release,trunk",
        GITOPS_MERGE="true",
        GITOPS_CONCURRENCY="4",
        GITOPS_DRY_RUN="true",
        GITOPS_INTERVAL="30m",
        GITOPS_BLUEPRINTS="service, domain",
        GITOPS_METADATA_PROPERTY="none",
    ).options
    assert options.patterns.globs == ("**/port.{yml,yaml}", "!**/test/**")
    assert options.branch == "trunk"
    assert options.branches == (("a/*", "release"),)
    assert options.merge_mode is MergeMode.MERGE
    assert (options.concurrency, options.dry_run, options.reconcile_seconds) == (4, True, 1800)
    assert options.blueprints == {"service", "domain"}
    assert options.metadata_property is None


@pytest.mark.parametrize(
    ("text", "fraction", "most"),
    [("", None, None), ("0.1", 0.1, None), ("25%", 0.25, None), ("1", 1.0, None), ("50", None, 50)],
)
def test_limits_of_deletions(text: str, fraction: float | None, most: int | None) -> None:
    options = load(GITOPS_MAX_DELETE=text).options
    assert (options.deletion_threshold, options.deletion_most) == (fraction, most)


def test_secrets_come_from_files_when_the_variable_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from file\n")
    settings = load(BITBUCKET_PASSWORD="", BITBUCKET_TOKEN_FILE=str(tmp_path / "token"))
    assert settings.forge_settings.token == "from file"
    assert load(BITBUCKET_TOKEN="direct", BITBUCKET_TOKEN_FILE=str(tmp_path / "token")).forge_settings.token == "direct"
    with pytest.raises(InvalidSettings, match="BITBUCKET_TOKEN_FILE"):
        load(BITBUCKET_TOKEN_FILE=str(tmp_path / "none"))


@pytest.mark.parametrize(
    "changes",
    [
        {"PORT_API_URL": "portal.example"},
        {"BITBUCKET_HOST": ""},
        {"GITOPS_FORGE": "gitlab"},
        {"GITOPS_FORGE": "subversion"},
        {"GITOPS_MERGE": "perhaps"},
        {"GITOPS_MAX_DELETE": "-1"},
        {"GITOPS_MAX_DELETE": "150%"},
        {"GITOPS_INTERVAL": "soon"},
        {"GITOPS_CONCURRENCY": "0"},
    ],
)
def test_wrong_ones_are_named(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings):
        load(**changes)


def test_all_problems_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        load_settings({"BITBUCKET_HOST": "https://git.example"})
    assert all(name in caught.value.message for name in ("PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "PORT_API_URL"))


@pytest.mark.parametrize(
    ("failure", "status", "errors", "code"),
    [
        (None, Status.COMPLETE, 0, 0),
        (None, Status.COMPLETE, 1, 2),
        (None, Status.PARTIAL, 0, 2),
        (None, Status.INTERRUPTED, 0, 2),
        (Failure("invalid_credentials", "", 401, "portal"), Status.FAILED, 0, 4),
        (Failure("forge_refused", "", 403, "forge"), Status.FAILED, 0, 4),
        (Failure("ledger_unusable", "", 500, "ledger"), Status.FAILED, 0, 4),
        (Failure("unavailable", "", 503, "portal"), Status.FAILED, 0, 5),
        (Failure("forge_unavailable", "", 503, "forge"), Status.FAILED, 0, 5),
        (Failure("listing_incomplete", "", 503, "forge"), Status.FAILED, 0, 5),
    ],
)
def test_exit_codes(failure: Failure | None, status: Status, errors: int, code: int) -> None:
    report = PassReport("git", status=status, failure=failure)
    report.findings.errors = errors
    assert exit_code(report) == code
