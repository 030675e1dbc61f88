"""Names of branches: ``portal/{action}/{entity slug}-{short run id}``. Section 13 of the contract."""

from __future__ import annotations

import hashlib
import re

from fairway.gitops.model import EntityKey

_UNFIT = re.compile(r"[^a-z0-9]+")
_SHORT = 8
_LONGEST = 60


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes; texts that are not their own slug get a mark, so that no two are alike."""
    found = _UNFIT.sub("-", text.lower()).strip("-")[:_LONGEST].strip("-")
    if found and found == text:
        return found
    mark = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{found}-{mark}" if found else mark


def short_run(run_id: str) -> str:
    """Eight letters and digits that tell a run."""
    plain = re.sub(r"[^a-z0-9]", "", run_id.lower())
    return plain[-_SHORT:] if len(plain) >= _SHORT else hashlib.sha256(run_id.encode()).hexdigest()[:_SHORT]


def branch_prefix(action: str, key: EntityKey) -> str:
    """What branches of all runs of an action for an entity begin with."""
    return f"portal/{slug(action)}/{slug(key.identifier)}-"


def is_of(prefix: str, branch: str) -> bool:
    """Whether a branch is that of a run: the prefix of ``a`` also begins the branches of ``a-b``."""
    return branch.startswith(prefix) and bool(re.fullmatch(rf"[a-z0-9]{{{_SHORT}}}", branch.removeprefix(prefix)))
