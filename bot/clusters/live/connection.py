"""One Kubernetes API over HTTPS: credentials, trust, time-outs, bounds.

Guarantees: an answer lasts no longer than its time-outs, however slowly it comes; none is held
beyond its bound; redirects are not followed, so that a token reaches no other host;
what fails is raised as an exception of the port. Reads are tried again where that is safe and
soon (an idle connection that was closed, a short ``Retry-After``), writes never are.

Credentials and authorities change while the bot runs. When a server refuses one or presents a
certificate that is not trusted, they are read again from where they came from, and the call is
made once more if they differ.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import SO_KEEPALIVE, SOL_SOCKET
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import orjson
import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from bot.clusters.live.errors import Dropped, Garbled, Oversized, Peer, failure, refusal
from bot.clusters.live.requests import Request
from bot.clusters.port import (
    Json,
    NotFound,
    Unauthorized,
    Unreachable,
    Untrusted,
)

_CHUNK = 1 << 16
_ATTEMPTS = 3
_KEPT_OPEN = 32
"""Connections to one cluster: a watch a kind, and what several diagnoses ask side by side."""
_ERROR_BODY = 1 << 16
_MERGE_PATCH = "application/merge-patch+json"

Query = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a cluster may take, and how much of it is held in memory."""

    connect_seconds: float = 5.0
    """For TCP and TLS to be up."""
    read_seconds: float = 30.0
    """Longest silence of a server within an answer."""
    total_seconds: float = 120.0
    """For one whole answer, watches and logs excepted."""
    wait_seconds: float = 3.0
    """A read waits this long by itself where the server asks for it."""
    watch_silence_seconds: float = 150.0
    """Bookmarks come about once a minute; after this long without one a watch is dead."""
    log_seconds: float = 300.0
    """For reading one log to its end."""
    answer_bytes: int = 64 << 20
    """Of one answer, and of one event of a watch."""
    list_objects: int = 100_000
    """That one listing holds at most; what is beyond becomes a problem."""


class _Endpoint:
    """Settings as they were at one moment, with the connections made from them."""

    def __init__(self, settings: Configuration) -> None:
        self.settings = settings
        self.fingerprint = _fingerprint(settings)
        settings.connection_pool_maxsize = _KEPT_OPEN
        self.pool = RESTClientObject(settings).pool_manager
        for given in ("ca_certs", "ca_cert_data", "cert_file", "key_file", "cert_reqs"):
            self.pool.connection_pool_kw.pop(given, None)
        self.pool.connection_pool_kw["ssl_context"] = _tls(settings)
        self.pool.connection_pool_kw["socket_options"] = _socket_options()

    def headers(self) -> dict[str, str]:
        """Return what tells the server who calls; tokens that expire are renewed by then."""
        found = {"User-Agent": "mtc-bot", "Accept": "application/json"}
        settings = cast("dict[str, Any]", self.settings.auth_settings())
        for auth in settings.values():
            if auth["in"] == "header" and auth["value"]:
                found[auth["key"]] = str(auth["value"]).strip()
        return found


