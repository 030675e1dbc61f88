"""The client of GitHub and GitHub Enterprise Server. Section 4.2 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from yarl import URL

from fairway.gitops.forges.base import Examined, ForgeFigures, ForgeKind, StatusReport, Wanted
from fairway.gitops.forges.credentials import fingerprint, static
from fairway.gitops.forges.errors import NotPermitted
from fairway.gitops.forges.github.answers import judge
from fairway.gitops.forges.github.credentials import AppCredentials
from fairway.gitops.forges.github.examining import Examination
from fairway.gitops.forges.github.files import Files
from fairway.gitops.forges.github.graphql import GraphQL
from fairway.gitops.forges.github.listing import Listing, Snapshots
from fairway.gitops.forges.github.reporting import Reporting
from fairway.gitops.forges.http import ForgeHttp, HttpOptions
from fairway.gitops.forges.requests import path_of, segment
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.model import Repository

_PUBLIC = "https://api.github.com"
_REST = "/api/v3"


class GitHub:
    """A :class:`~fairway.gitops.forges.base.Forge`, with a token or as an app."""

    kind = ForgeKind.GITHUB

    def __init__(self, settings: ForgeSettings, options: HttpOptions) -> None:
        self.figures = ForgeFigures()
        self._url = _api(settings.url)
        self._login = fingerprint(settings)
        self._app = AppCredentials(settings, options.clock) if settings.app_id else None
        self.http = ForgeHttp(
            self._url,
            authorization=self._app.authorization if self._app else static(settings),
            figures=self.figures,
            options=options,
            judge=judge,
            renew=self._app.renew if self._app else None,
        )
        if self._app is not None:
            self._app.http = self.http
        snapshots = Snapshots(options.clock)
        self._listing = Listing(self.http, GraphQL(self.http, _graphql(self._url)), settings, snapshots)
        self._files = Files(self.http)
        self._examination = Examination(self._files, snapshots)
        self._reporting = Reporting(self.http, settings.app_id)
        self._app_id = settings.app_id

    async def identity(self) -> str:
        """The app's installation, or the token's user."""
        if self._app is not None:
            await self._app.authorization()
            return f"app {self._app_id}, installation {await self._app.installation()} at {self._url}"
        try:
            answer = await self.http.get("/user")
        except NotPermitted:  # a token that belongs to nobody, as those of workflows
            return f"{self._login} at {self._url}"
        if not answer.ok:
            raise answer.error("the user")
        return f"{answer.json['login']} at {self._url}"

    def listing(self) -> AsyncIterator[Sequence[Repository]]:
        """Pages of up to 100, with tips and root files kept for :meth:`examine`."""
        return self._listing.pages()

    async def repository(self, repository: str) -> Repository | None:
        """By id, or by ``owner/name``."""
        owner, slash, name = repository.partition("/")
        path = f"/repos/{segment(owner)}/{segment(name)}" if slash else f"/repositories/{segment(repository)}"
        return await self._files.repository(path, "event")

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """Without any request when the listing of this pass said everything."""
        return await self._examination.examine(repository, wanted)

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        """Exact bytes."""
        return await self._files.read(repository, commit, path, limit, "event")

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """A check run where the app may make one, else a status."""
        await self._reporting.report(repository, commit, report)

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        """The file's page at the commit."""
        mark = f"#L{line}" if line is not None else ""
        return f"{repository.url}/blob/{quote(commit, safe='')}/{path_of(path)}{mark}"

    async def close(self) -> None:
        """Closes the connections."""
        await self.http.aclose()


def _api(url: str) -> str:
    """The API's address; people also give that of the pages."""
    text = url.strip().rstrip("/") or _PUBLIC
    return _PUBLIC if URL(text).host in ("github.com", "www.github.com") else text


def _graphql(api: str) -> str:
    return (api.removesuffix(_REST) + "/api/graphql") if api.endswith(_REST) else api + "/graphql"
