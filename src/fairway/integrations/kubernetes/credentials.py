"""Which way to the API server the settings mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairway.integration.http import ClientTls
from fairway.integrations.kubernetes.access import Access
from fairway.integrations.kubernetes.kubeconfig import read_kubeconfig
from fairway.kit.errors import InvalidRequest

IN_CLUSTER = "https://kubernetes.default.svc"


def access_of(config: Any) -> Access:
    """The first that is there: a kubeconfig, an address, the service account of the pod.

    Raises:
        InvalidRequest: there is none, or it cannot be used.
    """
    if config.kubeconfig:
        return read_kubeconfig(Path(config.kubeconfig).expanduser(), config.context)
    if config.api_url:
        return _given(config)
    folder = Path(config.service_account_folder)
    if not (folder / "token").is_file():
        raise InvalidRequest(
            f'There is no way to the cluster: neither `kubeconfig` nor `apiUrl` is set, and "{folder}" has no token of'
            " a service account, so this is no pod"
        )
    ca = folder / "ca.crt"
    return Access(IN_CLUSTER, tls=ClientTls(ca_file=ca) if ca.is_file() else None, token_file=folder / "token")


def _given(config: Any) -> Access:
    tls = ClientTls(
        ca=config.ca_certificate,
        ca_file=Path(config.ca_file) if config.ca_file else None,
        certificate=config.client_certificate,
        key=config.client_key.get_secret_value() if config.client_key is not None else None,
        verify=not config.insecure_skip_tls_verify,
    )
    token = config.token.get_secret_value() if config.token is not None else None
    return Access(
        config.api_url,
        tls=None if tls == ClientTls() else tls,
        token=token,
        token_file=Path(config.token_file) if config.token_file else None,
    )
