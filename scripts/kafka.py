"""A real Apache Kafka in KRaft mode on this machine, from Maven's repository: for tests and for trying things.

python scripts/kafka.py [--port 9092] [--data FOLDER]        (or: make kafka)

Needs Java 17 and Maven. Prints ``ready: HOST:PORT`` once the broker answers, and runs until it is stopped.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KAFKA = "4.1.1"
LIBRARIES = Path(".tools") / f"kafka-{KAFKA}"
_CLUSTER = "ZmFpcndheS10ZXN0LWthZg"
"""A cluster id: 16 bytes in URL-safe base64 without padding."""
_START_SECONDS = 60
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>fairway</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA}</version></dependency>
  </dependencies>
</project>
"""
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{sasl},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{sasl}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config={login}
connections.max.reauth.ms=5000
log.dirs={data}
num.partitions=4
auto.create.topics.enable=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


def available() -> bool:
    """Whether this machine has what it takes."""
    return shutil.which("java") is not None and (LIBRARIES.is_dir() or shutil.which("mvn") is not None)


def fetch() -> None:
    """Kafka's libraries in ``.tools``, once."""
    if (LIBRARIES / ".complete").exists():
        return
    with tempfile.TemporaryDirectory() as name:
        pom = Path(name) / "pom.xml"
        pom.write_text(_POM)
        target = f"-DoutputDirectory={LIBRARIES.absolute()}"
        command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", target]
        subprocess.run(command, check=True, timeout=600)
    (LIBRARIES / ".complete").touch()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def java(program: str, *arguments: str) -> list[str]:
    """The command that runs one of Kafka's programs."""
    return ["java", "-Xmx512m", "-cp", f"{LIBRARIES.absolute()}/*", program, *arguments]


def start(port: int, data: Path, sasl: int = 0) -> subprocess.Popen[bytes]:
    """A formatted and started broker that answers; at ``sasl`` it asks for a login by SCRAM-SHA-512, with users that
    are made over the other port."""
    data.mkdir(parents=True, exist_ok=True)
    properties = data / "server.properties"
    values = {
        "login": _LOGIN,
        "port": port,
        "sasl": sasl or free_port(),
        "controller": free_port(),
        "data": data / "log",
    }
    properties.write_text(_PROPERTIES.format(**values))
    format_it = java("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(properties), "--ignore-formatted")
    subprocess.run(format_it, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    with (data / "broker.txt").open("wb") as output:
        broker = subprocess.Popen(java("kafka.Kafka", str(properties)), stdout=output, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and broker.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return broker
        time.sleep(0.2)
    broker.kill()
    raise SystemExit("Kafka did not start:\n" + (data / "broker.txt").read_text()[-4000:])


def main() -> None:
    """Runs a broker in the foreground."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    if not available():
        raise SystemExit("A real Kafka needs java (17 or newer) and mvn on the PATH")
    fetch()
    with tempfile.TemporaryDirectory(prefix="fairway-kafka-") as name:
        broker = start(arguments.port, arguments.data or Path(name))
        print(f"ready: 127.0.0.1:{arguments.port}", flush=True)
        signal.signal(signal.SIGTERM, lambda *_: broker.terminate())
        try:
            sys.exit(broker.wait())
        except KeyboardInterrupt:
            broker.terminate()
            broker.wait()


if __name__ == "__main__":
    main()
