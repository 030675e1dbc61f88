"""Where a source's forge is and who logs in there: what may be given for each kind, and what would be wrong with it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yarl import URL

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.forges.git.address import CloneAddress, parse_address
from fairway.gitops.spec.wording import did_you_mean
from fairway.kit.errors import InvalidRequest
from fairway.kit.http import AddressPolicy, parse_url
from fairway.portal.sources.gitops.options import Check, checked, refuse, text, texts

HOOK_SECRETS = ("webhookSecret", "webhookSecretPrevious")
"""Both are good, so that they can be changed without a gap."""
GITHUB = "https://api.github.com"
_LONGEST_SECRET = 65_536
_LONGEST_TEXT = 262_144
_MOST_REPOSITORIES = 1000


def _names(name: str, value: Any) -> list[str]:
    return texts(name, value.split(",") if isinstance(value, str) else value)


def _flag(name: str, value: Any) -> bool:
    return value if isinstance(value, bool) else refuse(name, "true or false")


def _long(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        refuse(name, f"a text of at most {_LONGEST_TEXT} characters")
    return value


def _word(name: str, value: Any) -> str:
    """Numbers are fine: ids of apps look like some."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(name, value)


def _web(name: str, value: Any) -> str:
    parse_url(text(name, value).replace("{", "").replace("}", ""))
    return str(value).strip()


