"""What a bot asks of an API server: requests out of the audit log, bytes through a forwarder."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import orjson

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["ResponseStarted", "ResponseComplete", "Panic"],
    "rules": [{"level": "Metadata"}],
}


@dataclass
class Audit:
    """The audit log of one API server."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "audit.yaml").write_bytes(orjson.dumps(AUDIT_POLICY))
        self._log = self.folder / "audit.log"

    @property
    def flags(self) -> tuple[str, ...]:
        """Return the flags that make an API server write it."""
        return (
            f"--audit-policy-file={self.folder / 'audit.yaml'}",
            f"--audit-log-path={self._log}",
            "--audit-log-maxsize=2000",
        )

    def mark(self) -> int:
        """Return where the log ends now."""
        return self._log.stat().st_size if self._log.exists() else 0

    def requests(self, user: str, since: int) -> Counter[str]:
        """Return the requests of a user by verb since a mark."""
        found: Counter[str] = Counter()
        with self._log.open("rb") as file:
            file.seek(since)
            for line in file:
                if user.encode() not in line:
                    continue
                entry = orjson.loads(line)
                if entry["user"]["username"] == user:
                    found[entry["verb"]] += 1
        return found


class Forwarder:
    """A port on loopback that leads to another, and counts what goes through."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lock = threading.Lock()
        self.received = 0
        """Bytes that came back from the server."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        try:
            while piece := source.recv(1 << 16):
                sink.sendall(piece)
                if counted:
                    with self._lock:
                        self.received += len(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                end.close()
