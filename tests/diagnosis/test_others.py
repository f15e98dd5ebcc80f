"""Lines of the controller's log that name nobody, while several migrations go on at once.

In: lines word for word as mig-controller writes them, and the objects it wrote the same errors to.
Out: at whose door they are laid.
"""

from __future__ import annotations

from typing import Any

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import NOW, SHOP_1, Thing, failed, going, mtc, plan, plane, pod, true
from tests.knowledge.builtin import builtin_engine

MISSING = (
    'Back-off pulling image "quay.io/x/registry:v1": ErrImagePull: rpc error: code = NotFound '
    "desc = failed to pull and unpack image: not found"
)
CONTROLLER = "migration-controller-68bff565b6-ck5nm"
SETTING = (
    "RSYNC_SUPER_PRIVILEGED boolean does not exist. "
    "Verify source and destination clusters operators are up to date"
)
SETTING_MISSING = "rsync-privileged-setting-missing"
TRANSFER = (
    '{"level":"info","ts":1772363522.4,"logger":"directvolume","msg":"Phase execution failed.",'
    '"phase":"CreateRsyncTransferPods","phaseDescription":"Creating Rsync daemon pods on the '
    f'target cluster","error":"{SETTING}"}}\n'
)
PLAN = (
    '{"level":"info","ts":1772363523.1,"logger":"plan","msg":"",'
    '"error":"source cluster not found"}\n'
)
LOGS = {(MTC_NAMESPACE, CONTROLLER, "mtc"): (TRANSFER + PLAN).encode()}


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


WAITING = "WaitForRsyncTransferPodsRunning"
CLAIM = "unschedulable-unbound-claim"
POD = (
    '{"level":"info","ts":1772363522.4,"logger":"directvolume","msg":"Found UNSCHEDULABLE Rsync '
    'Transfer Pod on destination cluster","phase":"WaitForRsyncTransferPodsRunning",'
    '"pod":"%s/rsync-server","podPhase":"Pending","podConditionMessage":"0/3 nodes are available: '
    'pod has unbound immediate PersistentVolumeClaims. not found"}\n'
)
BEGAN = (
    '{"level":"info","ts":1772363102.6,"logger":"migration","msg":"CR","migMigration":"shop-1",'
    '"critical_conditions":[{"type":"PlanNotReady","status":"True","category":"Critical","message":'
    '"The referenced `migPlanRef` does not have a `Ready` condition, subject: '
    'openshift-migration/shop.","lastTransitionTime":"2026-03-01T11:05:02Z"}]}\n'
)


def transfer(
    name: str, owner: str = "", begun: str = "11:06", ended: str = "", **status: Any
) -> Thing:
    """Return a direct volume migration; begun and ended at an hour of the day."""
    over = true("Failed", "Warn", "The migration has failed.  See: Errors.")
    over["lastTransitionTime"] = f"2026-03-01T{ended}:00Z"
    metadata = {
        "creationTimestamp": f"2026-03-01T{begun}:00Z",
        "ownerReferences": [
            {"kind": "MigMigration", "name": owner, "uid": f"uid-migmigration-{owner}"}
        ],
    }
    said = {"phase": "Completed", "conditions": [over], **status} if ended else status
    return mtc("DirectVolumeMigration", name, metadata=metadata, status=said)


def bank(*errors: str) -> Thing:
    return transfer("bank-1-mkw29", "bank-1", begun="11:01", ended="11:04", errors=list(errors))


def nowhere() -> Thing:
    message = "Reconcile failed: [source cluster not found]. See controller logs for details."
    conditions = [true("ReconcileFailed", "Critical", message)]
    return mtc("MigPlan", "nowhere", status={"conditions": conditions})


def ids(diagnoser: Diagnoser, *host: Thing) -> set[str]:
    here = plane(failed("odd thing"), plan(), pod(CONTROLLER), *host, logs=LOGS)
    return {f.entry.id for f in diagnoser(here, SHOP_1).findings}


