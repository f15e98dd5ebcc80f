"""Which cluster an error of a Go client means: one that says to whose API server it spoke.

mig-controller writes such an error on whatever it was at work on, and on the MigCluster itself only
when it comes to look at it: an outage would first be one of each plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, mapping, text
from knowledge.observations import Observation
from knowledge.observing import subject_of

_SPOKEN_TO = re.compile(
    r"\b(?:Get|Post|Put|Patch|Delete|Head) \\*\"(?P<server>https?://[^/\"\s]{1,300})"
)
"""How Go's net/http quotes a request that got no answer; what a server answers has no URL."""


def at_the_clusters(dossier: Dossier, seen: Iterable[Observation]) -> Iterator[Observation]:
    """Yield observations, each as one of the cluster whose API server it says did not answer.

    What is over keeps its own: it stays as it ended when the cluster is well again.
    """
    host, over = dossier.scene("host"), dossier.window[1] is not None
    clusters = {_server(cluster): cluster for cluster in host.all(k.MIGCLUSTER)}
    for each in seen:
        cluster = None
        if not over and each.kind == "condition" and each.fields.get("type") == "ReconcileFailed":
            found = _SPOKEN_TO.search(each.text)
            cluster = clusters.get(_host(found["server"])) if found is not None else None
        at = each if cluster is None else replace(each, subject=subject_of(cluster, host.cluster))
        yield at


def _server(cluster: Json) -> str:
    return _host(text(mapping(cluster, "spec").get("url")))


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
