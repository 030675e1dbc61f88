"""Options that several commands share, and the settings and clients made from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fairway.client import PortalClient
    from fairway.kit.settings import Settings

DataDir = Annotated[Path | None, typer.Option(help="Folder for the SQLite file, keys and bootstrap identity.")]
DatabaseUrl = Annotated[str | None, typer.Option(help="postgresql://... or sqlite:///...; default: the data dir.")]
Url = Annotated[str | None, typer.Option(help="The portal's URL; default: FAIRWAY_BASE_URL, else this machine's.")]
ClientId = Annotated[str | None, typer.Option(help="Client id; default: FAIRWAY_CLIENT_ID, else the data dir's.")]
ClientSecret = Annotated[str | None, typer.Option(help="Client secret; better given as FAIRWAY_CLIENT_SECRET.")]


def settings_of(**flags: Any) -> Settings:
    """The settings; flags that were given win over environment and file."""
    from fairway.kit.settings import Settings

    return Settings(**{name: value for name, value in flags.items() if value is not None})


def client_of(url: str | None, client_id: str | None, client_secret: str | None) -> PortalClient:
    """A client of a portal: what the flags do not say is the local portal of the settings."""
    settings = settings_of(client_id=client_id, client_secret=client_secret)
    return client_at(url or settings.effective_base_url, settings, user_agent="fairway-cli")


def client_at(url: str, settings: Settings, *, user_agent: str) -> PortalClient:
    """A client with the credentials of the settings, or those that a portal keeps in the data dir.

    Raises:
        InvalidRequest: there are neither.
    """
    from fairway.client import Credentials, PortalClient
    from fairway.kit.errors import InvalidRequest
    from fairway.portal.access.bootstrap import load_identity

    if settings.client_id and settings.client_secret is not None:
        credentials = Credentials(settings.client_id, settings.client_secret.get_secret_value())
    elif (settings.data_dir / "secret.key").exists():
        identity = load_identity(settings)
        credentials = Credentials(identity.client_id, identity.client_secret)
    else:
        raise InvalidRequest(
            "No credentials: set FAIRWAY_CLIENT_ID and FAIRWAY_CLIENT_SECRET, or run this beside the portal's data dir "
            f"({settings.data_dir} has none)"
        )
    return PortalClient(url, credentials, user_agent=user_agent)
