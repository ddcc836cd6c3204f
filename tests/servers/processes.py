"""Real servers for tests: each a process of its own on a free port of loopback, its data in a temporary folder.

Needs nothing but Python's standard library, so that CI can start them before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

_HOST = "127.0.0.1"
_READY_WITHIN_S = 90.0
_STOPPED_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.05
_TURN_SECRET = "north"


def free_port() -> int:
    """Give a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """A server that can be started, stopped, killed and started again with what it kept.

    Args:
        folder: Its own; data and `log.txt` go there.
    """

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients reach it."""
        raise NotImplementedError

    @classmethod
    def missing(cls) -> str | None:
        """Say what is not installed; None where it can start."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and come back when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._prepare()
        self._process = self._spawn(self._command(), self._environment())
        deadline_s = time.monotonic() + _READY_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{self._last_lines()}")
            time.sleep(_LOOK_EVERY_S)

    def stop(self) -> None:
        """Stop it as an operator would; what it stored stays."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _prepare(self) -> None:
        """Make what it needs before its first start."""

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _environment(self) -> Mapping[str, str]:
        return {}

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((_HOST, self.port)) == 0

    def _spawn(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                command,
                env={**os.environ, **environment},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_user(),
            )

    def _as_user(self) -> dict[str, Any]:
        return {}

    def _end(self, with_signal: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        if with_signal == signal.SIGKILL:
            os.killpg(process.pid, with_signal)
        else:
            process.send_signal(with_signal)
        try:
            process.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _last_lines(self) -> str:
        return "\n".join((self.folder / "log.txt").read_text(errors="replace").splitlines()[-20:])


class Postgres(Server):
    """PostgreSQL of whichever version is installed, as the superuser `sightline` without a password."""

    name = "postgres"
    stop_signal = signal.SIGINT  # ends sessions now, and cleanly

    @property
    def url(self) -> str:
        """As SQLAlchemy wants it, with the psycopg driver."""
        return f"postgresql+psycopg://sightline@{_HOST}:{self.port}/postgres"

    @classmethod
    def missing(cls) -> str | None:
        """Say what is not installed."""
        return None if _postgres_programs() else "postgresql"

    def _prepare(self) -> None:
        data = self.folder / "data"
        if (data / "PG_VERSION").exists():
            return
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "postgres")
            self.folder.parent.chmod(0o711)
        programs = _postgres_programs()
        assert programs is not None
        command = [programs / "initdb", "--pgdata", data, "--username", "sightline", "--auth", "trust"]
        done = self._spawn([*map(str, command), "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"], {})
        if done.wait() != 0:
            raise RuntimeError(f"initdb failed:\n{self._last_lines()}")

    def _command(self) -> Sequence[str]:
        programs = _postgres_programs()
        settings = {
            "listen_addresses": _HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",  # a killed process loses nothing by it; only a power cut would
            "max_connections": "200",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [f"{programs}/postgres", "-D", str(self.folder / "data"), *options]

    def _answers(self) -> bool:
        command = [f"{_postgres_programs()}/pg_isready", "-q", "-h", _HOST, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def _as_user(self) -> dict[str, Any]:
        return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    named = shutil.which("postgres")
    return Path(named).parent if named else None


class Redis(Server):
    """Redis that keeps its data in an append-only file."""

    name = "redis"

    @property
    def url(self) -> str:
        """Database 0."""
        return f"redis://{_HOST}:{self.port}/0"

    @classmethod
    def missing(cls) -> str | None:
        """Say what is not installed."""
        return None if shutil.which("redis-server") else "redis-server"

    def _command(self) -> Sequence[str]:
        options = ["--bind", _HOST, "--port", str(self.port), "--dir", str(self.folder)]
        return ["redis-server", *options, "--save", "", "--appendonly", "yes", "--appendfsync", "always"]

    def _answers(self) -> bool:
        try:
            with socket.create_connection((_HOST, self.port), timeout=1) as probe:
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class Rabbitmq(Server):
    """RabbitMQ with its own Erlang port mapper, so that nothing of it outlives the tests."""

    name = "amqp"
    _programs = Path("/usr/lib/rabbitmq/bin")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._epmd_port, self._distribution_port = free_port(), free_port()
        self._epmd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The default virtual host as its default user."""
        return f"amqp://guest:guest@{_HOST}:{self.port}//"

    @classmethod
    def missing(cls) -> str | None:
        """Say what is not installed."""
        return None if (cls._programs / "rabbitmq-server").exists() else "rabbitmq-server"

    def start(self) -> None:
        """Start the port mapper first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._epmd is None:
            self._epmd = self._spawn(["epmd", "-port", str(self._epmd_port), "-address", _HOST], {})
        (self.folder / "enabled_plugins").write_text("[].\n")
        super().start()

    def stop(self) -> None:
        """Stop the broker, then the port mapper."""
        super().stop()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def _command(self) -> Sequence[str]:
        return [str(self._programs / "rabbitmq-server")]

    def _environment(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.folder),  # holds the Erlang cookie
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": _HOST,
            "RABBITMQ_NODENAME": f"sightline{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": _HOST,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        }


class S3(Server):
    """An S3 server: moto's, in an environment of its own that `make servers` makes."""

    name = "s3"
    _program = Path(__file__).parent / ".venv" / "bin" / "moto_server"

    @property
    def url(self) -> str:
        """Endpoint; any key and secret are taken."""
        return f"http://{_HOST}:{self.port}"

    @classmethod
    def missing(cls) -> str | None:
        """Say what is not installed."""
        return None if cls._program.exists() else "moto (make servers)"

    def _command(self) -> Sequence[str]:
        return [str(self._program), "-H", _HOST, "-p", str(self.port)]

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/moto-api/", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


class Turn(Server):
    """coturn, whose users' passwords a shared secret signs; it relays to this machine's own addresses."""

    name = "turn"

    @property
    def url(self) -> str:
        """With the secret; browsers write `turn:host:port`."""
        return f"turn://{_TURN_SECRET}@{_HOST}:{self.port}"

    @classmethod
    def missing(cls) -> str | None:
        """Say what is not installed."""
        return None if shutil.which("turnserver") else "coturn"

    def _command(self) -> Sequence[str]:
        addresses = ["--listening-ip", _HOST, "--relay-ip", _HOST, "--listening-port", str(self.port)]
        secret = ["--use-auth-secret", "--static-auth-secret", _TURN_SECRET, "--realm", "sightline.test"]
        files = ["--userdb", str(self.folder / "users"), "--pidfile", str(self.folder / "pid")]
        return ["turnserver", "-n", *addresses, *secret, *files, "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout"]  # fmt: skip


KINDS: Mapping[str, type[Server]] = {kind.name: kind for kind in (Postgres, Redis, Rabbitmq, S3, Turn)}
VARIABLES: Mapping[str, str] = {name: f"SIGHTLINE_TEST_{name.upper()}_URL" for name in KINDS}
