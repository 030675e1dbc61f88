"""Events that forges send: who sent them, and what they are about. Section 5 of the contract.

A receiver calls :func:`authenticate` with the raw body first, then :func:`parse`. An event is a hint where to look:
what is there now the forge is asked.
"""

from fairway.gitops.hooks.authentication import MAX_BODY, authenticate, git_signature
from fairway.gitops.hooks.event import HookEvent, RefChange
from fairway.gitops.hooks.parsing import parse

__all__ = ["MAX_BODY", "HookEvent", "RefChange", "authenticate", "git_signature", "parse"]
