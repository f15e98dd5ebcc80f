"""Images of namespace ``openshift`` that the destination does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, Scene, dicts, mapping, metadata, text
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome
from knowledge.observations import Observation
from knowledge.observing import subject_of

_INTERNAL = re.compile(
    r"(?:docker-registry\.default\.svc|image-registry\.openshift-image-registry\.svc"
    r"|\d{1,3}(?:\.\d{1,3}){3})(?:\.cluster\.local)?:5000/openshift/(?P<image>[\w.-]+(?::[\w.-]+)?)"
)
"""An image of namespace openshift in the internal registry, of OpenShift 3 or 4."""


def _wanted(dossier: Dossier, scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield (image stream tag, who needs it) of the plan's namespaces."""
    namespaces = {source for source, _ in dossier.namespaces}
    for config in scene.all(k.BUILDCONFIG):
        meta = metadata(config)
        if text(meta.get("namespace")) not in namespaces:
            continue
        for strategy in ("sourceStrategy", "dockerStrategy", "customStrategy"):
            origin = mapping(config, "spec", "strategy", strategy, "from")
            if origin.get("kind") == "ImageStreamTag" and origin.get("namespace") == "openshift":
                yield text(origin.get("name")), f"buildconfig/{text(meta.get('name'))}"
    for config in scene.all(k.DEPLOYMENTCONFIG):
        meta = metadata(config)
        if text(meta.get("namespace")) not in namespaces:
            continue
        for trigger in dicts(mapping(config, "spec").get("triggers")):
            origin = mapping(trigger, "imageChangeParams", "from")
            if origin.get("namespace") == "openshift":
                yield text(origin.get("name")), f"deploymentconfig/{text(meta.get('name'))}"
    for pod in scene.all(k.POD):
        meta = metadata(pod)
        if text(meta.get("namespace")) not in namespaces:
            continue
        for container in dicts(mapping(pod, "spec").get("containers")):
            if named := _INTERNAL.match(text(container.get("image"))):
                yield named["image"], f"pod/{text(meta.get('name'))}"


def _has(streams: tuple[Json, ...], wanted: str) -> bool:
    name, _, tag = wanted.partition(":")
    for stream in streams:
        if metadata(stream).get("name") != name:
            continue
        tags = {
            text(t.get("tag") or t.get("name"))
            for source in ("status", "spec")
            for t in dicts(mapping(stream, source).get("tags"))
        }
        return not tag or not tags or tag in tags
    return False


def images_missing(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer with the image stream tags of ``openshift`` that are needed and not there."""
    del outcome
    source, destination = dossier.scene("source"), dossier.scene("destination")
    if destination.reader is None or k.IMAGESTREAM.kind not in destination.objects:
        return
    streams = destination.all(k.IMAGESTREAM)
    if not streams:
        return
    for wanted, needed_by in dict.fromkeys(_wanted(dossier, source)):
        if wanted and not _has(streams, wanted):
            yield answer(
                "images-missing-on-destination",
                f"{needed_by} needs imagestreamtag openshift/{wanted}, which the destination lacks",
                where=f"imagestreams of namespace openshift on {destination.cluster}",
                subject=subject_of(dossier.migration or dossier.plan or {}, destination.cluster),
                image=wanted,
                needed_by=needed_by,
            )
