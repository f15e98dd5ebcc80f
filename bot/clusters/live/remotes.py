"""How the bot gets to a source or destination cluster: as mig-controller does.

A MigCluster holds the address, a reference to the secret whose ``saToken`` is the bearer token,
and either a CA bundle or the wish to trust blindly (mig-controller
pkg/apis/migration/v1alpha1/migcluster_types.go, BuildRestConfig). The token is held in memory
only and sent to that address only; the bundle never touches a disk.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from kubernetes.client import Configuration

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.live.requests import spoken
from bot.clusters.port import (
    ClusterReader,
    Denied,
    Json,
    NotFound,
    Unauthorized,
    Unreachable,
    Untrusted,
)

TOKEN_KEY = "saToken"  # noqa: S105
"""Key of the token in the secret; MTC does not look at ``token``."""


def settings_of(host: ClusterReader, migcluster: Json) -> Configuration:
    """Return what a connection to the cluster of a MigCluster takes.

    Raises ``NotFound`` without a secret, ``Unauthorized`` without a usable token in it,
    ``Untrusted`` where the CA bundle is none or the address is not https, ``Unreachable`` where
    there is no address, ``Denied`` where the bot may not read the secret.
    """
    name, spec = name_of(migcluster), _mapping(migcluster.get("spec"))
    url = spec.get("url")
    if not isinstance(url, str) or not url.strip():
        raise Unreachable(f"migcluster/{name} has no url", cluster=name)
    return api_settings(
        _server(name, url.strip()),
        _token(host, name, spec),
        b"" if spec.get("insecure") is True else _bundle(name, spec.get("caBundle")),
        insecure=spec.get("insecure") is True,
    )


def api_settings(
    server: str, token: str = "", ca: bytes = b"", *, insecure: bool = False
) -> Configuration:
    """Return the settings for an address, a bearer token and PEM certificates of authorities."""
    settings = Configuration(host=server)
    settings.verify_ssl = not insecure
    settings.ca_cert_data = ca.decode("ascii", "ignore") if ca else None
    if token:
        settings.api_key["BearerToken"] = f"Bearer {token}"
    return settings


def secret_of(migcluster: Json) -> tuple[str, str]:
    """Return namespace and name of the secret with the token; empty where not given."""
    reference = _mapping(_mapping(migcluster.get("spec")).get("serviceAccountSecretRef"))
    name, namespace = reference.get("name"), reference.get("namespace")
    return (
        namespace if isinstance(namespace, str) and namespace else MTC_NAMESPACE,
        name if isinstance(name, str) else "",
    )


def name_of(migcluster: Json) -> str:
    """Return the name of a MigCluster."""
    return str(_mapping(migcluster.get("metadata")).get("name") or "")


def _server(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        address = parts.hostname and (parts.hostname, parts.port)
    except ValueError:
        address = None
    if not address or "@" in parts.netloc or parts.query or parts.fragment:
        raise Unreachable(f"the url of migcluster/{name} is not an address", cluster=name)
    if parts.scheme != "https":
        raise Untrusted(
            f"the url of migcluster/{name} is not https, and a token is not sent in the clear",
            cluster=name,
        )
    return url.rstrip("/")


def _token(host: ClusterReader, name: str, spec: Json) -> str:
    namespace, secret = secret_of({"spec": spec})
    where = f"secret {spoken(namespace)}/{spoken(secret)} of migcluster/{name}"
    if not secret:
        raise NotFound(f"migcluster/{name} names no serviceAccountSecretRef", cluster=name)
    try:
        data = _mapping(host.get(k.SECRET, secret, namespace).get("data"))
    except NotFound:
        raise NotFound(f"the {where} is not there", cluster=name) from None
    except Denied:
        raise Denied(
            f"the bot may not read the {where}; give it get on secrets in namespace "
            f"{spoken(namespace)}",
            cluster=name,
        ) from None
    try:
        token = base64.b64decode(str(data.get(TOKEN_KEY) or ""), validate=True)
    except (binascii.Error, ValueError):
        token = b""
    if not token:
        raise Unauthorized(f"the {where} has no {TOKEN_KEY}", cluster=name)
    if any(not 0x21 <= byte <= 0x7E for byte in token):
        raise Unauthorized(
            f"the {TOKEN_KEY} in the {where} has spaces, line ends or other letters that no token "
            "has; MTC cannot use it either: write it again without them",
            cluster=name,
        )
    return token.decode()


def _bundle(name: str, value: Any) -> bytes:
    """Return the PEM certificates of a bundle; empty for none, which means the system's own."""
    if value in (None, ""):
        return b""
    try:
        pem = base64.b64decode(str(value), validate=True)
        x509.load_pem_x509_certificates(pem)
    except (binascii.Error, ValueError):
        raise Untrusted(
            f"the caBundle of migcluster/{name} holds no PEM certificate", cluster=name
        ) from None
    return pem


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
