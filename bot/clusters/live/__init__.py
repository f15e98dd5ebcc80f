"""The live adapter: Kubernetes APIs as a control plane.

``open_live`` takes a kubeconfig context or the pod's own service account. A call goes through
``cluster`` to ``reading``, ``watching``, ``logs``, ``access`` or ``writing``, which put a
``Request`` to a ``Connection``; ``errors`` says what it means when that fails. ``remotes`` finds
the way to the clusters that MigClusters name.
"""

from bot.clusters.live.cluster import LiveReader, LiveWriter
from bot.clusters.live.connection import Limits
from bot.clusters.live.opening import open_api, open_live
from bot.clusters.live.plane import LivePlane

__all__ = ["Limits", "LivePlane", "LiveReader", "LiveWriter", "open_api", "open_live"]