def test_an_error_that_another_object_has_told_is_not_laid_at_this_ones_door(
    diagnoser: Diagnoser,
) -> None:
    theirs = ids(diagnoser, bank(SETTING), nowhere())
    assert not theirs & {SETTING_MISSING, "migplan-cluster-ref-invalid"}


def test_an_error_that_nobody_else_has_told_may_be_this_ones(diagnoser: Diagnoser) -> None:
    ours = transfer("shop-1-b7dp2", "shop-1")
    assert SETTING_MISSING in ids(diagnoser, ours, bank("another thing"))


def test_an_error_that_both_have_told_stays(diagnoser: Diagnoser) -> None:
    here = plane(failed(SETTING), plan(), pod(CONTROLLER), bank(SETTING), logs=LOGS)
    found = diagnoser(here, SHOP_1)
    assert found.root is not None
    assert found.root.entry.id == SETTING_MISSING


def said(diagnoser: Diagnoser, log: str, *host: Thing) -> set[str]:
    logs = {(MTC_NAMESPACE, CONTROLLER, "mtc"): log.encode()}
    here = plane(plan(), pod(CONTROLLER), *host, logs=logs)
    found = list(diagnoser(here, SHOP_1).findings)
    for each in found:
        found.extend(each.symptoms)
    return {each.entry.id for each in found if not each.benign}


class TestTransfersThatGoOnAtOnce:
    WAITS = "WaitForDirectVolumeMigrationToComplete"

    def test_a_line_without_a_name_is_laid_at_no_door_while_another_transfer_goes_on(
        self, diagnoser: Diagnoser
    ) -> None:
        ours, theirs = transfer("shop-1-b7dp2", "shop-1"), transfer("bank-2-x9d7k", "bank-2")
        assert said(diagnoser, TRANSFER, going(self.WAITS), ours) >= {SETTING_MISSING}
        assert not said(diagnoser, TRANSFER, going(self.WAITS), ours, theirs)

    def test_it_is_not_of_a_migration_without_a_transfer(self, diagnoser: Diagnoser) -> None:
        theirs = transfer("bank-2-x9d7k", "bank-2")
        assert not said(diagnoser, TRANSFER, going("InitialBackupCreated"), theirs)

    def test_what_names_a_pod_of_another_namespace_is_not_its_own(
        self, diagnoser: Diagnoser
    ) -> None:
        ours = transfer("shop-1-b7dp2", "shop-1", phase=WAITING)
        assert CLAIM not in said(diagnoser, POD % "bank", going(self.WAITS), ours)

    def test_what_names_a_pod_of_its_namespace_is_its_own_whoever_else_goes_on(
        self, diagnoser: Diagnoser
    ) -> None:
        ours = transfer("shop-1-b7dp2", "shop-1", phase=WAITING)
        theirs = transfer("bank-2-x9d7k", "bank-2", phase=WAITING)
        log = POD % "bank" + POD % "shop"
        assert CLAIM in said(diagnoser, log, going(self.WAITS), ours, theirs)

    def test_a_wait_that_is_over_is_no_finding(self, diagnoser: Diagnoser) -> None:
        later = transfer("shop-1-b7dp2", "shop-1", phase="RunRsyncOperations")
        assert CLAIM not in said(diagnoser, POD % "shop", going(self.WAITS), later)

    def test_a_wait_in_which_it_failed_is(self, diagnoser: Diagnoser) -> None:
        over = transfer("shop-1-b7dp2", "shop-1", ended="11:20")
        over["status"]["conditions"][0]["reason"] = WAITING
        assert CLAIM in said(diagnoser, POD % "shop", going(self.WAITS), over)


