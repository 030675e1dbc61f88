"""Who the agent is; secrets are read anew each time, so that they can be rotated."""

from __future__ import annotations

import os
import socket
from typing import Any

from fairway.agent.environment import Environment
from fairway.agent.messages.redaction import Redactor, sensitive
from fairway.agent.settings import AgentSettings
from fairway.client import Credentials


class Identity:
    """Settings and environment of one agent."""

    def __init__(self, settings: AgentSettings, environment: Environment) -> None:
        self.settings = settings
        self.environment = environment
        self.redactor = self._redactor()
        """Takes the client secret, secret files and variables with names of secrets out of texts."""

    def secret(self) -> str:
        """The client secret of now."""
        return self.environment.get("PORT_CLIENT_SECRET") or self.settings.port_client_secret.get_secret_value()

    def credentials(self) -> Credentials:
        """The credentials of now."""
        return Credentials(self.environment.get("PORT_CLIENT_ID") or self.settings.port_client_id, self.secret())

    @property
    def agent_id(self) -> str:
        """The replica's name at the portal."""
        return self.settings.agent_id or f"{socket.gethostname()}-{os.getpid()}"

    def clean(self, value: Any) -> Any:
        """A value of a log line without secrets."""
        return self.redactor.value(value)

    def reload(self) -> bool:
        """Reads secret files again when they changed; whether a value did."""
        if not self.environment.changed() or not self.environment.reload():
            return False
        self.redactor = self._redactor()
        return True

    def _redactor(self) -> Redactor:
        named = [value for name, value in self.environment.items() if sensitive(name)]
        return Redactor([self.secret(), *self.environment.secrets, *named])
