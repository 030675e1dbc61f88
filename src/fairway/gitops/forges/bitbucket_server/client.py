"""The client of a Bitbucket Server or Data Center. Section 4.1 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote, unquote

from fairway.gitops.forges.base import Examined, ForgeFigures, ForgeKind, StatusReport, Wanted
from fairway.gitops.forges.bitbucket_server.answers import Absent, absent, judge
from fairway.gitops.forges.bitbucket_server.examining import Examination
from fairway.gitops.forges.bitbucket_server.files import Files, NoSuchRef, place
from fairway.gitops.forges.bitbucket_server.listing import API, Listing
from fairway.gitops.forges.bitbucket_server.reporting import Reporting
from fairway.gitops.forges.budget import Pace
from fairway.gitops.forges.credentials import fingerprint, static
from fairway.gitops.forges.errors import NotPermitted
from fairway.gitops.forges.http import ForgeHttp, HttpOptions
from fairway.gitops.forges.requests import path_of, segment
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.model import Repository


class BitbucketServer:
    """A :class:`~fairway.gitops.forges.base.Forge`. ``projects`` of the settings are keys or globs; none: all."""

    kind = ForgeKind.BITBUCKET_SERVER

    def __init__(self, settings: ForgeSettings, options: HttpOptions) -> None:
        self.figures = ForgeFigures()
        self._login = fingerprint(settings)
        self.http = ForgeHttp(
            settings.url,
            authorization=static(settings),
            figures=self.figures,
            options=options,
            judge=judge,
            pace=Pace(options.clock, options.sleep),
        )
        self._web = settings.url.strip().rstrip("/")
        self._listing = Listing(self.http, self._web, settings.projects)
        self._files = Files(self.http)
        self._examination = Examination(self._files, thorough=settings.thorough)
        self._reporting = Reporting(self.http)

    @property
    def unknown_projects(self) -> Sequence[str]:
        """Keys and globs of the settings that matched nothing in the last listing, in capitals."""
        return self._listing.unknown

    async def identity(self) -> str:
        """The user that the server names, or the settings' when it names none."""
        answer = await self.http.get(f"{API}/projects", params={"limit": 1})
        if not answer.ok:
            raise answer.error("a page of projects")
        user = unquote(answer.headers.get("x-ausername", "")) or self._login
        return f"{user} at {self._web}"

    async def listing(self) -> AsyncIterator[Sequence[Repository]]:
        """Pages of up to 1000; archived ones are in it and marked."""
        async for page in self._listing.pages():
            yield page
        self.figures.unknown = self._listing.unknown

    async def repository(self, repository: str) -> Repository | None:
        """By ``project/slug``; by id only through the whole listing, because the API has no such call."""
        project, slash, slug = repository.rpartition("/")
        if not slash:
            return await self._by_id(repository)
        try:
            answer = await self.http.get(f"{API}/projects/{segment(project)}/repos/{segment(slug)}")
        except NotPermitted:
            return None
        if answer.ok:
            return self._listing.repository(answer.json)
        if answer.status == 404 and absent(answer) is Absent.REPOSITORY:
            return None
        raise answer.error("a repository")

    async def _by_id(self, number: str) -> Repository | None:
        async for page in self._listing.pages():
            for each in page:
                if each.id == number:
                    return each
        return None

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """A tip without commit says that the branch was read in one request; see ``docs/decisions``."""
        return await self._examination.examine(repository, wanted)

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        """Exact bytes, or put together from lines where the server blocks raw reads."""
        try:
            found = await self._files.read(repository, commit or None, path, limit, "event")
        except NoSuchRef:
            return None
        return None if found is None else found.content

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """A build status, and a Code Insights report for pull requests and findings."""
        await self._reporting.report(repository, commit, report)

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        """The browse page."""
        at = f"?at={quote(commit, safe='')}" if commit else ""
        mark = f"#{line}" if line is not None else ""
        return f"{self._web}{place(repository)}/browse/{path_of(path)}{at}{mark}"

    async def close(self) -> None:
        """Closes the connections."""
        await self.http.aclose()
