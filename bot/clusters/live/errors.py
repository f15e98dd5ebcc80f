"""What went wrong, as the port's exceptions with sentences a person can act on.

Two ways in: ``refusal`` for an answer of the server that is not a success, ``failure`` for no
answer at all (DNS, TCP, TLS, time-outs). Texts of the server are quoted, shortened and redacted;
headers, bodies and tokens that were sent are never part of a message.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from urllib3 import exceptions as http

from bot.clusters.live.requests import Request, spoken
from bot.clusters.port import (
    ClusterError,
    Conflict,
    Denied,
    Expired,
    Invalid,
    NotFound,
    NotServed,
    Unauthorized,
    Unreachable,
    Untrusted,
)

MAX_RETRY_AFTER = 3600.0
"""Seconds; a server that asks for more is asked again after this long."""
_QUOTED = 400
"""Characters of a server's own text that a message quotes."""


class Dropped(Unreachable):
    """The connection was closed before an answer began: an idle one, most of the time."""


class Oversized(Unreachable):
    """The answer is larger than may be held in memory."""


class Garbled(Unreachable):
    """The answer is not what a Kubernetes API sends."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is spoken to and with what, in words for messages."""

    cluster: str
    address: str
    """Host and port."""
    login: str
    """Where the credentials are kept, such as ``secret openshift-config/src``."""
    trust: str
    """Where the certificate authorities are kept."""


def refusal(
    request: Request, peer: Peer, status: int, headers: Mapping[str, str], body: bytes
) -> ClusterError:
    """Return the exception for an answer with a status other than 2xx."""
    answer = _status_of(body)
    text = spoken(str(answer.get("message") or ""), _QUOTED)
    details = answer.get("details")
    details = details if isinstance(details, dict) else {}
    delay = retry_after(headers, details)
    return refused(request, peer, status, text, details, delay, is_api=bool(answer), body=body)


def refused(
    request: Request,
    peer: Peer,
    status: int,
    text: str,
    details: Mapping[str, Any] | None = None,
    delay: float | None = None,
    *,
    is_api: bool = True,
    body: bytes = b"",
) -> ClusterError:
    """Return the exception for a status code and what the server said about it."""
    cluster, said = peer.cluster, f": {text}" if text else ""
    if status == 401 or (status == 403 and '"system:anonymous"' in text):
        return Unauthorized(
            f"cluster {cluster} does not accept the credentials in {peer.login}: they have "
            "expired, were revoked or never were valid there; renew them",
            cluster=cluster,
        )
    if status == 403:
        return Denied(
            f"cluster {cluster} does not allow to {request}{said}; it takes {request.right}",
            cluster=cluster,
        )
    if status == 404:
        return _missing(request, peer, text, details or {}, is_api, body)
    if status == 409:
        return Conflict(f"cluster {cluster} did not {request}{said}", cluster=cluster)
    if status == 410:
        return Expired(
            f"cluster {cluster} no longer has the version to {request} from{said}; list again",
            cluster=cluster,
        )
    if status in (400, 405, 413, 415, 422) and is_api:
        return Invalid(f"cluster {cluster} refuses to {request}{said}", cluster=cluster)
    if status == 429:
        return Unreachable(
            f"cluster {cluster} is asked too much and did not {request}{said}; trying again later",
            cluster=cluster,
            retry_after=delay if delay is not None else 1.0,
        )
    if is_api:
        what = f"answered {status} when asked to {request}{said}"
    else:
        what = f"answered {status} and not as a Kubernetes API does when asked to {request}"
    return Unreachable(
        f"cluster {cluster} ({peer.address}) {what}", cluster=cluster, retry_after=delay
    )


def _missing(
    request: Request,
    peer: Peer,
    text: str,
    details: Mapping[str, Any],
    is_api: bool,
    body: bytes,
) -> ClusterError:
    cluster = peer.cluster
    if is_api and details.get("name"):
        what = f"{request.kind.singular}/{spoken(request.name or str(details['name']))}"
        where = f" in {spoken(request.namespace)}" if request.namespace else ""
        return NotFound(
            f"cluster {cluster} has no {what}{where}" + (f" ({text})" if text else ""),
            cluster=cluster,
        )
    if is_api or body.strip() == b"404 page not found":
        return NotServed(
            f"cluster {cluster} does not serve {request.kind.crd_name} "
            f"({request.kind.api_version})",
            cluster=cluster,
        )
    return Unreachable(
        f"{peer.address} answered 404 and not as a Kubernetes API does: is it the address of the "
        f"API server of cluster {cluster}?",
        cluster=cluster,
    )


