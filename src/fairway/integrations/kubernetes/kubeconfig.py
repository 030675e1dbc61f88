"""The file that kubectl reads. Programs that it names are not run."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fairway.integration.http import ClientTls
from fairway.integrations.kubernetes.access import Access
from fairway.kit.errors import InvalidRequest


def read_kubeconfig(path: Path, context: str | None = None) -> Access:
    """How the cluster of ``context``, or of the current one, is reached.

    Raises:
        InvalidRequest: it cannot be read, or asks for what is not supported.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidRequest(f'The kubeconfig "{path}" cannot be read: {error}') from None
    if not isinstance(document, Mapping):
        raise InvalidRequest(f'The kubeconfig "{path}" is no object')
    name = context or document.get("current-context")
    if not name:
        raise InvalidRequest(f'The kubeconfig "{path}" has no current context, so `context` must name one')
    chosen = _named(path, document, "contexts", "context", name)
    cluster = _named(path, document, "clusters", "cluster", chosen.get("cluster"))
    user = _named(path, document, "users", "user", chosen["user"]) if chosen.get("user") else {}
    _require_supported(path, cluster, user)
    return Access(
        _text(path, cluster, "server"),
        name=str(chosen.get("cluster")),
        tls=_tls(path, cluster, user),
        token=_optional(user, "token"),
        token_file=_beside(path, user.get("tokenFile")),
        basic=(str(user["username"]), str(user.get("password") or "")) if user.get("username") else None,
    )


def _named(path: Path, document: Mapping[str, Any], group: str, key: str, name: Any) -> Mapping[str, Any]:
    listed = document.get(group)
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("name") == name and isinstance(each.get(key), Mapping):
            found: Mapping[str, Any] = each[key]
            return found
    raise InvalidRequest(f'The kubeconfig "{path}" has no "{name}" in its {group}')


def _require_supported(path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    if "exec" in user or "auth-provider" in user:
        command = (user.get("exec") or {}).get("command") or (user.get("auth-provider") or {}).get("name")
        raise InvalidRequest(
            f'The kubeconfig "{path}" gets its credentials from a program ("{command}"), which is not run here. Give'
            " the token of a service account instead (`token` or `tokenFile`), or run inside of the cluster"
        )
    for key in ("proxy-url", "as", "as-groups", "as-uid"):
        if cluster.get(key) or user.get(key):
            raise InvalidRequest(f'The kubeconfig "{path}" has "{key}", which is not supported')


def _tls(path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ClientTls:
    return ClientTls(
        ca_file=_beside(path, cluster.get("certificate-authority")),
        ca=_decoded(path, cluster, "certificate-authority-data"),
        certificate_file=_beside(path, user.get("client-certificate")),
        key_file=_beside(path, user.get("client-key")),
        certificate=_decoded(path, user, "client-certificate-data"),
        key=_decoded(path, user, "client-key-data"),
        verify=not cluster.get("insecure-skip-tls-verify"),
        server_name=_optional(cluster, "tls-server-name"),
    )


def _decoded(path: Path, document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    if not value:
        return None
    try:
        return base64.b64decode(str(value), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidRequest(f'The kubeconfig "{path}" has a "{key}" that is no base64 of a PEM text') from None


def _beside(path: Path, value: Any) -> Path | None:
    """Relative paths are beside the kubeconfig."""
    return path.parent / str(value) if value else None


def _optional(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    return str(value) if value else None


def _text(path: Path, document: Mapping[str, Any], key: str) -> str:
    value = _optional(document, key)
    if value is None:
        raise InvalidRequest(f'The kubeconfig "{path}" has a cluster without "{key}"')
    return value