class TestImageStreamsThatAreCopiedAtOnce:
    """mig-controller copies one stream after the other, and says of which only by the image."""

    WAITS = "WaitForDirectImageMigrationToComplete"
    GONE = "registry-manifest-unknown"
    ERROR = (
        '{"level":"info","ts":1772363522.4,"logger":"directimagestream","msg":"[imagecopy] Error '
        "copying image: initializing source docker://registry.ocp3.example.com/%s/app@sha256:c0ffee"
        ": reading manifest sha256:c0ffee in registry.ocp3.example.com/%s/app: manifest unknown"
        '","phase":"MigrateImageStream"}\n'
    )
    NAMELESS = (
        '{"level":"info","ts":1772363522.4,"logger":"directimagestream","msg":"[imagecopy] Error '
        'copying image: manifest unknown","phase":"MigrateImageStream"}\n'
    )

    @staticmethod
    def copies(namespace: str, **status: Any) -> tuple[Thing, Thing]:
        def made(by: str, name: str) -> Thing:
            owner = {"kind": by, "name": name, "uid": f"uid-{by.lower()}-{name}"}
            return {"creationTimestamp": "2026-03-01T11:06:00Z", "ownerReferences": [owner]}

        run = f"{namespace}-1"
        images = mtc("DirectImageMigration", run, metadata=made("MigMigration", run))
        stream = mtc(
            "DirectImageStreamMigration",
            f"{run}-app",
            metadata=made("DirectImageMigration", run),
            spec={"imageStreamRef": {"namespace": namespace, "name": "app"}},
            status={"phase": "MigrateImageStream", **status},
        )
        return images, stream

    def test_an_image_of_another_namespace_is_anothers(self, diagnoser: Diagnoser) -> None:
        log = self.ERROR % ("bank", "bank")
        both = (*self.copies("shop"), *self.copies("bank"))
        assert not said(diagnoser, log, going(self.WAITS), *both)

    def test_an_image_of_its_namespace_is_its_own(self, diagnoser: Diagnoser) -> None:
        log = self.ERROR % ("shop", "shop")
        both = (*self.copies("shop"), *self.copies("bank"))
        assert self.GONE in said(diagnoser, log, going(self.WAITS), *both)

    def test_an_image_of_a_namespace_that_nobody_migrates_may_be_its_own(
        self, diagnoser: Diagnoser
    ) -> None:
        log = self.ERROR % ("openshift", "openshift")
        assert self.GONE in said(diagnoser, log, going(self.WAITS), *self.copies("shop"))

    def test_a_line_without_an_image_is_laid_at_no_door_while_another_is_copied(
        self, diagnoser: Diagnoser
    ) -> None:
        ours, theirs = self.copies("shop"), self.copies("bank")
        assert self.GONE in said(diagnoser, self.NAMELESS, going(self.WAITS), *ours)
        assert not said(diagnoser, self.NAMELESS, going(self.WAITS), *ours, *theirs)


def test_what_a_condition_was_when_it_began_is_no_finding(diagnoser: Diagnoser) -> None:
    assert not said(diagnoser, BEGAN, going("InitialBackupCreated"))


STORE = (
    'time="2026-03-01T11:20:00Z" level=error msg="fail to validate backup store" '
    "backup-storage-location=openshift-migration/spare-x2k4d controller=backup-storage-location "
    'error="rpc error: code = Unknown desc = operation error S3: ListObjectsV2, https response '
    'error StatusCode: 403, api error AccessDenied: Access Denied"\n'
    'time="2026-03-01T11:20:01Z" level=warning msg="Unavailable BackupStorageLocations detected: '
    'available/unavailable/unknown: 1/1/0, BackupStorageLocation \\"spare-x2k4d\\" is unavailable: '
    "rpc error: code = Unknown desc = operation error S3: ListObjectsV2, https response error "
    'StatusCode: 403, api error AccessDenied: Access Denied)" controller=backup-storage-location\n'
    'time="2026-03-01T11:20:01Z" level=warning msg="Unavailable BackupStorageLocations detected: '
    'available/unavailable/unknown: 1/1/0, )" controller=backup-storage-location\n'
)


def test_a_store_that_refuses_is_not_the_cause_of_what_uses_another(diagnoser: Diagnoser) -> None:
    velero = pod("velero-76799bf97f-9s2kq")
    logs = {(MTC_NAMESPACE, "velero-76799bf97f-9s2kq", "velero"): STORE.encode()}
    here = plane(plan(), going("StagePodsCreated"), velero, logs=logs)
    assert [f.entry.id for f in diagnoser(here, SHOP_1).findings] == ["stalled-stage-pods"]


