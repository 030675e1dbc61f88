"""Variables of ``fairway gitops sync`` and ``watch``: those of the published script, and ours. Section 11.

Names are case-sensitive. ``NAME_FILE`` names a file with the value of ``NAME``; the variable itself counts before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.forges.settings import ForgeSettings, project_filter
from fairway.gitops.options import MergeMode, OrphanPolicy, RepositoryFilter, SourceOptions
from fairway.gitops.patterns import EVERYWHERE, ROOT, Patterns
from fairway.kit.errors import InvalidRequest

_SCRIPT = ("port_", "bitbucket_")
_LARGEST = 65_536
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class InvalidSettings(InvalidRequest):
    """The synchronisation cannot start like this; the message lists every problem."""

    code = "invalid_settings"


def variable(name: str) -> str:
    """The environment variable of a field."""
    upper = name.upper()
    return upper if name.startswith(_SCRIPT) else f"GITOPS_{upper}"


class SyncSettings(BaseModel):
    """Everything that the one-shot synchronisation can be told. ``docs/reference/gitops-settings.md`` is generated from
    this class."""

    model_config = ConfigDict(alias_generator=variable, populate_by_name=True, extra="ignore", frozen=True)

    port_client_id: str = Field(min_length=1, description="Client id at the portal.")
    port_client_secret: SecretStr = Field(min_length=1, description="Client secret.")
    port_api_url: str = Field(min_length=1, description="The portal's URL, with or without `/v1`.")
    bitbucket_host: str = Field("", description="Bitbucket Server: scheme, host, port and context path.")
    bitbucket_username: str = Field("", description="Its user.")
    bitbucket_password: SecretStr | None = Field(None, description="Password or personal token of that user.")
    bitbucket_token: SecretStr | None = Field(None, description="HTTP access token, sent as Bearer.")
    bitbucket_projects_filter: str = Field("", description="Comma-separated project keys, globs allowed; empty: all.")

    forge: ForgeKind = Field(ForgeKind.BITBUCKET_SERVER, description="bitbucket-server, github, gitlab, gitea or git.")
    url: str = Field("", description="Address of the forge; for git a list file, a folder, or one repository's URL.")
    username: str = Field("", description="User at the forge.")
    password: SecretStr | None = Field(None, description="Password at the forge.")
    token: SecretStr | None = Field(None, description="Token at the forge.")
    app_id: str = Field("", description="GitHub App: its id.")
    private_key: SecretStr | None = Field(None, description="GitHub App: the PEM of its key.")
    installation: str = Field("", description="GitHub App: id of the installation; found by organisation when empty.")
    organisation: str = Field("", description="Organisation, user or group whose repositories are meant.")
    ca_file: Path | None = Field(None, description="Certificate authorities besides the system's, for the forge.")
    known_hosts: Path | None = Field(None, description="Git over SSH: the host keys that are believed.")
    cache: Path | None = Field(None, description="Git: where copies of remote repositories are kept.")

    spec_path: str = Field(
        "",
        description="Globs of spec files, comma-separated; `!` in front excludes. Empty: `port.yml` and `port.yaml` in "
        "the root of Bitbucket repositories, and everywhere in others.",
    )
    branch: str = Field("", description="Branch, or `glob=branch` pairs, comma-separated; empty: the default branch.")
    merge: str = Field("owned", description="owned, merge or override; also true (merge) and false (override).")
    concurrency: int = Field(16, ge=1, le=256, description="Repositories looked at at once.")
    max_delete: str = Field(
        "", description="Most claims that may end in a run: a share such as `0.1` or `10%`, or a whole number."
    )
    dry_run: bool = Field(False, description="Write nothing, and tell what would be written.")
    report: Path | None = Field(None, description="File for a JSON report.")
    state: Path = Field(Path("fairway-gitops.db"), description="The ledger's file.")
    source: str = Field("", description="Name of the source in the ledger; empty: kind and host of the forge.")
    interval: str = Field("6h", description="Pause between passes of `watch`, such as 30m or 6h.")
    grace: str = Field("2m", description="`watch`: how long a removed definition may turn up elsewhere.")
    include: str = Field("", description="Globs of repositories, comma-separated; empty: all.")
    exclude: str = Field("", description="Globs of repositories to leave out.")
    topics: str = Field("", description="Only repositories with one of these topics.")
    archived: bool = Field(False, description="Archived repositories, too.")
    forks: bool = Field(False, description="Forks, too.")
    mirrors: bool = Field(False, description="Mirrors, too.")
    personal: bool = Field(False, description="Repositories of persons, too.")
    blueprints: str = Field("", description="Blueprints that may be defined; empty: all but the system's.")
    identifier_prefix: str = Field("", description="What identifiers have to begin with.")
    create_missing: bool = Field(True, description="Create empty entities that relations name.")
    delete_dependents: bool = Field(False, description="Delete entities that cannot be without a deleted one.")
    orphans: OrphanPolicy = Field(OrphanPolicy.DELETE, description="delete or keep what nothing defines any more.")
    priority: int = Field(0, description="Of this source's definitions before others of the same ledger.")
    yields: bool = Field(False, description="Leave properties to others that write them, too.")
    drift_repair: bool = Field(True, description="Write again what others have changed.")
    metadata_property: str = Field(
        "gitopsMetadata", description="Object property for where an entity is defined; `none` turns it off."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("WARNING", description="Least severe line logged.")

    @field_validator("port_api_url", "bitbucket_host", mode="after")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError(f'"{value}" is not an http or https URL')
        return value.rstrip("/")

    @field_validator("merge")
    @classmethod
    def _is_mode(cls, value: str) -> str:
        _mode(value)
        return value

    @field_validator("max_delete")
    @classmethod
    def _is_limit(cls, value: str) -> str:
        _limit(value)
        return value

    @field_validator("interval", "grace")
    @classmethod
    def _is_duration(cls, value: str) -> str:
        seconds(value)
        return value

    @model_validator(mode="after")
    def _has_forge(self) -> SyncSettings:
        if self.forge is ForgeKind.BITBUCKET_SERVER and not (self.bitbucket_host or self.url):
            raise ValueError("BITBUCKET_HOST is missing; GITOPS_FORGE and GITOPS_URL name another forge")
        if self.forge not in (ForgeKind.BITBUCKET_SERVER, ForgeKind.GITHUB) and not self.url:
            raise ValueError(f"GITOPS_FORGE={self.forge.value} needs GITOPS_URL")
        return self

    @property
    def is_bitbucket(self) -> bool:
        """Whether the forge is the script's."""
        return self.forge is ForgeKind.BITBUCKET_SERVER

    @property
    def forge_settings(self) -> ForgeSettings:
        """Where the forge is, and how to log in there."""
        theirs = self.is_bitbucket
        return ForgeSettings(
            kind=self.forge,
            url=(self.bitbucket_host if theirs and self.bitbucket_host else self.url),
            username=(self.bitbucket_username if theirs else "") or self.username,
            password=_secret(self.bitbucket_password if theirs else None, self.password),
            token=_secret(self.bitbucket_token if theirs else None, self.token),
            app_id=self.app_id,
            private_key=_secret(self.private_key),
            installation=self.installation,
            organisation=self.organisation,
            projects=project_filter(self.bitbucket_projects_filter) if theirs else (),
            ca_file=self.ca_file,
            known_hosts=self.known_hosts,
            cache=self.cache,
        )

    @property
    def source_id(self) -> str:
        """Under which name the ledger keeps the source."""
        if self.source:
            return self.source
        address = re.sub(r"^[a-z]+://(?:[^@/]*@)?", "", self.forge_settings.url).rstrip("/")
        return f"{self.forge.value}:{address or self.organisation or 'api.github.com'}"

    @property
    def options(self) -> SourceOptions:
        """What the engine is told."""
        fraction, most = _limit(self.max_delete)
        globs = _globs(self.spec_path) or (ROOT if self.is_bitbucket else EVERYWHERE)
        pairs = [part.partition("=") for part in _parts(self.branch)]
        return SourceOptions(
            patterns=Patterns(globs),
            branch=next((name for name, equals, _ in pairs if not equals), None),
            branches=tuple((glob.strip(), name.strip()) for glob, equals, name in pairs if equals),
            merge_mode=_mode(self.merge),
            create_missing_related=self.create_missing,
            delete_dependents=self.delete_dependents,
            deletion_threshold=fraction,
            deletion_most=most,
            metadata_property=None if self.metadata_property.lower() == "none" else self.metadata_property,
            orphans=self.orphans,
            priority=self.priority,
            blueprints=frozenset(_parts(self.blueprints)) or None,
            identifier_prefix=self.identifier_prefix or None,
            yields=self.yields,
            drift_repair=self.drift_repair,
            repositories=RepositoryFilter(
                include=_globs(self.include), exclude=_globs(self.exclude), topics=frozenset(_parts(self.topics)),
                archived=self.archived, forks=self.forks, mirrors=self.mirrors, personal=self.personal,
            ),
            deletion_grace_seconds=0,
            reconcile_seconds=seconds(self.interval),
            concurrency=self.concurrency,
            dry_run=self.dry_run,
        )  # fmt: skip


