"""Keeping a portal's model in files: read them, plan what differs, apply it; and the way back.

Everything goes through the public API, so it works with any portal that speaks the contract.
"""

from fairway.apply.documents import Documents, dump, load
from fairway.apply.execute import execute
from fairway.apply.plan import Change, make_plan
from fairway.apply.state import read_state

__all__ = ["Change", "Documents", "dump", "execute", "load", "make_plan", "read_state"]
