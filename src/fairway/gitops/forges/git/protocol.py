"""Requests and answers of git's wire protocol, version 2 first. ``gitprotocol-v2(5)``, ``gitprotocol-pack(5)``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fairway import __version__
from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.git.pktline import DELIMITER, FLUSH, Packet, packet, packets

AGENT = f"fairway/{__version__}".encode()
HEADS = "refs/heads/"
_OID = re.compile(rb"[0-9a-f]{40}")
_NO_OBJECT = "0" * 40


@dataclass(frozen=True, slots=True)
class Refs:
    """What a server says about its references."""

    head: str | None
    """The branch that HEAD names, even when it has no commit."""
    commits: Mapping[str, str]
    """Full name to commit id; HEAD is in it when it has one."""
    capabilities: frozenset[str] = frozenset()
    """Of versions 0 and 1."""

    def default_branch(self) -> str | None:
        """HEAD's branch, when the server says it or exactly one of the usual names points there."""
        if self.head is not None:
            return self.head
        commit = self.commits.get("HEAD")
        for name in ("main", "master"):
            if commit is not None and self.commits.get(HEADS + name) == commit:
                return name
        found = [name for name, each in self.commits.items() if name.startswith(HEADS) and each == commit]
        return found[0].removeprefix(HEADS) if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch: commits without their history, or single objects."""

    wants: Sequence[str]
    shallow: bool = True
    filter: str | None = None
    haves: Sequence[str] = ()
    """Commits whose trees are here."""


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a server says first."""

    version: int
    refs: Refs
    """Empty with version 2."""
    capabilities: Mapping[str, str] = field(default_factory=dict)

    @property
    def filters(self) -> bool:
        """Whether the server leaves out what it is asked to leave out."""
        if self.version == 2:
            return "filter" in self.capabilities.get("fetch", "").split(" ")
        return "filter" in self.refs.capabilities

    @property
    def single_objects(self) -> bool:
        """Whether any object may be asked for, not only the tips of branches."""
        return self.version == 2 or bool(
            {"allow-any-sha1-in-want", "allow-reachable-sha1-in-want"} & self.refs.capabilities
        )


def ls_refs(prefixes: Iterable[str]) -> bytes:
    """The command that asks for references that begin so."""
    lines = [b"symrefs\n", b"unborn\n", *(b"ref-prefix %b\n" % prefix.encode() for prefix in prefixes)]
    return _command(b"ls-refs", lines)


def _command(name: bytes, arguments: Iterable[bytes]) -> bytes:
    head = packet(b"command=%b\n" % name) + packet(b"agent=%b\n" % AGENT) + packet(b"object-format=sha1\n")
    return head + DELIMITER + b"".join(packet(each) for each in arguments) + FLUSH


def parse_ls_refs(answer: bytes) -> Refs:
    """The answer to :func:`ls_refs`.

    Raises:
        ForgeBroken: it is something else, as servers of older versions answer.
    """
    head: str | None = None
    commits: dict[str, str] = {}
    found = list(packets(answer))
    if not found or found[-1].mark != FLUSH:
        raise ForgeBroken("A git server did not answer the question for references")
    for each in found[:-1]:
        oid, name, attributes = _reference(each)
        if name == "HEAD":
            head = attributes.get("symref-target", "").removeprefix(HEADS) or None
        if oid is not None:
            commits[name] = oid
    return Refs(head, commits)


def _reference(each: Packet) -> tuple[str | None, str, dict[str, str]]:
    oid, _, rest = each.line.partition(b" ")
    if each.mark is not None or not rest or not (_OID.fullmatch(oid) or oid == b"unborn"):
        raise ForgeBroken("A git server did not answer the question for references")
    name, *attributes = rest.decode(errors="replace").split(" ")
    pairs = (attribute.partition(":") for attribute in attributes)
    return (None if oid == b"unborn" else oid.decode()), name, {key: value for key, _, value in pairs}


def parse_advertisement(answer: bytes) -> Advertisement:
    """What a server says first, of any version.

    Raises:
        ForgeBroken: it speaks another protocol, or another object format.
    """
    lines = [each for each in packets(answer) if each.mark is None]
    if lines and lines[0].payload.startswith(b"# service="):
        del lines[0]
    if lines and lines[0].line == b"version 2":
        pairs = (each.line.decode(errors="replace").partition("=") for each in lines[1:])
        return _checked(Advertisement(2, Refs(None, {}), {key: value for key, _, value in pairs}))
    version = 0
    if lines and lines[0].line == b"version 1":
        version = 1
        del lines[0]
    return _checked(Advertisement(version, _old_refs(lines)))


def _checked(found: Advertisement) -> Advertisement:
    formats = {found.capabilities.get("object-format", "sha1")} | {
        each.partition("=")[2] for each in found.refs.capabilities if each.startswith("object-format=")
    }
    if formats != {"sha1"}:
        raise ForgeBroken(f"The repository has object ids of {', '.join(sorted(formats))}; only sha1 is read")
    return found


