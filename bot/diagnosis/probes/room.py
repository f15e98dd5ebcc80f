"""Room and time: quota against claims, volumes that are nearly full, time-outs against sizes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from bot.clusters import kinds as k
from bot.diagnosis.dossier import Dossier, dicts, labels, mapping, metadata, text
from bot.diagnosis.probes.answers import NoData, answer
from bot.diagnosis.probes.placement import copied_claims
from bot.diagnosis.surveying import Survey
from bot.mtc.models import MigAnalytic, PodVolumeBackup, read
from bot.mtc.quantities import parse_bytes, show_bytes
from knowledge.matching.loglines import parse_time
from knowledge.observations import Observation
from knowledge.observing import subject_of

NEARLY_FULL = 90
"""Percent of use from which a copy of the same size may not fit."""
DEFAULT_TIMEOUT = timedelta(hours=1)
"""``restic_timeout`` where MigrationController sets none (mig-operator defaults/main.yml)."""
_SHARE = 0.8
_MEASURABLE = 64 << 20
"""Bytes of a volume backup from which its rate says something."""
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|m(?!s)|s|ms)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def quota_too_small(survey: Survey) -> Iterator[Observation]:
    """Answer where a quota of the target namespace has no room for the claims of the plan."""
    dossier = survey.dossier
    destination = dossier.scene("destination")
    there = {
        (text(metadata(c).get("namespace")), text(metadata(c).get("name")))
        for c in destination.all(k.PVC)
    }
    needed: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (namespace, claim, storage_class), size in _sized(dossier):
        if (namespace, claim) in there:
            continue
        wants = needed[namespace]
        wants["persistentvolumeclaims"] += 1
        wants["requests.storage"] += size
        of_class = f"{storage_class}.storageclass.storage.k8s.io"
        wants[f"{of_class}/requests.storage"] += size
        wants[f"{of_class}/persistentvolumeclaims"] += 1
    for quota in destination.all(k.RESOURCEQUOTA):
        namespace = text(metadata(quota).get("namespace"))
        hard = mapping(quota, "status", "hard") or mapping(quota, "spec", "hard")
        used = mapping(quota, "status", "used")
        for resource, wanted in needed.get(namespace, {}).items():
            limit = parse_bytes(hard.get(resource))
            if limit is None:
                continue
            taken = parse_bytes(used.get(resource)) or 0
            if taken + wanted > limit:
                counted = resource.endswith("persistentvolumeclaims")
                shown = str if counted else show_bytes
                yield answer(
                    "quota-too-small",
                    f"{resource}: {shown(limit)} allowed, {shown(taken)} in use, "
                    f"{shown(wanted)} needed by the plan",
                    where=f"resourcequota/{text(metadata(quota).get('name'))} in {namespace}",
                    subject=subject_of(dossier.plan or {}, destination.cluster),
                    target_namespace=namespace,
                    quota=text(metadata(quota).get("name")),
                    resource=resource,
                    needed=str(taken + wanted) if counted else f"{-(-(taken + wanted) // 2**30)}Gi",
                )


def _sized(dossier: Dossier) -> Iterator[tuple[tuple[str, str, str], int]]:
    sizes = [
        parse_bytes(volume.get("capacity")) or 0
        for volume in dicts(mapping(dossier.plan, "spec").get("persistentVolumes"))
        if mapping(volume, "selection").get("action") == "copy"
    ]
    return zip(copied_claims(dossier), sizes, strict=True)


def volumes_nearly_full(survey: Survey) -> Iterator[Observation]:
    """Answer with the volumes that MTC's own analysis found nearly full.

    Raises ``NoData`` where no analysis of this plan has ended.
    """
    dossier = survey.dossier
    plan = text(metadata(dossier.plan).get("name"))
    done = [
        analytic
        for raw in dossier.scene("host").all(k.MIGANALYTIC)
        if labels(raw).get("migplan") == plan
        and (analytic := read(MigAnalytic, raw)).status.analytics.percent_complete >= 100
    ]
    if not done:
        raise NoData(
            "MTC has not measured the volumes of this plan (no finished MigAnalytic)",
            "MTC 尚未测量该计划的卷（没有已完成的 MigAnalytic）",
        )
    for analytic in done[-1:]:
        for namespace in analytic.status.analytics.namespaces:
            for volume in namespace.persistent_volumes:
                if volume.usage_percentage < NEARLY_FULL:
                    continue
                yield answer(
                    "volume-nearly-full",
                    f"{namespace.namespace}/{volume.name}: {volume.usage_percentage}% of "
                    f"{volume.actual_capacity or volume.requested_capacity} in use",
                    where=f"miganalytic/{analytic.name} status.analytics",
                    subject=subject_of(dossier.plan or {}, dossier.scene("host").cluster),
                    namespace=namespace.namespace,
                    volume=volume.name,
                    used=str(volume.usage_percentage),
                    proposed=volume.proposed_capacity,
                )


def restic_timeout_too_short(survey: Survey) -> Iterator[Observation]:
    """Answer with volumes that take longer than ``restic_timeout`` at the rate seen so far.

    Raises ``NoData`` where no volume was backed up yet to measure by.
    """
    dossier = survey.dossier
    source = dossier.scene("source")
    if mapping(dossier.plan, "spec").get("indirectVolumeMigration") is not True:
        return
    sized = [(claim, size) for claim, size in _sized(dossier) if size]
    if not sized:
        return
    rates = [rate for raw in source.all(k.PVB) if (rate := _rate(read(PodVolumeBackup, raw)))]
    if not rates:
        raise NoData(
            "no finished volume backup on the source to measure the rate by",
            "源集群上没有已完成的卷备份，无法估算速率",
        )
    rate = median(rates)
    setting = next(
        (mapping(c, "spec").get("restic_timeout") for c in source.all(k.MIGRATIONCONTROLLER)), None
    )
    timeout = parse_duration(setting) or DEFAULT_TIMEOUT
    for (namespace, claim, _), size in sized:
        takes = timedelta(seconds=size / rate)
        if takes > timeout * _SHARE:
            yield answer(
                "restic-timeout-too-short",
                f"{namespace}/{claim}: {show_bytes(size)} at {show_bytes(int(rate))}/s take about "
                f"{_hours(takes)}; restic_timeout is {_hours(timeout)}",
                where=f"migrationcontroller of {source.cluster} spec.restic_timeout",
                subject=subject_of(dossier.plan or {}, source.cluster),
                claim=f"{namespace}/{claim}",
                takes=_hours(takes),
                timeout=_hours(timeout),
                proposed=f"{max(int(takes.total_seconds() // 1800) + 1, 2) // 2 + 1}h",
            )


def _rate(backup: PodVolumeBackup) -> float | None:
    """Return bytes a second of a finished volume backup large enough to tell."""
    status = backup.status
    begun, ended = parse_time(status.start_timestamp), parse_time(status.completion_timestamp)
    size = status.progress.bytes_done
    if status.phase != "Completed" or begun is None or ended is None or size < _MEASURABLE:
        return None
    seconds = (ended - begun).total_seconds()
    return size / seconds if seconds > 0 else None


def parse_duration(said: object) -> timedelta | None:
    """Return a Go duration (``3h30m``) as a span; None for anything else."""
    if not isinstance(said, str) or not said or _PART.sub("", said.strip()):
        return None
    seconds = sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(said))
    return timedelta(seconds=min(seconds, 10**9))


def _hours(span: timedelta) -> str:
    minutes = max(int(span.total_seconds() // 60), 1)
    return f"{minutes // 60}h{minutes % 60:02}m" if minutes >= 60 else f"{minutes}m"
