"""A kubeconfig with client certificates, against an API server that asks for them."""

from __future__ import annotations

import base64
from pathlib import Path

from fairway.integration.folder import load_integration
from fairway.integration.testing import only, run_resync
from fairway.integrations import kubernetes
from fairway.integrations.kubernetes.tests.server import ApiServer
from fairway.integrations.kubernetes.tests.test_kubernetes import kubeconfig
from support.certificates import Authority

LOADED = load_integration(Path(kubernetes.__file__).parent)
MAPPING = LOADED.resources.mapping or {}


async def test_a_kubeconfig_with_client_certificates(tmp_path: Path) -> None:
    authority, people = Authority(tmp_path, "cluster"), Authority(tmp_path, "people")
    certificate, key = people.issue("me")
    async with ApiServer(tls=authority.server(clients=people)) as server:
        server.token = None
        texts = {
            "client-certificate-data": base64.b64encode(certificate.read_bytes()).decode(),
            "client-key-data": base64.b64encode(key.read_bytes()).decode(),
        }
        ca = base64.b64encode(authority.file.read_bytes()).decode()
        for cluster, user in (
            ({"certificate-authority-data": ca}, texts),
            ({"certificate-authority": authority.file.name}, {"client-certificate": "me.crt", "client-key": "me.key"}),
        ):
            path = kubeconfig(tmp_path, {"server": server.url, **cluster}, user)
            config = LOADED.config_model.model_validate({"kubeconfig": str(path)})
            found = await run_resync(LOADED.integration, only(MAPPING, "cluster"), config=config)
            assert [each.identifier for each in found.entities] == ["blue"]