class Connection:
    """Calls to one cluster's API; may be used by many threads."""

    def __init__(
        self,
        load: Callable[[], Configuration],
        *,
        cluster: str,
        login: str,
        trust: str,
        limits: Limits,
    ) -> None:
        """Read the settings with ``load``; ``login`` and ``trust`` say where they are kept.

        Raises ``ClusterError`` where the settings cannot be used.
        """
        self.cluster = cluster
        self.limits = limits
        self._load = load
        self._login = login
        self._trust = trust
        self._lock = threading.Lock()
        self._endpoint = self._made()

    @property
    def peer(self) -> Peer:
        """Return who is at the other end, in words."""
        address = urlsplit(self._endpoint.settings.host).netloc.rpartition("@")[2]
        return Peer(self.cluster, address, self._login, self._trust)

    def read(
        self,
        request: Request,
        query: Query | None = None,
        *,
        accept: str = "",
        parse: Callable[[bytes], Any] = orjson.loads,
    ) -> Json:
        """Return the JSON object that a GET answers; ``parse`` raises ``ValueError``."""
        headers = {"Accept-Encoding": "gzip"} | ({"Accept": accept} if accept else {})
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._answer("GET", request, query, headers=headers) as response:
                    return self._json(request, self._whole(request, response), parse)
            except Unreachable as error:
                delay = error.retry_after
                if attempt == _ATTEMPTS or delay is None or delay > self.limits.wait_seconds:
                    raise
                time.sleep(delay)
        raise AssertionError("the last attempt returns or raises")

    def write(
        self,
        method: str,
        request: Request,
        body: Json,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Return the JSON object that a POST, PATCH or DELETE answers; it is sent once."""
        kind = _MERGE_PATCH if method == "PATCH" else "application/json"
        data, sent = orjson.dumps(body), urllib3.HTTPHeaderDict(headers)
        sent["Content-Type"] = kind
        with self._answer(method, request, query, data, sent) as response:
            return self._json(request, self._whole(request, response))

    @contextmanager
    def stream(
        self, request: Request, query: Query, silence: float
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Give the open answer of a GET; ``silence`` is the longest pause in it, in seconds."""
        with self._answer("GET", request, query, silence=silence) as response:
            yield response

    @contextmanager
    def _answer(
        self,
        method: str,
        request: Request,
        query: Query | None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        silence: float | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        endpoint, silence = self._endpoint, silence or self.limits.read_seconds
        try:
            response = self._asked(endpoint, method, request, query, body, headers, silence)
        except Dropped:
            if method != "GET":
                raise
            response = self._asked(endpoint, method, request, query, body, headers, silence)
        except (Unauthorized, Untrusted):
            if not self._renewed(endpoint):
                raise
            endpoint = self._endpoint
            response = self._asked(endpoint, method, request, query, body, headers, silence)
        try:
            yield response
        except (HTTPError, OSError) as error:
            raise failure(request, self.peer, error) from None
        finally:
            response.close()

    def _asked(
        self,
        endpoint: _Endpoint,
        method: str,
        request: Request,
        query: Query | None,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        silence: float,
    ) -> urllib3.BaseHTTPResponse:
        """Return the answer, its body unread; raises for any status other than 2xx."""
        url = endpoint.settings.host.rstrip("/") + request.path
        if query:
            url += "?" + urlencode(query)
        own = endpoint.headers()
        sent = urllib3.HTTPHeaderDict(headers)
        for name in own.keys() - set(sent):
            sent[name] = own[name]
        try:
            response = endpoint.pool.request(
                method,
                url,
                body=body,
                headers=sent,
                timeout=urllib3.Timeout(connect=self.limits.connect_seconds, read=silence),
                preload_content=False,
                retries=False,
                redirect=False,
            )
            if 200 <= response.status < 300:
                return response
            try:
                text = self._whole(request, response, _ERROR_BODY, cut=True)
            finally:
                response.close()
        except (HTTPError, OSError, ValueError) as error:
            raise failure(request, self.peer, error) from None
        raise refusal(request, self.peer, response.status, response.headers, text)

    def _whole(
        self,
        request: Request,
        response: urllib3.BaseHTTPResponse,
        most: int | None = None,
        *,
        cut: bool = False,
    ) -> bytes:
        until = time.monotonic() + self.limits.total_seconds
        most = most or self.limits.answer_bytes
        pieces: list[bytes] = []
        held = 0
        while piece := response.read1(_CHUNK):
            pieces.append(piece)
            held += len(piece)
            if held > most:
                if cut:
                    break
                raise Oversized(
                    f"cluster {self.cluster} answers {request} with more than "
                    f"{most >> 20} MiB, which is not read",
                    cluster=self.cluster,
                )
            if time.monotonic() > until:
                raise Unreachable(
                    f"cluster {self.cluster} ({self.peer.address}) sends its answer too slowly "
                    f"when asked to {request}",
                    cluster=self.cluster,
                )
        return b"".join(pieces)

    def _json(
        self, request: Request, data: bytes, parse: Callable[[bytes], Any] = orjson.loads
    ) -> Json:
        try:
            parsed: Any = parse(data)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise Garbled(
                f"cluster {self.cluster} ({self.peer.address}) answered something that is not an "
                f"object of a Kubernetes API when asked to {request}",
                cluster=self.cluster,
            )
        return parsed

    def _made(self) -> _Endpoint:
        try:
            return _Endpoint(self._load())
        except (ssl.SSLError, OSError, ValueError) as error:
            raise Untrusted(
                f"the certificates for cluster {self.cluster} in {self._trust} or {self._login} "
                f"cannot be used: {type(error).__name__}",
                cluster=self.cluster,
            ) from None

    def _renewed(self, used: _Endpoint) -> bool:
        """Return whether there are other settings by now than those that were used."""
        with self._lock:
            if self._endpoint is not used:
                return True
            try:
                fresh = self._made()
            except NotFound as error:
                raise Unauthorized(str(error), cluster=self.cluster) from None
            if fresh.fingerprint == used.fingerprint:
                return False
            self._endpoint = fresh
        used.pool.clear()
        return True


def _socket_options() -> list[tuple[int, int, int]]:
    """Return what notices within a minute that the other end of an idle watch is gone."""
    options = [*HTTPConnection.default_socket_options, (SOL_SOCKET, SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


def _tls(settings: Configuration) -> ssl.SSLContext:
    """Return what mig-controller's own client would trust.

    Go takes any certificate of the bundle as an anchor and knows no strict mode, so a cluster
    that MTC can reach is reached by the bot as well.
    """
    required = ssl.CERT_REQUIRED if settings.verify_ssl else ssl.CERT_NONE
    context = create_urllib3_context(cert_reqs=required)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if settings.verify_ssl:
        if settings.ssl_ca_cert or settings.ca_cert_data:
            context.load_verify_locations(cafile=settings.ssl_ca_cert, cadata=settings.ca_cert_data)
        else:
            context.load_default_certs()
    else:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context


def _fingerprint(settings: Configuration) -> str:
    """Return a digest that changes with address, credentials and trust, and tells none of them."""
    digest = hashlib.sha256()
    for value in (
        settings.host,
        settings.verify_ssl,
        settings.ca_cert_data,
        settings.auth_settings(),
        settings.proxy,
    ):
        digest.update(repr(value).encode())
    for path in (settings.ssl_ca_cert, settings.cert_file, settings.key_file):
        digest.update(Path(path).read_bytes() if path else b"-")
    return digest.hexdigest()
