"""The client of a Gitea or Forgejo. Section 4.4 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from fairway.gitops.forges.base import Examined, ForgeFigures, ForgeKind, StatusReport, Wanted
from fairway.gitops.forges.credentials import static
from fairway.gitops.forges.errors import NotPermitted
from fairway.gitops.forges.gitea.files import API, GiteaFiles
from fairway.gitops.forges.gitea.listing import GiteaListing
from fairway.gitops.forges.gitea.reporting import GiteaReporting
from fairway.gitops.forges.http import ForgeHttp, HttpOptions
from fairway.gitops.forges.login_judge import judge
from fairway.gitops.forges.requests import segment
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.forges.tree_examining import examine
from fairway.gitops.model import Repository


class Gitea:
    """A :class:`~fairway.gitops.forges.base.Forge`. ``organisation`` of the settings is an organisation or a user;
    none: everything that the token sees."""

    kind = ForgeKind.GITEA

    def __init__(self, settings: ForgeSettings, options: HttpOptions) -> None:
        self.figures = ForgeFigures()
        self.http = ForgeHttp(
            settings.url, authorization=static(settings, "token"), figures=self.figures, options=options, judge=judge
        )
        self._web = settings.url.strip().rstrip("/")
        self._listing = GiteaListing(self.http, settings.organisation)
        self._files = GiteaFiles(self.http)
        self._reporting = GiteaReporting(self.http)

    async def identity(self) -> str:
        """The user of the token."""
        answer = await self.http.get(f"{API}/user")
        if not answer.ok or not isinstance(answer.json, dict) or "login" not in answer.json:
            raise answer.error("the user")
        return f"{answer.json['login']} at {self._web}"

    def listing(self) -> AsyncIterator[Sequence[Repository]]:
        """Pages of as many as the server allows, 50 usually."""
        return self._listing.pages()

    async def repository(self, repository: str) -> Repository | None:
        """By number or ``owner/name``."""
        owner, slash, name = repository.partition("/")
        path = f"/repos/{segment(owner)}/{segment(name)}" if slash else f"/repositories/{segment(repository)}"
        try:
            answer = await self.http.get(API + path)
        except NotPermitted:
            return None
        if answer.status == 404:
            return None
        try:
            return await self._listing.repository(answer.json)
        except (KeyError, TypeError, ValueError):
            raise answer.error("a repository") from None

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """See :meth:`Forge.examine`: the branch, the tree with its blob ids, and the files whose ids are others."""
        return await examine(self._files, repository, wanted)

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        """See :meth:`Forge.read`."""
        return await self._files.content(repository, commit, path, limit, "event")

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """A commit status, and a comment on the pull request."""
        await self._reporting.report(repository, commit, report)

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        """The source page."""
        mark = f"#L{line}" if line is not None else ""
        return f"{repository.url}/src/commit/{quote(commit, safe='')}/{quote(path)}{mark}"

    async def close(self) -> None:
        """Closes the connections."""
        await self.http.aclose()
