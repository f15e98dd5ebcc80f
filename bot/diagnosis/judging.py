"""From a dossier to the outcome: raw objects become read models, then one word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import Json
from bot.diagnosis.dossier import ROLES, Dossier, mapping, metadata, ref_name, text
from bot.diagnosis.evidence import children
from bot.diagnosis.gathering import WORKLOAD_KINDS
from bot.mtc.graph import MigrationObjects, Others, sibling
from bot.mtc.limits import NEWEST, Limits, learn
from bot.mtc.models import (
    Backup,
    DirectImageMigration,
    DirectVolumeMigration,
    DirectVolumeMigrationProgress,
    MigMigration,
    MigPlan,
    PodVolumeBackup,
    PodVolumeRestore,
    Restore,
    read,
)
from bot.mtc.models.base import Model, WithConditions
from bot.mtc.outcome import object_outcome, outcome
from bot.mtc.outcome_words import Outcome
from bot.mtc.presence import SILENCE, Away, last_test, programs


def judge(dossier: Dossier, migration: MigrationObjects | None = None) -> Outcome:
    """Return what became of the dossier's target; ``migration`` where it is read already."""
    if dossier.target.kind == "MigMigration":
        return outcome(migration or migration_objects(dossier), dossier.now)
    status = read(WithConditions, mapping(dossier.subject, "status"))
    return object_outcome(dossier.target.kind, status, dossier.now)


def _newest(migrations: Sequence[Json]) -> list[Json]:
    """Return as many of the newest as anything can be learned from."""
    by_age = sorted(migrations, key=lambda m: text(metadata(m).get("creationTimestamp")))
    return by_age[-NEWEST:]


def _others(dossier: Dossier, migration: MigMigration) -> Others:
    """Return what the dossier's other migrations say; who has ended needs no limits."""
    every = dossier.scene("host").all(k.MIGMIGRATION)
    plan = text(metadata(dossier.plan).get("name"))
    of_plan = (read(MigMigration, m) for m in every if ref_name(m, "migPlanRef") == plan)
    ended = migration.status.phase == "Completed"
    limits = Limits() if ended else learn(read(MigMigration, m) for m in _newest(every))
    return Others(tuple(sibling(m) for m in of_plan), limits)


def _away(dossier: Dossier, known: Iterable[Away] | None) -> tuple[Away, ...]:
    """Return the programs that are away.

    ``known`` is who was away lately; who is back since is left out. Without it, the objects say
    since when, or count as away for long.
    """
    found: dict[Away, None] = dict.fromkeys(known or ())
    for side in ROLES:
        scene = dossier.scene(side)
        tested = last_test(scene.all(k.BSL))
        if tested is not None and dossier.now - tested < SILENCE:
            found.pop(Away("velero-at-stores", side), None)
        pods = [p for p in scene.all(k.POD) if _is_ours(p)]
        ours = filter(_is_ours, (*scene.all(k.DEPLOYMENT), *scene.all(k.DAEMONSET)))
        for program, gone in programs(ours, pods, dossier.now):
            away = Away(program, side)
            if gone is None:
                found.pop(away, None)
            elif known is None and gone.is_long(dossier.now):
                found[away] = None
    return tuple(found)


def _is_ours(obj: Json) -> bool:
    return bool(metadata(obj).get("namespace") == k.MTC_NAMESPACE)


def migration_objects(dossier: Dossier, others: Others | None = None) -> MigrationObjects:
    """Return the dossier's migration with all that belongs to it, as read models.

    ``others`` where it is known already; else it is read from the dossier's migrations.
    """
    made = [obj for obj, _ in children(dossier)]

    def own(kind: Kind, model: type[Model]) -> tuple[Model, ...]:
        return tuple(read(model, obj) for obj in made if obj.get("kind") == kind.kind)

    migration = read(MigMigration, dossier.migration or dossier.subject)
    ended = migration.status.phase == "Completed"
    away = () if ended else _away(dossier, others.away if others is not None else None)
    others = others or _others(dossier, migration)
    source = dossier.scene("source")
    wanted = {name for name, _ in dossier.namespaces}
    workloads = [
        w
        for kind in WORKLOAD_KINDS
        for w in source.all(kind)
        if text(metadata(w).get("namespace")) in wanted
    ]
    return MigrationObjects(
        migration,
        read(MigPlan, dossier.plan) if dossier.plan is not None else None,
        others.siblings,
        own(k.DVM, DirectVolumeMigration),
        own(k.DVMP, DirectVolumeMigrationProgress),
        own(k.DIM, DirectImageMigration),
        own(k.BACKUP, Backup),
        own(k.RESTORE, Restore),
        own(k.PVB, PodVolumeBackup),
        own(k.PVR, PodVolumeRestore),
        tuple(workloads),
        others.limits,
        away,
    )