class TestPodsOfEarlierRuns:
    MESSAGE = (
        'rsync: [receiver] chown "/mnt/shop/data/a" failed: Operation not permitted (1)\n'
        "rsync error: some files/attrs were not transferred (see previous errors) (code 23)"
    )

    def rsync(self, transfer: str) -> Thing:
        ended = {"exitCode": 23, "reason": "Error", "message": self.MESSAGE}
        statuses = [{"name": "rsync", "state": {"terminated": ended}}]
        marks = {"owner": "directvolumemigration", "directvolumemigration": transfer}
        metadata = {"labels": {**marks, "app": "directvolumemigration-rsync-transfer"}}
        status = {"phase": "Failed", "containerStatuses": statuses}
        return pod("rsync-k7w2d", "shop", metadata=metadata, status=status)

    def found(self, diagnoser: Diagnoser, of: str, *host: Thing) -> list[str]:
        logs = {("shop", "rsync-k7w2d", "rsync"): self.MESSAGE.encode()}
        here = plane(plan(), *host, source=[self.rsync(of)], source_logs=logs)
        return [f.entry.id for f in diagnoser(here, SHOP_1).findings]

    def test_they_are_no_cause_of_a_migration_that_is_refused(self, diagnoser: Diagnoser) -> None:
        earlier = transfer("shop-0-d4k2x", "shop-0", begun="10:00", ended="10:20")
        refused = going("", true("HasFinalMigration", "Critical"))
        found = self.found(diagnoser, "uid-directvolumemigration-shop-0-d4k2x", earlier, refused)
        assert found == ["migmigration-has-final"]

    def test_those_of_its_own_run_are(self, diagnoser: Diagnoser) -> None:
        own = transfer("shop-1-b7dp2", "shop-1", phase="RunRsyncOperations")
        running = going("WaitForDirectVolumeMigrationToComplete")
        found = self.found(diagnoser, "uid-directvolumemigration-shop-1-b7dp2", own, running)
        assert found[0] == "rsync-ownership-not-permitted"


class TestRegistriesOfOthers:
    """Indirect copies of images go through a registry that MTC runs in its own namespace."""

    @staticmethod
    def registry(of: str) -> Thing:
        marks = {"migration.openshift.io/migration-registry": "True", "migmigration": of}
        waiting = {"reason": "ImagePullBackOff", "message": MISSING}
        statuses = [{"name": "registry", "state": {"waiting": waiting}}]
        status = {"phase": "Pending", "containerStatuses": statuses}
        return pod("registry-7k2d", metadata={"labels": marks}, status=status)

    @pytest.mark.parametrize(("of", "told"), [("shop-1", True), ("bank-2", False)])
    def test_one_that_does_not_run_fails_only_the_migration_that_it_is_for(
        self, diagnoser: Diagnoser, of: str, told: bool
    ) -> None:
        running = going("WaitForRegistriesReady")
        logs = {(MTC_NAMESPACE, "registry-7k2d", "registry"): b"panic: s3aws: AccessDenied\n"}
        registry = self.registry(f"uid-migmigration-{of}")
        found = diagnoser(plane(plan(), running, registry, logs=logs), SHOP_1)
        causes = {f.entry.id for f in found.findings if not f.benign} - {"stalled-registries"}
        assert bool(causes) == told

    def test_its_own_is_unhealthy_for_the_image_that_cannot_be_pulled(
        self, diagnoser: Diagnoser
    ) -> None:
        error = "Migration Registry Pod openshift-migration/registry-7k2d is in unhealthy state"
        here = plane(plan(), failed(error), self.registry("uid-migmigration-shop-1"))
        found = diagnoser(here, SHOP_1).root
        assert found is not None
        assert found.entry.id == "image-pull-not-found"
        assert "migration-registry-unhealthy" in {f.entry.id for f in found.symptoms}