def _old_refs(lines: Sequence[Packet]) -> Refs:
    commits: dict[str, str] = {}
    capabilities: frozenset[str] = frozenset()
    for each in lines:
        line, _, rest = each.line.partition(b"\0")
        if rest:
            capabilities = frozenset(rest.decode(errors="replace").split())
        oid, _, name = line.partition(b" ")
        if oid == b"shallow":
            continue
        if not _OID.fullmatch(oid):
            raise ForgeBroken("A git server answered something else than its references")
        if oid.decode() != _NO_OBJECT:
            commits[name.decode(errors="replace")] = oid.decode()
    heads = (each.removeprefix("symref=HEAD:refs/heads/") for each in capabilities if each.startswith("symref=HEAD:"))
    return Refs(next(heads, None), commits, capabilities)


def fetch(request: FetchRequest) -> bytes:
    """The fetch command of version 2; there is nothing to negotiate, so the pack comes at once."""
    lines = [b"no-progress\n", b"ofs-delta\n"]
    lines += [b"want %b\n" % each.encode() for each in request.wants]
    if request.shallow:
        lines += [b"shallow %b\n" % each.encode() for each in request.haves]
        lines += [b"deepen 1\n"]
    if request.filter is not None:
        lines.append(b"filter %b\n" % request.filter.encode())
    lines += [b"have %b\n" % each.encode() for each in request.haves]
    return _command(b"fetch", [*lines, b"done\n"])


def old_fetch(request: FetchRequest, capabilities: frozenset[str]) -> bytes:
    """The same as versions 0 and 1 have it. What the server does not know is not asked for."""
    wanted = ["ofs-delta", "side-band-64k", "no-progress", "agent", "shallow", "filter"]
    names = {each.partition("=")[0] for each in capabilities}
    if "side-band-64k" not in names:
        raise ForgeBroken("The git server is too old: it cannot tell a pack from its messages (side-band-64k)")
    if request.shallow and "shallow" not in names:
        raise ForgeBroken("The git server cannot leave out the history (shallow)")
    asked = [f"agent={AGENT.decode()}" if each == "agent" else each for each in wanted if each in names]
    first = f" {' '.join(asked)}"
    lines = [packet(f"want {each}{first if not at else ''}\n".encode()) for at, each in enumerate(request.wants)]
    if request.shallow:
        lines += [packet(f"shallow {each}\n".encode()) for each in request.haves]
        lines += [packet(b"deepen 1\n")]
    if request.filter is not None and "filter" in names:
        lines.append(packet(f"filter {request.filter}\n".encode()))
    haves = [packet(f"have {each}\n".encode()) for each in request.haves]
    return b"".join([*lines, FLUSH, *haves, packet(b"done\n")])


def parse_fetch(answer: bytes) -> bytes:
    """The pack in the answer to a fetch, of any version.

    Raises:
        ForgeBroken: there is none, or the server reports an error.
    """
    pack: list[bytes] = []
    in_pack = False
    for each in packets(answer):
        if each.line == b"packfile":
            in_pack = True
        elif each.mark is None and (in_pack or each.payload[:1] in (b"\1", b"\2", b"\3")):
            in_pack = True
            if each.payload[:1] == b"\3":
                said = each.payload[1:].decode(errors="replace").strip()[:300]
                raise ForgeBroken(f"The git server says: {said}")
            if each.payload[:1] == b"\1":
                pack.append(each.payload[1:])
    if not pack:
        raise ForgeBroken("A git server answered a fetch without a pack")
    return b"".join(pack)


def push(ref: str, old: str | None, new: str, capabilities: frozenset[str], pack: bytes) -> bytes:
    """The request that moves one reference from ``old`` (None: it is not there yet) to ``new``."""
    names = {each.partition("=")[0] for each in capabilities}
    asked: list[str] = [each for each in ("report-status", "side-band-64k") if each in names]
    if "agent" in names:
        asked.append(f"agent={AGENT.decode()}")
    line = f"{old or _NO_OBJECT} {new} {ref}\0 {' '.join(asked)}\n"
    return packet(line.encode()) + FLUSH + pack


def parse_push(answer: bytes, ref: str) -> str | None:
    """Why the push was rejected; None when it was not.

    Raises:
        ForgeBroken: the answer does not say.
    """
    reports, messages = _unwrapped(answer)
    found = {each.line for each in packets(reports) if each.mark is None}
    if b"unpack ok" in found and b"ok " + ref.encode() in found:
        return None
    reasons = [each.decode(errors="replace") for each in sorted(found) if each.startswith((b"ng ", b"unpack "))]
    if not reasons:
        raise ForgeBroken("A git server did not say what became of a push")
    said = messages.decode(errors="replace").strip()
    return "; ".join([*(each for each in reasons if each != "unpack ok"), *([said] if said else [])])[:500]


def _unwrapped(answer: bytes) -> tuple[bytes, bytes]:
    """The report, and what hooks printed, out of the side bands if there are any."""
    reports, messages = [], []
    for each in packets(answer):
        if each.mark is None and each.payload[:1] == b"\1":
            reports.append(each.payload[1:])
        elif each.mark is None and each.payload[:1] in (b"\2", b"\3"):
            messages.append(each.payload[1:])
        elif each.mark is None:
            return answer, b""
    return b"".join(reports), b"".join(messages)