def failure(request: Request, peer: Peer, error: Exception) -> ClusterError:
    """Return the exception for a call that got no answer."""
    if isinstance(error, ClusterError):
        return error
    cluster, at = peer.cluster, f"cluster {peer.cluster} ({peer.address})"
    tls = _tls_error(error)
    if tls is not None:
        return _untrusted(peer, tls)
    match error:
        case http.ProxyError():
            why = "the proxy did not let the bot through"
        case http.NameResolutionError():
            why = "its name cannot be resolved (DNS)"
        case http.NewConnectionError():
            why = f"no connection ({_cause(error)})"
        case http.ConnectTimeoutError():
            why = "nothing answered in time; a firewall or a stopped machine is likely"
        case http.TimeoutError() | TimeoutError():
            why = "it took the call and did not answer in time"
        case http.ProtocolError() | http.IncompleteRead() | ConnectionError():
            return Dropped(f"{at} closed the connection when asked to {request}", cluster=cluster)
        case http.DecodeError():
            why = "its answer is damaged"
        case ValueError():
            # The error's own text may quote the header, and so the token.
            why = f"its address or what is in {peer.login} cannot be sent over HTTP"
        case _:
            why = f"{type(error).__name__}: {spoken(str(error), 200)}"
    return Unreachable(f"{at} cannot be reached to {request}: {why}", cluster=cluster)


def _cause(error: BaseException) -> str:
    inner = error.__cause__ or error.__context__
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror.lower()
    return "refused or unreachable"


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """Return the TLS library's own error from what the HTTP client wrapped it in."""
    for _ in range(6):
        if error is None or isinstance(error, ssl.SSLError):
            break
        args = [arg for arg in error.args if isinstance(arg, BaseException)]
        error = args[0] if args else error.__cause__
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    return error if isinstance(error, ssl.SSLError) else None


_CERTIFICATE = {
    9: "is not valid yet (are the clocks right?)",
    10: "has expired",
    18: "is self-signed and not among the trusted ones",
    19: "comes from a certificate authority that is not among the trusted ones",
    20: "is signed by an unknown authority",
    21: "is signed by an unknown authority",
    23: "was revoked",
    62: "is for another host name",
    64: "is for another IP address",
}
"""X509_V_ERR_* of OpenSSL (x509_vfy.h)."""


def _untrusted(peer: Peer, error: ssl.SSLError) -> ClusterError:
    cluster, at = peer.cluster, f"cluster {peer.cluster} ({peer.address})"
    if isinstance(error, ssl.SSLCertVerificationError):
        code = error.verify_code
        what = _CERTIFICATE.get(code, f"is not trusted: {spoken(error.verify_message, 200)}")
        advice = (
            "give the cluster a new certificate"
            if code in (9, 10, 23)
            else "use the address the certificate is for"
            if code in (62, 64)
            else f"put the right authority into {peer.trust}"
        )
        return Untrusted(f"the certificate of {at} {what}; {advice}", cluster=cluster)
    reason = str(error.reason or "")
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return Unauthorized(
            f"{at} does not accept the client certificate in {peer.login}", cluster=cluster
        )
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return Untrusted(f"{at} does not speak TLS on that port; check its URL", cluster=cluster)
    return Untrusted(
        f"no secure connection to {at}: {spoken(reason or str(error), 200)}", cluster=cluster
    )


def retry_after(headers: Mapping[str, str], details: Mapping[str, Any]) -> float | None:
    """Return the seconds the server wants to be left alone, or None where it does not say."""
    said = headers.get("Retry-After") or details.get("retryAfterSeconds")
    if said is None:
        return None
    try:
        seconds = float(said)
    except (TypeError, ValueError):
        try:
            seconds = (parsedate_to_datetime(str(said)) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if seconds == seconds else None


def _status_of(body: bytes) -> dict[str, Any]:
    """Return a ``Status`` object of the API, or an empty one for any other text."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    is_status = isinstance(parsed, dict) and parsed.get("kind") == "Status"
    return parsed if is_status else {}
