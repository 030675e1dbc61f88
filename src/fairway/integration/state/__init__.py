"""What the last runs wrote, in a file beside the process (contract section 21.3)."""

from fairway.integration.state.store import Fate, StateStore, StateUnusable

__all__ = ["Fate", "StateStore", "StateUnusable"]
