"""An engine behind TLS that asks for certificates, with a folder as of ``DOCKER_CERT_PATH``."""

from __future__ import annotations

import shutil
from pathlib import Path

from fairway.integration.folder import load_integration
from fairway.integration.testing import only, run_resync
from fairway.integrations import docker
from fairway.integrations.docker.tests.server import Engine
from support.certificates import Authority

LOADED = load_integration(Path(docker.__file__).parent)


async def test_certificates_of_a_folder(tmp_path: Path) -> None:
    authority, people = Authority(tmp_path, "ca"), Authority(tmp_path, "people")
    certificate, key = people.issue("me")
    folder = tmp_path / "certificates"
    folder.mkdir()
    for source, name in ((authority.file, "ca.pem"), (certificate, "cert.pem"), (key, "key.pem")):
        shutil.copy(source, folder / name)
    async with Engine(tls=authority.server(clients=people)) as engine:
        host = engine.url.replace("https", "tcp")
        config = LOADED.config_model.model_validate({"dockerHost": host, "certificatesFolder": str(folder)})
        found = await run_resync(LOADED.integration, only(LOADED.resources.mapping or {}, "engine"), config=config)
    assert [each.identifier for each in found.entities] == ["dock-1"]
