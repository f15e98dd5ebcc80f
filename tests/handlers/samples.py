"""Incidents, diagnoses and rows as they come from the application.

The entries are our own and stand still, so that golden files change with the views only.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clusters.port import ObjectRef
from bot.diagnosis.findings import Diagnosis, Finding, Quote, Unread
from bot.incidents.model import (
    UNDIAGNOSED,
    Incident,
    IncidentKey,
    State,
    StoredQuote,
    TimelineItem,
)
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.progress import Progress
from bot.questions.overview import Row
from bot.questions.preflight import Check, Preflight, Result
from bot.questions.statuses import PipelineStep, Status
from knowledge.loading import load_folder
from knowledge.texts import LocalText

NOW = datetime(2026, 3, 4, 3, 12, 30, tzinfo=UTC)
ENTRIES = load_folder(Path(__file__).with_name("entries")).by_id
ROOT = ENTRIES["storage-refused"]
SYMPTOM = ENTRIES["backup-not-made"]
OTHER = ENTRIES["restic-killed"]
HARMLESS = ENTRIES["noisy-lookup"]
PARAMS = {
    "migration": "shop-1",
    "plan": "shop",
    "namespace": "shop",
    "storage": "repo-eu",
    "source": "ocp3",
    "destination": "host",
    "name": "repo-eu",
    "kind": "MigStorage",
}
HOSTILE = (
    "<!channel> <@U0MTCBOT01> *bold* `tick` ```fence``` <https://evil.example|click> & <b> "
    "@here #general :fire: \u202egnp.exe\x07 sha256~AAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


def quote(text: str = "rpc error: Access Denied, status code: 403") -> Quote:
    return Quote(text, "migstorage/repo-eu status.conditions[BackupStorageLocation]", NOW)


def finding(**changes: object) -> Finding:
    values: dict[str, object] = {
        "entry": ROOT,
        "subject": ObjectRef("MigStorage", "repo-eu", "openshift-migration", "host", "uid-1"),
        "quotes": (quote(), quote('level=error msg="could not list objects"')),
        "params": PARAMS,
        "confidence": 0.9,
        "symptoms": (Finding(SYMPTOM, ObjectRef("MigMigration", "shop-1"), params=PARAMS),),
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def diagnosis(**changes: object) -> Diagnosis:
    outcome = Outcome(
        Word.FAILED,
        phase="WaitForVeleroReady",
        since=NOW - timedelta(minutes=7),
        scaled_down=("Deployment shop/web", "StatefulSet shop/db"),
        errors=("Velero backup failed",),
    )
    values: dict[str, object] = {
        "target": ObjectRef("MigMigration", "shop-1", "openshift-migration", "host", "uid-m"),
        "control": "prod-hub",
        "outcome": outcome,
        "findings": (
            finding(),
            Finding(
                OTHER,
                ObjectRef("MigMigration", "shop-1"),
                (quote("signal: killed"),),
                PARAMS,
                0.6,
            ),
            Finding(HARMLESS, ObjectRef("MigMigration", "shop-1"), params=PARAMS),
        ),
        "not_read": (Unread("events of namespace shop on ocp3", "forbidden"),),
        "plan": "shop",
    }
    return Diagnosis(**{**values, **changes})  # type: ignore[arg-type]


def incident(**changes: object) -> Incident:
    values: dict[str, object] = {
        "id": "0f3a9c7e21d4",
        "key": IncidentKey("prod-hub", "uid-1", ROOT.id),
        "state": State.OPEN,
        "subject": ObjectRef("MigStorage", "repo-eu", "openshift-migration", "host", "uid-1"),
        "severity": "error",
        "entry_id": ROOT.id,
        "opened_at": NOW - timedelta(minutes=7),
        "updated_at": NOW,
        "params": PARAMS,
        "quotes": (
            StoredQuote("rpc error: Access Denied, status code: 403", "migstorage/repo-eu", NOW),
            StoredQuote('level=error msg="could not list objects"', "velero/velero:4711"),
        ),
        "members": ("shop-1", "cart-1", "pay-3"),
        "recovered": ("web-9",),
        "plan": "shop",
        "outcome": str(Word.LEFT_SCALED_DOWN),
        "phase": "WaitForVeleroReady",
        "since": NOW - timedelta(minutes=7),
        "symptoms": (SYMPTOM.id,),
        "also": (OTHER.id,),
        "not_read": ("events of namespace shop on ocp3: forbidden",),
        "channel": "C0MIGRATE1",
        "timeline": (
            TimelineItem(NOW - timedelta(minutes=7), "opened"),
            TimelineItem(NOW - timedelta(minutes=5), "member-joined", detail="cart-1"),
            TimelineItem(NOW - timedelta(minutes=2), "acknowledged", who="U0OLIVIA01"),
            TimelineItem(
                NOW - timedelta(minutes=1),
                "silenced",
                who="U0AMIR0001",
                detail=(NOW + timedelta(hours=1)).isoformat(),
            ),
        ),
    }
    return Incident(**{**values, **changes})  # type: ignore[arg-type]


def acknowledged() -> Incident:
    return incident(
        state=State.ACKNOWLEDGED,
        acknowledged_by="U0OLIVIA01",
        silenced_until=NOW + timedelta(hours=8),
        outcome=str(Word.FAILED),
        recovered=(),
    )


def resolved() -> Incident:
    return incident(
        state=State.RESOLVED,
        resolved_at=NOW,
        resolved_note="successor:shop-2",
        outcome=str(Word.SUCCEEDED),
    )


def undiagnosed() -> Incident:
    subject = ObjectRef("MigMigration", "shop-1", "openshift-migration", "host", "uid-m")
    return incident(
        key=IncidentKey("prod-hub", "uid-m", UNDIAGNOSED),
        entry_id=UNDIAGNOSED,
        subject=subject,
        outcome=str(Word.FAILED),
        members=("shop-1",),
        symptoms=(),
        also=(),
    )


def rows(number: int = 3) -> tuple[Row, ...]:
    running = Outcome(Word.RUNNING, "WaitForRsyncTransferPodsRunning", (12, 35), NOW)
    failed = Outcome(Word.FAILED, "Completed", since=NOW - timedelta(hours=1))
    done = Outcome(Word.SUCCEEDED, "Completed", since=NOW - timedelta(days=1))
    kinds = (
        (running, ""),
        (failed, "BackupFailed: The backup could not be made"),
        (done, ""),
    )
    return tuple(
        Row("prod-hub", f"shop-{n}", "shop", kinds[n % 3][0], NOW, kinds[n % 3][1])
        for n in range(number)
    )


def status() -> Status:
    return Status(
        Row(
            "prod-hub",
            "shop-1",
            "shop",
            Outcome(Word.RUNNING, "WaitForRsyncTransferPodsRunning", (12, 35), NOW),
            NOW - timedelta(minutes=20),
        ),
        "MigMigration",
        ("shop", "shop-db"),
        "ocp3",
        "host",
        (
            PipelineStep("Prepare", "done"),
            PipelineStep("Backup", "failed", "Failed: 2/9 kubernetes resources"),
            PipelineStep("DirectImage", "skipped"),
            PipelineStep("DirectVolume", "running", "Waiting for Rsync pods"),
            PipelineStep("Restore", "waiting"),
        ),
        ("[data] 41% completed 12 MB/s", "[db] waiting"),
        ("DirectVolumeMigrationBlocked: rsync pods are pending on the source",),
    )


def telling() -> Diagnosis:
    """Return a failure that no entry knows, with what tells most."""
    lines = (quote("flux converter reports phase inversion"), quote("gizmo rejected"))
    return diagnosis(findings=(), telling=lines)


def copying() -> Status:
    """Return a migration that copies volumes."""
    before = status()
    progress = Progress(0.42, 420 << 20, 1000 << 20, NOW + timedelta(minutes=40))
    waits = LocalText(en="the volumes to be copied by rsync", zh="rsync 完成卷的复制")
    return replace(before, row=replace(before.row, progress=progress), waits_for=waits)


def preflight() -> Preflight:
    """Return the answers for a plan, one of each kind."""

    def check(name: str, result: Result, *found: Finding, why: LocalText | None = None) -> Check:
        title = LocalText(en=f"Question {name}", zh=f"问题 {name}")
        return Check(name, title, result, found, why)

    unread = LocalText(en="nodes of host could not be read: time-out", zh="未能读取 host 的 nodes")
    checks = (
        check("storage", Result.PASS),
        check("nodes", Result.NOT_CHECKED, why=unread),
        check("quota", Result.WARN, finding(entry=OTHER, symptoms=())),
        check("plan", Result.FAIL, finding(symptoms=())),
        check(
            "hooks", Result.FAIL, why=LocalText(en="mighook/x is not ready", zh="mighook/x 未就绪")
        ),
    )
    return Preflight(ObjectRef("MigPlan", "shop", "openshift-migration"), "prod", checks)
