"""The client of a GitLab. Section 4.3 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

from fairway.gitops.forges.base import Examined, ForgeFigures, ForgeKind, SpecBytes, StatusReport, Wanted
from fairway.gitops.forges.credentials import static
from fairway.gitops.forges.errors import ForgeBroken, ListingIncomplete, NotPermitted
from fairway.gitops.forges.gitlab.bulk import Bulk, Prepared
from fairway.gitops.forges.gitlab.files import API, GitLabFiles
from fairway.gitops.forges.gitlab.reporting import GitLabReporting
from fairway.gitops.forges.http import ForgeHttp, HttpOptions
from fairway.gitops.forges.login_judge import judge
from fairway.gitops.forges.requests import Params, segment
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.forges.tree_examining import examine, spec_bytes
from fairway.gitops.model import Repository, Tip

_REFERENCE = b"file://"


class GitLab:
    """A :class:`~fairway.gitops.forges.base.Forge`. ``organisation`` of the settings is a group; none: all projects
    that the user is a member of."""

    kind = ForgeKind.GITLAB

    def __init__(self, settings: ForgeSettings, options: HttpOptions) -> None:
        self.figures = ForgeFigures()
        self.http = ForgeHttp(
            settings.url, authorization=static(settings), figures=self.figures, options=options, judge=judge
        )
        self._web = settings.url.strip().rstrip("/")
        self._group = settings.organisation
        self._files = GitLabFiles(self.http)
        self._bulk = Bulk(self.http, options.clock)
        self._reporting = GitLabReporting(self.http)

    async def identity(self) -> str:
        """The user of the token; project and group tokens have one, too."""
        answer = await self.http.get(f"{API}/user")
        if not answer.ok or not isinstance(answer.json, dict) or "username" not in answer.json:
            raise answer.error("the user")
        return f"{answer.json['username']} at {self._web}"

    async def listing(self) -> AsyncIterator[Sequence[Repository]]:
        """Pages of up to 100; what bulk queries say about them is kept for :meth:`examine`."""
        seen: set[str] = set()
        path, params = self._listing()
        async for page in self.http.pages(path, params=params):
            try:
                values = page.json
                found = [_repository(each) for each in values if isinstance(values, list)]
            except (KeyError, TypeError, ValueError, ForgeBroken):
                raise ListingIncomplete(f'"{page.url}" did not answer with a page of projects') from None
            if not isinstance(values, list):
                raise ListingIncomplete(f'"{page.url}" did not answer with a page of projects')
            new = [each for each in found if each.id not in seen]
            seen.update(each.id for each in new)
            await self._bulk.prepare([each for each in new if not each.archived])
            yield new

    def _listing(self) -> tuple[str, Params]:
        params: dict[str, str | int | bool | None] = {"order_by": "id", "sort": "asc", "per_page": 100}
        if self._group:
            params |= {"include_subgroups": True, "with_shared": False}
            return f"{API}/groups/{segment(self._group)}/projects", params
        return f"{API}/projects", {**params, "membership": True, "pagination": "keyset"}

    async def repository(self, repository: str) -> Repository | None:
        """By number or full path."""
        try:
            answer = await self.http.get(f"{API}/projects/{segment(repository)}")
        except NotPermitted:
            return None
        if answer.status == 404:
            return None
        try:
            return _repository(answer.json)
        except (KeyError, TypeError, ValueError):
            raise answer.error("a project") from None

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """See :meth:`Forge.examine`. In a pass, what the listing's bulk query said costs nothing more."""
        self._bulk.names = wanted.patterns.root_names or ()
        prepared = self._bulk.take(repository)
        usable = wanted.lane == "pass" and wanted.commit is None and prepared is not None
        if usable and prepared is not None and wanted.branch in (None, prepared.branch):
            tip = Tip(prepared.branch, prepared.commit)
            if tip.commit == wanted.known_tip:
                return Examined(tip, unchanged=True)
            names = wanted.patterns.root_names
            if names and set(names) <= set(prepared.names) and not wanted.dependencies:
                return await self._from_bulk(repository, wanted, tip, prepared)
        return await examine(self._files, repository, wanted)

    async def _from_bulk(self, repository: Repository, wanted: Wanted, tip: Tip, prepared: Prepared) -> Examined:
        files: dict[str, SpecBytes] = {}
        there = {path: each for path, each in (prepared.files or {}).items() if wanted.patterns.matches(path)}
        for path, (blob, content) in there.items():
            known = wanted.known_files.get(path)
            if blob == known:
                files[path] = SpecBytes(blob, None)
            elif content is None or _REFERENCE in content:
                # The tip and the file of a bulk query need not be of one moment; references are read with their file.
                return await examine(self._files, repository, wanted)
            else:
                files[path] = spec_bytes(content, known)
        return Examined(tip, files=files, changed_dependencies=frozenset())

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        """See :meth:`Forge.read`."""
        return await self._files.content(repository, commit, path, limit, "event")

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """A commit status, and a note on the merge request."""
        await self._reporting.report(repository, commit, report)

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        """The blob page."""
        mark = f"#L{line}" if line is not None else ""
        return f"{repository.url}/-/blob/{quote(commit, safe='')}/{quote(path)}{mark}"

    async def close(self) -> None:
        """Closes the connections."""
        await self.http.aclose()


def _repository(value: Any) -> Repository:
    namespace = value.get("namespace") or {}
    return Repository(
        id=str(int(value["id"])),
        label=str(value["path_with_namespace"]),
        url=str(value["web_url"]),
        default_branch=value.get("default_branch") or None,
        archived=bool(value.get("archived")),
        fork=bool(value.get("forked_from_project")),
        mirror=bool(value.get("mirror")),
        disabled=value.get("repository_access_level") == "disabled" or bool(value.get("marked_for_deletion_at")),
        personal=namespace.get("kind") == "user",
        visibility=str(value.get("visibility") or "private"),
        topics=frozenset(str(each) for each in value.get("topics") or value.get("tag_list") or ()),
        address={"id": str(int(value["id"]))},
    )
