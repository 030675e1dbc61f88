"""Three dozen repositories of a company, each with a ``port.yml``, and what people do to them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from programs import git

TEAMS = ("catalog", "fulfilment", "payments", "search")
PARTS = ("api", "worker", "web", "gateway", "events", "reports", "jobs", "cache")
_PARALLEL = 4

Key = tuple[str, str]
"""Blueprint and identifier."""


@dataclass
class Estate:
    """Bare repositories below ``served``, which is where the server looks, and a working copy of each beside it."""

    folder: Path
    url: str = ""
    _readable: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)
    """The last content of each repository's spec file that anybody could read."""
    stale: set[Key] = field(default_factory=set)
    """Entities whose definition is wrong now, and counts as it was before."""

    @property
    def served(self) -> Path:
        """What the server offers."""
        return self.folder / "served"

    @property
    def listed(self) -> Path:
        """The list file: which repositories there are."""
        return self.folder / "repositories.txt"

    def file(self, repository: str) -> Path:
        """The spec file in somebody's working copy."""
        return self.folder / "work" / repository / "port.yml"

    async def build(self) -> None:
        """Makes all repositories."""
        gate = asyncio.Semaphore(_PARALLEL)

        async def one(repository: str, text: str) -> None:
            async with gate:
                await self._create(repository, text)

        await asyncio.gather(*(one(repository, text) for repository, text in _texts().items()))

    async def _create(self, repository: str, text: str) -> None:
        work, bare = self.folder / "work" / repository, self.served / f"{repository}.git"
        work.mkdir(parents=True)
        (work / "README.md").write_text(f"# {repository}\n\nWhat it is for.\n")
        await git("init", "--quiet", "--initial-branch=main", str(work))
        await self._commit(repository, text, "Describe what this is")
        await git("clone", "--quiet", "--bare", str(work), str(bare))
        await git("config", "uploadpack.allowFilter", "true", cwd=bare)
        await git("remote", "add", "origin", str(bare), cwd=work)
        self._note(repository, text)

    async def _commit(self, repository: str, text: str, message: str) -> None:
        work = self.folder / "work" / repository
        (work / "port.yml").write_text(text)
        await git("add", "--all", cwd=work)
        await git("commit", "--quiet", "--message", message, cwd=work)

    def publish(self, url: str) -> None:
        """Writes the list file, with the server's address."""
        self.url = url
        lines = [f"{url}/{repository}.git - {repository}" for repository in sorted(self._readable)]
        self.listed.write_text("\n".join(lines) + "\n")

    async def change(self, repository: str, *swaps: tuple[str, str], wrong: Collection[Key] = ()) -> None:
        """Commits and pushes a spec file with other texts in place of some. Definitions that are ``wrong`` then go on
        counting as they were."""
        text = self.file(repository).read_text()
        for old, new in swaps:
            assert old in text, f"{old!r} is not in {text!r}"
            text = text.replace(old, new)
        await self._commit(repository, text, "Change the catalog")
        await git("push", "--quiet", "origin", "main", cwd=self.file(repository).parent)
        self._note(repository, text, wrong)

    def remove(self, repository: str) -> None:
        """Deletes a repository from the server and the list."""
        shutil.rmtree(self.served / f"{repository}.git")
        del self._readable[repository]
        self.publish(self.url)

    def _note(self, repository: str, text: str, wrong: Collection[Key] = ()) -> None:
        before = self._readable.get(repository, {})
        self.stale -= before.keys()
        try:
            documents = list(yaml.safe_load_all(text))
        except yaml.YAMLError:
            self.stale |= before.keys()
            return
        self.stale.update(wrong)
        entities = [each for document in documents for each in (document if isinstance(document, list) else [document])]
        said = {(each["blueprint"], each["identifier"]): each for each in entities}
        self._readable[repository] = {key: before[key] if key in wrong else each for key, each in said.items()}

    def says(self) -> dict[Key, dict[str, Any]]:
        """What git says: every entity with the properties and relations that the catalog should have, read here
        without the help of what is shown."""
        return {
            key: _expected(entity, self.file(repository).parent / "README.md")
            for repository, entities in self._readable.items()
            for key, entity in entities.items()
        }


def _expected(entity: dict[str, Any], readme: Path) -> dict[str, Any]:
    found = {**entity.get("properties", {}), **entity.get("relations", {})}
    if found.get("readme") == "file://README.md":
        found["readme"] = readme.read_text()
    return found


def _texts() -> dict[str, str]:
    """The spec file of each repository. Some hold one entity, some a list, some several documents; some relate to what
    another repository defines."""
    found = {
        f"{team}/domain": f"identifier: {team}\nblueprint: domain\nproperties:\n  description: All about {team}\n"
        for team in TEAMS
    }
    for team in TEAMS:
        for number, part in enumerate(PARTS):
            found[f"{team}/{part}"] = _service(team, part, number)
    found["payments/api"] += "---\n" + _service("payments", "ledger", 2).replace("readme", "# readme")
    found["search/jobs"] += "---\n" + _service("search", "crawler", 1).replace("readme", "# readme")
    return found


def _service(team: str, part: str, number: int) -> str:
    needed = f"\n  needs: [{TEAMS[number % len(TEAMS)]}-api]" if number % 3 == 1 else ""
    return (
        f"identifier: {team}-{part}\n"
        "blueprint: service\n"
        f"title: {team.title()} {part}\n"
        "properties:\n"
        f"  tier: {1 + number % 3}\n"
        f'  version: "1.{number}0"\n'
        "  readme: file://README.md\n"
        "relations:\n"
        f"  domain: {team}{needed}\n"
    )
