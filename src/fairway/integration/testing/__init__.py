"""What authors of integrations test with (contract section 17)."""

from fairway.integration.testing.actions import Told, execute_action
from fairway.integration.testing.backgrounds import Heard, backgrounds
from fairway.integration.testing.events import Delivered, deliver_event
from fairway.integration.testing.running import Collected, context_for, only, recordings, run_resync
from fairway.integration.testing.third_party import Asked, FakeThirdParty, Reply

__all__ = [
    "Asked",
    "Collected",
    "Delivered",
    "FakeThirdParty",
    "Heard",
    "Reply",
    "Told",
    "backgrounds",
    "context_for",
    "deliver_event",
    "execute_action",
    "only",
    "recordings",
    "run_resync",
]
