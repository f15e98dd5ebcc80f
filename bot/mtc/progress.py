"""How far a migration is with copying, and when it will be done.

Read from the objects where they say it: bytes of PodVolumeBackups and PodVolumeRestores, percent
of the rsync pods of a DirectVolumeMigration; else from the lines that MTC writes under the running
step of its pipeline. A time is only given where enough was copied to reckon with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.mtc.graph import MigrationObjects
from bot.mtc.models import DirectVolumeMigration, PodVolumeBackup, PodVolumeRestore
from bot.mtc.models.migration import MigrationStatus, PlanVolume
from bot.mtc.quantities import parse_bytes
from knowledge.matching.loglines import parse_time

_SINCE = timedelta(seconds=30)
"""Copying that began later than this says nothing of its speed."""
_LEAST = 0.01
_LONGEST = timedelta(days=30)
_VOLUME_LINE = re.compile(
    r"^PodVolume(?:Backup|Restore) \S+: (?P<done>[\d.]+ ?[A-Za-z]*) out of "
    r"(?P<total>[\d.]+ ?[A-Za-z]*)"
)
_OBJECTS_LINE = re.compile(
    r"^(?:Backup|Restore) \S+: (?P<done>\d+) out of estimated total of \d+ objects "
    r"(?:backed up|restored) \((?:(?P<h>\d{1,5})h)?(?:(?P<m>\d{1,5})m)?(?:(?P<s>\d{1,5})s)?\)"
)
_RSYNC_LINE = re.compile(r"^\[\S+\] \S+: (?P<state>\w+)(?:.*?(?P<percent>\d{1,3}(?:\.\d+)?)%)?")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far copying is."""

    fraction: float
    """0 to 1, of bytes where they are known, else of the volumes by their capacity."""
    done_bytes: int | None = None
    total_bytes: int | None = None
    eta: datetime | None = None
    """When it will be done at the rate so far (UTC); None where that cannot be said yet."""

    @property
    def percent(self) -> int:
        """Return whole percent, 100 only when all is done."""
        return 100 if self.fraction >= 1 else min(99, int(self.fraction * 100))


def progress(objects: MigrationObjects, now: datetime) -> Progress | None:
    """Return how far the running copy of a migration is; None where nothing is being copied."""
    status = objects.migration.status
    if status.phase == "Completed":
        return None
    inner = next((d for d in objects.dvms if d.status.phase == "RunRsyncOperations"), None)
    if inner is not None:
        return _transfer(inner, objects.plan.spec.persistent_volumes if objects.plan else (), now)
    volumes: Sequence[PodVolumeBackup | PodVolumeRestore] = ()
    if status.phase == "StageBackupCreated":
        volumes = objects.pvbs
    elif status.phase == "StageRestoreCreated":
        volumes = objects.pvrs
    if volumes:
        return _volumes(volumes, now)
    running = [s for s in status.pipeline if s.started and not s.completed and not s.skipped]
    begun = parse_time(running[0].started) if running else None
    return _lines(running[0].progress, begun, now) if running else None


def untouched(status: MigrationStatus) -> timedelta:
    """Return for how long Velero has been at work without a single object done; zero if not so.

    MTC says both in the running step (``0 out of estimated total of 9 objects restored (15m56s)``,
    mig-controller pkg/controller/migmigration/backup.go and restore.go).
    """
    for step in status.pipeline:
        if not step.started or step.completed or step.skipped:
            continue
        for line in step.progress:
            if (found := _OBJECTS_LINE.match(line)) and int(found["done"]) == 0:
                hours, minutes, seconds = (int(found[unit] or 0) for unit in "hms")
                return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timedelta()


def _transfer(
    transfer: DirectVolumeMigration, planned: Iterable[PlanVolume], now: datetime
) -> Progress | None:
    sizes = {v.claim: parse_bytes(v.capacity) or 0 for v in planned}
    status = transfer.status
    done = {f"{p.pvc_ref.namespace}/{p.pvc_ref.name}": 1.0 for p in status.successful_pods}
    for pod in status.running_pods:
        claim = f"{pod.pvc_ref.namespace}/{pod.pvc_ref.name}"
        done.setdefault(claim, _percent(pod.last_observed_progress_percent))
    claims = [f"{c.namespace}/{c.name}" for c in transfer.spec.persistent_volume_claims]
    claims = claims or list(done)
    if not claims:
        return None
    known = all(sizes.get(claim) for claim in claims)
    weights = {claim: float(sizes[claim]) if known else 1.0 for claim in claims}
    fraction = sum(weights[c] * done.get(c, 0.0) for c in claims) / sum(weights.values())
    running = status.condition("Running")
    return Progress(fraction, eta=_eta(fraction, running.since if running else None, now))


def _volumes(
    volumes: Sequence[PodVolumeBackup | PodVolumeRestore], now: datetime
) -> Progress | None:
    total = sum(max(v.status.progress.total_bytes, 0) for v in volumes)
    done = sum(max(v.status.progress.bytes_done, 0) for v in volumes)
    if total <= 0:
        return None
    fraction = min(done / total, 1.0)
    begun = min((t for v in volumes if (t := parse_time(v.status.start_timestamp))), default=None)
    whole = all(v.status.progress.total_bytes > 0 for v in volumes)
    return Progress(fraction, done, total, _eta(fraction, begun, now) if whole else None)


def _lines(lines: Sequence[str], begun: datetime | None, now: datetime) -> Progress | None:
    done = total = 0
    parts: list[float] = []
    for line in lines:
        if found := _VOLUME_LINE.match(line):
            done += parse_bytes(found["done"]) or 0
            total += parse_bytes(found["total"]) or 0
        elif found := _RSYNC_LINE.match(line):
            complete = found["state"] in ("Completed", "Succeeded")
            parts.append(1.0 if complete else _percent(found["percent"] or "0"))
    if total > 0:
        fraction = min(done / total, 1.0)
        return Progress(fraction, done, total, _eta(fraction, begun, now))
    if parts:
        fraction = sum(parts) / len(parts)
        return Progress(fraction, eta=_eta(fraction, begun, now))
    return None


def _percent(said: str) -> float:
    try:
        return min(max(float(said.strip().rstrip("%")), 0.0), 100.0) / 100
    except ValueError:
        return 0.0


def _eta(fraction: float, begun: datetime | None, now: datetime) -> datetime | None:
    if begun is None or now - begun < _SINCE or not _LEAST <= fraction < 1:
        return None
    left = (now - begun) * ((1 - fraction) / fraction)
    return now + left if left <= _LONGEST else None
