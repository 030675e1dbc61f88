"""Which forge credentials this portal has (contract 6.6, 15.15; agent contract 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import SecretStr

from fairway.kit.settings import Settings

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


def plain(value: SecretStr | None) -> str:
    """The text of a secret setting, empty when it is not set."""
    return "" if value is None else value.get_secret_value()


def github_configured(settings: Settings) -> bool:
    """Whether workflows can be dispatched."""
    return bool(plain(settings.github_token) or (settings.github_app_id and plain(settings.github_app_private_key)))


def gitlab_configured(settings: Settings, secrets: Mapping[str, str], group: object, project: object) -> bool:
    """Whether the portal itself can start pipelines of this project; an agent is asked otherwise."""
    return bool(gitlab_trigger_token(settings, secrets, group, project) or plain(settings.gitlab_token))


def gitlab_trigger_token(settings: Settings, secrets: Mapping[str, str], group: object, project: object) -> str:
    """The trigger token of a project: the organisation secret ``GROUP_PROJECT`` (named as the agent names its variable,
    with ``_`` for ``/`` and for what secret names cannot hold), else the setting; empty when there is none."""
    name = _NOT_IN_NAMES.sub("_", f"{group}_{project}")
    return secrets.get(name) or plain(settings.gitlab_trigger_token)
