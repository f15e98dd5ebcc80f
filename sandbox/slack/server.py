"""One aiohttp server for everything: Web API, Socket Mode, uploads, response_urls, page, control.

Runs on a loop of its own in a thread of its own. It listens on loopback only and answers only to
loopback names in ``Host``, so that neither another machine nor a page of another site reaches it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from aiohttp import web

from sandbox.slack.acting import Acting
from sandbox.slack.backend import Backend
from sandbox.slack.control import Control
from sandbox.slack.errors import SlackError
from sandbox.slack.json_text import parsed
from sandbox.slack.web.dispatch import Dispatcher

_PAGE = Path(__file__).with_name("page")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MOST_BYTES = 64 * 1024 * 1024
_START_SECONDS = 10.0
_TURNS = 8
"""Of the loop: more than it takes until a connection that was accepted is known to aiohttp."""

_log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def check_loopback(host: str) -> None:
    """Raise ``ValueError`` for an address other machines could reach."""
    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"the sandbox listens on loopback only, not on {host!r}")


class Server:
    """The listening side of a backend."""

    def __init__(self, backend: Backend, host: str, port: int) -> None:
        """Prepare to listen; raises ``ValueError`` for a host that is not loopback."""
        check_loopback(host)
        self._backend = backend
        self._host = host
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._over: asyncio.Event | None = None
        self.acting = Acting(backend)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop. Raises ``RuntimeError`` before the start."""
        if self._loop is None:
            raise RuntimeError("the sandbox is not running; call start() first")
        return self._loop

    def start(self) -> None:
        """Listen, and return once it does. Raises ``OSError`` when the port is taken."""
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="slack-sandbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("the sandbox did not start in time")
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop listening and end the thread."""
        loop, over, thread = self._loop, self._over, self._thread
        if loop is None or over is None or thread is None:
            return
        loop.call_soon_threadsafe(over.set)
        thread.join()
        self._loop = self._thread = None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        loop, answering = asyncio.get_running_loop(), cast(web.Server, runner.server)
        try:
            listening = await loop.create_server(answering, self._host, self._port)
            port = listening.sockets[0].getsockname()[1]
            shown = f"[{self._host}]" if ":" in self._host else self._host
            self._backend.origin = f"http://{shown}:{port}"
            self._loop = loop
            self._ready.set()
            await self._over.wait()
            await _close(listening)
        finally:
            await self._backend.sockets.close()
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=_MOST_BYTES, middlewares=[_guard])
        dispatcher = Dispatcher(self._backend)
        control = Control(self._backend, self.acting)
        application.add_routes(
            [
                web.route("*", "/api/{method}", dispatcher.handle),
                web.get("/link/", self._backend.sockets.serve),
                web.post("/upload/v1/{file}", self._upload),
                web.post("/response/{key}", self._respond),
                web.get("/files/{file}", self._file),
                *control.routes(),
                web.get("/", self._page),
                web.get("/page/{name}", self._page),
            ]
        )
        return application

    async def _page(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        path = _PAGE / name
        if path.parent != _PAGE or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)

    async def _upload(self, request: web.Request) -> web.Response:
        file = self._backend.workspace.files.get(request.match_info["file"])
        if file is None or file.completed:
            return web.Response(status=404, text="no such upload")
        try:
            content = await _uploaded(request)
        except (ValueError, LookupError, AssertionError):
            return web.Response(status=400, text="malformed upload")
        file.content, file.size = content, len(content)
        return web.Response(text=f"OK - {len(content)}")

    async def _file(self, request: web.Request) -> web.Response:
        file = self._backend.workspace.files.get(request.match_info["file"])
        if file is None or not file.completed:
            raise web.HTTPNotFound
        return web.Response(
            body=file.content,
            content_type="application/octet-stream",
            headers={"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"},
        )

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            body = parsed(await request.read())
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        if not isinstance(body, dict):
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        try:
            self._backend.response_urls.use(request.match_info["key"], body)
        except SlackError as error:
            spent = error.code in ("invalid_url", "expired_url", "used_url")
            return web.json_response(error.answer(), status=404 if spent else 200)
        return web.Response(text="ok")


async def _close(listening: asyncio.Server) -> None:
    """Accept no more, let what was accepted arrive at aiohttp, which will close it, and close.

    asyncio loses a connection that it accepted and takes up after its server was closed.
    """
    for each in listening.sockets:
        listening.get_loop().remove_reader(each.fileno())
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    listening.close()


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer only to loopback names, keep the page's policy, and turn a fault of ours to JSON."""
    host = request.host.rsplit(":", 1)[0].strip("[]") if request.host else ""
    try:
        check_loopback(host)
    except ValueError:
        return web.json_response({"error": "loopback only"}, status=403)
    try:
        response = await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        _log.exception("the sandbox failed on %s", request.path)
        return web.json_response({"ok": False, "error": "fatal_error"}, status=500)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
    return response


async def _uploaded(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form: Any = await request.post()
    for part in form.values():
        if isinstance(part, web.FileField):
            return part.file.read()
        if isinstance(part, str):
            return part.encode()
    return b""
