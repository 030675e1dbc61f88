"""What authors of integrations test with (contract section 17)."""

from fairway.integration.testing.running import Collected, context_for, recordings, run_resync
from fairway.integration.testing.third_party import Asked, FakeThirdParty, Reply

__all__ = ["Asked", "Collected", "FakeThirdParty", "Reply", "context_for", "recordings", "run_resync"]
