"""A server on loopback that does what a real API server cannot be made to do.

It is given what to answer, one function for each request in turn (the last one for all that
follow), and keeps what it was asked.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: list[tuple[str, str]]
    connection: int


@dataclass
class Misbehaving:
    """A running server; ``url`` is where."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


def answers(status: int, body: bytes | Any, headers: dict[str, str] | None = None) -> Answer:
    """Answer with a status, a body (bytes, or anything as JSON) and headers."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def status(code: int, message: str = "", **details: Any) -> Answer:
    """Answer with a ``Status`` as the API sends it."""
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "message": message}
    return answers(code, {**body, "details": details})


def page(names: list[str], position: str = "", version: str = "7", **metadata: Any) -> Answer:
    """Answer with a list of ConfigMaps."""
    items = [{"metadata": {"name": name, "namespace": "a"}} for name in names]
    return answers(
        200,
        {
            "kind": "ConfigMapList",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": version, "continue": position, **metadata},
            "items": items,
        },
    )


def events(*lines: bytes, then: Callable[[], None] = lambda: None) -> Answer:
    """Answer with a chunked stream of lines, and end it after ``then`` without its last chunk."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for line in lines:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            handler.wfile.flush()
        then()
        handler.close_connection = True

    return answer


def hangs(seconds: float) -> Answer:
    """Say nothing for as long."""
    return lambda handler: time.sleep(seconds)


def dribbles(handler: BaseHTTPRequestHandler) -> None:
    """Send one byte at a time, never long enough apart for a read to time out."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        for _ in range(1000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        handler.close_connection = True


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


@contextmanager
def misbehaving(*script: Answer, serving: tuple[Path, Path] | None = None) -> Iterator[Misbehaving]:
    """Run a server that answers by the script; with TLS where a certificate is given."""
    state = Misbehaving()
    broken: list[BaseException] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            with lock:
                state.connections += 1
                self.number = state.connections
            super().setup()

        def answer(self) -> None:
            with lock:
                turn = min(len(state.asked), len(script) - 1)
                state.asked.append(
                    Asked(self.command, self.path, list(self.headers.items()), self.number)
                )
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                script[turn](self)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            del request, client_address
            error = sys.exc_info()[1]
            if error is not None and not isinstance(error, OSError):
                broken.append(error)

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if serving is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*serving)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    state.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if broken:
        raise broken[0]
