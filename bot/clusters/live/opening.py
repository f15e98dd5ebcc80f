"""Where the way to a control cluster comes from: a kubeconfig, the pod the bot runs in, or both
given by hand."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.client import Configuration

from bot.clusters.live.connection import Limits
from bot.clusters.live.plane import LivePlane
from bot.clusters.live.remotes import api_settings
from bot.clusters.live.requests import spoken
from bot.clusters.port import ClusterError

_DEFAULT = "~/.kube/config"
_UNUSABLE = (
    config.ConfigException,
    yaml.YAMLError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
)
"""What the client raises for a kubeconfig that is not one."""


def open_live(
    context: str = "",
    kubeconfig: Path | None = None,
    name: str = "",
    *,
    in_cluster: bool = False,
    writable: bool = False,
    limits: Limits | None = None,
) -> LivePlane:
    """Return a control cluster by kubeconfig, or the one whose pod the bot runs in.

    Unless ``in_cluster`` says so, a kubeconfig is used where it, a context or ``$KUBECONFIG`` is
    given, and where the bot does not run in a cluster. Nothing is asked of the cluster yet. Raises
    ``ClusterError`` where there is no usable kubeconfig or no such context.
    """
    is_named = kubeconfig is not None or context or os.environ.get("KUBECONFIG")
    if in_cluster or (os.environ.get("KUBERNETES_SERVICE_HOST") and not is_named):
        account = "the service account of the bot's pod"
        return LivePlane(name or "host", _from_pod, login=account, trust=account, writable=writable)
    path = str(kubeconfig or os.environ.get("KUBECONFIG") or Path(_DEFAULT).expanduser())
    where = f"kubeconfig {path}" + (f", context {context}" if context else "")
    return LivePlane(
        name or context or "host",
        partial(_from_kubeconfig, path, context),
        login=where,
        trust=f"{where} (certificate-authority)",
        writable=writable,
        limits=limits,
    )


def open_api(
    server: str,
    token: str = "",
    ca: bytes = b"",
    *,
    insecure: bool = False,
    name: str = "host",
    writable: bool = False,
    limits: Limits | None = None,
) -> LivePlane:
    """Return a control cluster by its address, a bearer token and its authorities in PEM."""
    return LivePlane(
        name,
        partial(api_settings, server, token, ca, insecure=insecure),
        login="the given token",
        trust="the given authorities",
        writable=writable,
        limits=limits,
    )


def _from_pod() -> Configuration:
    settings = Configuration()
    try:
        load: Any = config.load_incluster_config
        load(settings)
    except (config.ConfigException, OSError) as error:
        raise ClusterError(f"the pod has no usable service account: {error}") from error
    return settings


def _from_kubeconfig(path: str, context: str) -> Configuration:
    settings = Configuration()
    try:
        load: Any = config.load_kube_config
        load(path, context or None, settings, persist_config=False)
    except _UNUSABLE as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ClusterError(
            f"kubeconfig {path} cannot be used ({spoken(first, 200)}); name another with "
            "KUBECONFIG, or another context"
        ) from error
    return settings
