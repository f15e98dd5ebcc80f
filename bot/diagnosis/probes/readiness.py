"""What stands in the way of the next migration: unfinished ones, leftovers, things that expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.clusters import kinds as k
from bot.diagnosis.dossier import RoleName, dicts, labels, mapping, metadata, ref_name, text
from bot.diagnosis.probes.answers import answer
from bot.diagnosis.surveying import Survey
from bot.mtc.models import MigMigration, read
from knowledge.matching.loglines import parse_time
from knowledge.observations import Observation
from knowledge.observing import observe, subject_of

SOON = timedelta(days=14)
"""A token or certificate that ends sooner may end in the middle of the work."""
STALE = timedelta(hours=1)
"""A Velero object that has not moved on for so long, with no migration running, was left over."""
_SIDES: tuple[RoleName, ...] = ("source", "destination")
_STATE = frozenset({"StorageConversionPlan", "StateMigrationPlan"})
_GOING = frozenset({"", "New", "InProgress", "WaitingForPluginOperations", "Finalizing"})


def plan_unfinished(survey: Survey) -> Iterator[Observation]:
    """Answer with migrations of the plan that have not ended: a new one waits behind them."""
    dossier = survey.dossier
    plan = text(metadata(dossier.plan).get("name"))
    for migration in dossier.scene("host").all(k.MIGMIGRATION):
        if ref_name(migration, "migPlanRef") != plan:
            continue
        phase = text(mapping(migration, "status").get("phase"))
        if phase != "Completed":
            name = text(metadata(migration).get("name"))
            yield answer(
                "plan-migration-unfinished",
                f"migmigration/{name} has not ended: phase {phase or '(not begun)'}",
                where=f"migmigration/{name} status.phase",
                subject=subject_of(dossier.plan or {}, dossier.scene("host").cluster),
                other=name,
                phase=phase or "-",
            )


def plan_refused(survey: Survey) -> Iterator[Observation]:
    """Answer where MTC refuses or fails at once what is started of a plan, without a condition."""
    yield from _closed(survey)
    yield from _onto_itself(survey)


def _closed(survey: Survey) -> Iterator[Observation]:
    """Answer where the plan is closed: MTC refuses its migrations (PlanClosed)."""
    plan = survey.dossier.plan
    if mapping(plan, "spec").get("closed") is True:
        name = text(metadata(plan).get("name"))
        yield _of_plan(survey, "plan-closed", f"migplan/{name} is closed", "spec.closed")


def _onto_itself(survey: Survey) -> Iterator[Observation]:
    """Answer where a stage or final migration would go into the namespaces that it comes from.

    Not for plans that convert storage or move only volumes: those are for state migrations, which
    MTC allows there (mig-controller migmigration/validation.go).
    """
    dossier = survey.dossier
    plan = dossier.plan or {}
    source = ref_name(plan, "srcMigClusterRef")
    both = sorted({name for name, _ in dossier.namespaces} & {to for _, to in dossier.namespaces})
    types = {
        text(condition.get("reason"))
        for condition in dicts(mapping(plan, "status").get("conditions"))
        if condition.get("type") == "MigrationTypeIdentified"
    }
    if source and source == ref_name(plan, "destMigClusterRef") and both and not types & _STATE:
        said = f"from {source} to {source}: {', '.join(both[:5])}"
        yield _of_plan(survey, "plan-onto-itself", said, "spec")


def _of_plan(survey: Survey, what: str, said: str, at: str) -> Observation:
    plan = survey.dossier.plan or {}
    return answer(
        what,
        said,
        where=f"migplan/{text(metadata(plan).get('name'))} {at}",
        subject=subject_of(plan, survey.dossier.scene("host").cluster),
    )


def plan_already_migrated(survey: Survey) -> Iterator[Observation]:
    """Answer where a cutover of the plan has succeeded: MTC refuses another (HasFinalMigration).

    A rollback that succeeded later lifts that (mig-controller migmigration/validation.go).
    """
    dossier = survey.dossier
    plan = text(metadata(dossier.plan).get("name"))
    own = [
        read(MigMigration, raw)
        for raw in dossier.scene("host").all(k.MIGMIGRATION)
        if ref_name(raw, "migPlanRef") == plan
    ]
    own.sort(key=lambda m: m.metadata.creation_timestamp)
    last: MigMigration | None = None
    for migration in own:
        if not migration.carried_out:
            continue
        if migration.spec.rollback:
            last = None
        elif migration.spec.cutover:
            last = migration
    if last is not None:
        yield answer(
            "plan-already-migrated",
            f"migmigration/{last.name} has migrated this plan for good",
            where=f"migmigration/{last.name} status.conditions[Succeeded]",
            subject=subject_of(dossier.plan or {}, dossier.scene("host").cluster),
            other=last.name,
        )


def store_unavailable(survey: Survey) -> Iterator[Observation]:
    """Yield what Velero says, on either cluster, of the location that MTC made for the plan.

    The store is looked at from the control cluster; Velero's own way to it may be closed.
    """
    dossier = survey.dossier
    uid = text(metadata(dossier.plan).get("uid"))
    for role in _SIDES:
        scene = dossier.scene(role)
        for location in scene.all(k.BSL):
            if uid and labels(location).get("migplan") == uid:
                yield from observe(location, scene.cluster)


def velero_leftovers(survey: Survey) -> Iterator[Observation]:
    """Answer with Velero objects that are under way although no migration runs."""
    dossier = survey.dossier
    for migration in dossier.scene("host").all(k.MIGMIGRATION):
        if text(mapping(migration, "status").get("phase")) not in ("", "Completed"):
            return
    for role in _SIDES:
        scene = dossier.scene(role)
        left = []
        for kind in (k.BACKUP, k.RESTORE, k.PVB, k.PVR):
            for obj in scene.all(kind):
                created = parse_time(text(metadata(obj).get("creationTimestamp")))
                going = text(mapping(obj, "status").get("phase")) in _GOING
                if going and created is not None and dossier.now - created > STALE:
                    left.append(f"{kind.singular}/{text(metadata(obj).get('name'))}")
        if left:
            yield answer(
                "velero-leftovers",
                f"under way on {scene.cluster} although no migration runs: {', '.join(left[:8])}",
                where=f"{k.MTC_NAMESPACE} on {scene.cluster}",
                subject=subject_of(dossier.plan or {}, scene.cluster),
                leftovers=", ".join(left[:8]),
                role=role,
            )


def credentials_expire(survey: Survey) -> Iterator[Observation]:
    """Answer with tokens and certificates that have expired or soon will."""
    now = survey.dossier.now
    for expiry in survey.expiries:
        if expiry.at - now > SOON:
            continue
        gone = expiry.at <= now
        yield answer(
            "credentials-expired" if gone else "credentials-expire-soon",
            f"{expiry.kind}: {expiry.what} {'expired' if gone else 'expires'} "
            f"{expiry.at:%Y-%m-%d %H:%MZ}",
            where=expiry.what,
            subject=expiry.subject,
            time=expiry.at if gone else None,
            what=expiry.what,
            kind=expiry.kind,
            at=f"{expiry.at:%Y-%m-%d %H:%MZ}",
        )