def load_settings(environment: Mapping[str, str]) -> SyncSettings:
    """The settings from environment variables and the files that some of them name. An empty variable counts as absent.

    Raises:
        InvalidSettings: with every problem at once.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name in map(variable, SyncSettings.model_fields):
        if environment.get(name):
            values[name] = environment[name]
        elif environment.get(f"{name}_FILE"):
            try:
                values[name] = _read(environment[f"{name}_FILE"])
            except (OSError, ValueError) as error:
                problems.append(f"{name}_FILE: {error}")
    try:
        settings = SyncSettings(**values)
    except ValidationError as error:
        problems += [_problem(dict(item)) for item in error.errors()]
    if problems:
        raise InvalidSettings("; ".join(problems))
    return settings


def _read(path: str) -> str:
    content = Path(path).read_bytes()
    if len(content) > _LARGEST:
        raise ValueError(f'"{path}" has more than {_LARGEST} bytes')
    return content.decode().strip()


def _problem(item: dict[str, Any]) -> str:
    name = str(item["loc"][0]) if item["loc"] else ""
    text = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return f"{name} is missing"
    return f"{name}: {text}" if name else text


def seconds(text: str) -> float:
    """``90``, ``90s``, ``30m``, ``6h`` or ``1d`` in seconds.

    Raises:
        ValueError: it is none of these.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f'"{text}" is no duration; 90s, 30m, 6h and 1d are')
    return float(found[1]) * _UNITS[found[2] or "s"]


def _secret(*secrets: SecretStr | None) -> str:
    return next((each.get_secret_value() for each in secrets if each is not None), "")


def _mode(text: str) -> MergeMode:
    given = {"true": "merge", "false": "override"}.get(text.strip().lower(), text.strip().lower())
    if given not in set(MergeMode):
        raise ValueError(f'"{text}" is no merge mode; owned, merge, override, true and false are')
    return MergeMode(given)


def _limit(text: str) -> tuple[float | None, int | None]:
    """A share and a number; one of them is None, or both."""
    value = text.strip()
    if not value:
        return None, None
    try:
        if value.endswith("%"):
            number = float(value[:-1]) / 100
        elif value.isdigit() and value != "1":
            return None, int(value)
        else:
            number = float(value)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise ValueError(f'"{text}" is no limit; 0.1, 10% and whole numbers are')
    return number, None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _globs(text: str) -> tuple[str, ...]:
    """Globs between commas or line ends; commas inside braces belong to the glob."""
    parts = re.split(r",(?![^{]*\})|\n", text)
    return tuple(part.strip() for part in parts if part.strip())