_CA: Mapping[str, tuple[Any, Check]] = {"caCertificates": (None, _long)}
_LOGIN: Mapping[str, tuple[Any, Check]] = {"username": (None, text)}
_OWNER: Mapping[str, tuple[Any, Check]] = {"organisation": (None, text)}
_SETTINGS: Mapping[ForgeKind, Mapping[str, tuple[Any, Check]]] = {
    ForgeKind.GITHUB: {**_OWNER, "appId": (None, _word), "installation": (None, _word), **_CA},
    ForgeKind.GITLAB: {**_OWNER, **_CA},
    ForgeKind.GITEA: {**_OWNER, **_LOGIN, **_CA},
    ForgeKind.BITBUCKET_SERVER: {"projects": ([], _names), **_LOGIN, "thorough": (False, _flag), **_CA},
    ForgeKind.GIT: {
        **_LOGIN, "repositories": ([], texts), "knownHosts": (None, _long), "webUrl": (None, _web), **_CA,
    },
}  # fmt: skip
_SECRETS: Mapping[ForgeKind, tuple[str, ...]] = {
    ForgeKind.GITHUB: ("token", "privateKey"),
    ForgeKind.GITLAB: ("token",),
    ForgeKind.GITEA: ("token", "password"),
    ForgeKind.BITBUCKET_SERVER: ("token", "password"),
    ForgeKind.GIT: ("token", "password", "privateKey"),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the installation allows."""

    policy: AddressPolicy
    local_folder: Path | None = None
    """Below it plain git may name repositories of this machine; None: nowhere."""


def kind_of(value: Any) -> ForgeKind:
    """A kind of forge.

    Raises:
        InvalidRequest: there is none of that name.
    """
    if not isinstance(value, str) or value not in set(ForgeKind):
        near = did_you_mean(value, list(ForgeKind)) if isinstance(value, str) else ""
        refuse("kind", "one of " + ", ".join(f'"{each.value}"' for each in ForgeKind) + near)
    return ForgeKind(value)


def settings_of(kind: ForgeKind, before: Mapping[str, Any], changes: Any) -> dict[str, Any]:
    """The settings after a change; null removes one.

    Raises:
        InvalidRequest: a key is not one of this kind's, or its value does not fit.
    """
    if not isinstance(changes, dict):
        refuse("settings", "an object")
    found = checked(_SETTINGS[kind], {**before, **changes}, "settings.")
    if len(found.get("repositories", ())) > _MOST_REPOSITORIES:
        refuse("settings.repositories", f"at most {_MOST_REPOSITORIES} clone URLs")
    return found


def secrets_of(kind: ForgeKind, before: Mapping[str, str], changes: Any) -> dict[str, str]:
    """The secrets after a change; null removes one.

    Raises:
        InvalidRequest: a key is not one of this kind's, or its value is no text. The value is never repeated.
    """
    if not isinstance(changes, dict):
        refuse("secrets", "an object")
    allowed = (*_SECRETS[kind], *HOOK_SECRETS)
    found = dict(before)
    for name, value in changes.items():
        if name not in allowed:
            raise InvalidRequest(
                f'"secrets.{name}" is not known for "{kind.value}"{did_you_mean(name, allowed)}; '
                "it takes " + ", ".join(allowed)
            )
        if value is None:
            found.pop(name, None)
        elif not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_SECRET:
            refuse(f"secrets.{name}", f"a text of 1 to {_LONGEST_SECRET} characters, or null to remove it")
        else:
            found[name] = value if name == "privateKey" else value.strip()
    return found


def url_of(kind: ForgeKind, value: Any, settings: Mapping[str, Any], rules: Rules) -> str:
    """The address in the spelling that is kept.

    Raises:
        InvalidRequest: it is none that may be used.
    """
    url = "" if value is None else value
    if not isinstance(url, str) or len(url) > 2000:
        refuse("url", "a text of at most 2000 characters")
    url = url.strip()
    if kind is ForgeKind.GIT:
        return _git(url, settings, rules)
    if not url and kind is ForgeKind.GITHUB:
        url = GITHUB
    if not url:
        raise InvalidRequest(f'"url" is required: the address of the forge, such as "https://{kind.value}.example.com"')
    parsed = parse_url(url)
    if parsed.user is not None or parsed.password is not None:
        raise InvalidRequest('"url" holds a login; user name and password belong into settings and secrets')
    if parsed.query_string or parsed.fragment:
        raise InvalidRequest(f'"url" is the address of the forge alone, without query and fragment; this is "{url}"')
    _allowed(parsed.host or "", rules)
    return url.rstrip("/")


def _allowed(host: str, rules: Rules) -> None:
    """Numeric addresses are refused at once; names when they are connected to."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    refusal = rules.policy.refusal(host)
    if refusal is not None:
        raise InvalidRequest(f'"{host}" may not be reached from here: {refusal}', code="destination_refused")


def _git(url: str, settings: Mapping[str, Any], rules: Rules) -> str:
    repositories: list[str] = settings.get("repositories", [])
    if bool(url) == bool(repositories):
        raise InvalidRequest(
            'Plain git takes either "url" (a clone URL, or ssh://git@host of a gitolite server) or '
            '"settings.repositories" (a list of clone URLs)'
        )
    for each in repositories or [url]:
        address = _address(each)
        if address.scheme == "file":
            _local(address, rules)
        else:
            _allowed(address.host, rules)
    return url


def _local(address: CloneAddress, rules: Rules) -> None:
    """Folders of this machine: only below the one that its administrator has opened."""
    if rules.local_folder is None:
        raise InvalidRequest(
            "Repositories on the portal's own machine are not read; whoever runs it can allow a folder with "
            "FAIRWAY_GITOPS_LOCAL_FOLDER"
        )
    if not Path(address.path).is_relative_to(rules.local_folder.resolve()):
        raise InvalidRequest("Repositories on the portal's own machine have to lie in the folder that is open for them")


def origin_of(kind: ForgeKind, url: str, settings: Mapping[str, Any]) -> frozenset[str]:
    """Where a login is sent."""
    if kind is not ForgeKind.GIT:
        return frozenset({str(URL(url).origin())})
    return frozenset(_address(each).origin for each in settings.get("repositories") or [url])


def _address(url: str) -> CloneAddress:
    """A gitolite server has no path of its own."""
    bare = url.startswith("ssh://") and not url.partition("://")[2].partition("/")[2]
    return parse_address(f"{url.rstrip('/')}/info" if bare else url)


def check_login(kind: ForgeKind, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Raises:
    InvalidRequest: parts of a login are missing, so that it cannot work.
    """
    if kind is ForgeKind.GITHUB:
        if ("appId" in settings) != ("privateKey" in secrets):
            raise InvalidRequest('A GitHub App needs both "settings.appId" and "secrets.privateKey" (its PEM)')
        if "appId" not in settings and "token" not in secrets:
            raise InvalidRequest('GitHub needs "secrets.token", or an app: "settings.appId" and "secrets.privateKey"')
    if kind is ForgeKind.GITLAB and "token" not in secrets:
        raise InvalidRequest('GitLab needs "secrets.token" with the scope read_api')
    if "password" in secrets and "username" not in settings and kind is not ForgeKind.GIT:
        raise InvalidRequest('"secrets.password" needs "settings.username"')
    if kind is ForgeKind.GIT and "privateKey" in secrets and "knownHosts" not in settings:
        raise InvalidRequest(
            '"secrets.privateKey" needs "settings.knownHosts": the lines of a known_hosts file for the server'
        )
