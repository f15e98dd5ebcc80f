"""One story for each action: what there is, what is asked for, and what MTC then does.

``prepare`` furnishes a world, ``settle`` is what controllers do after each turn of the runner.
What is put there passes the published schemas, so that a story can be lived on real API servers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from tests.remediation import things as t
from tests.remediation.world import FAILED, migration, thing, true


class Stage(Protocol):
    """Where a story is lived: two clusters, and the time there."""

    @property
    def host(self) -> t.Played: ...
    @property
    def source(self) -> t.Played: ...
    @property
    def now(self) -> datetime: ...


Does = Callable[[Stage], None]
CA_PEM, CA_PRINT = t.authority()


def nothing(world: Stage) -> None:
    del world


@dataclass(frozen=True)
class Story:
    """How an action is lived through."""

    target: tuple[str, str] = ("MigMigration", "shop-1")
    params: Mapping[str, Any] = field(default_factory=dict)
    prepare: Does = nothing
    settle: Does = nothing
    typed: str = ""
    verbs: tuple[str, ...] = ("patch",)
    """Of the calls, in order."""
    undo: bool = False


def ended_well(world: Stage) -> None:
    """Be mig-controller: every migration that is new succeeds at once."""
    for found in world.host.find_all(k.MIGMIGRATION):
        status: Json = found.get("status", {})
        if status.get("phase") != "Completed":
            spec = found["spec"]
            itinerary = "Rollback" if spec.get("rollback") else "Final"
            if spec.get("canceled"):
                conditions = [true("Canceled"), true("Succeeded")]
                itinerary = "Cancel"
            else:
                conditions = [true("Succeeded")]
            found["status"] = {
                "phase": "Completed",
                "itinerary": itinerary,
                "startTimestamp": "2026-03-01T03:00:00Z",
                "conditions": conditions,
            }
            world.host.put(found)


def storage(world: Stage) -> None:
    found = world.host.find(k.MIGSTORAGE, "minio", MTC_NAMESPACE)
    assert found is not None
    found["spec"]["backupStorageConfig"] = {"awsBucketName": "mtc"}
    world.host.put(found)


def all_ready(world: Stage) -> None:
    """Be mig-controller: everything is validated, refresh is set back."""
    ended_well(world)
    for kind in (k.MIGPLAN, k.MIGCLUSTER, k.MIGSTORAGE):
        for found in world.host.find_all(kind):
            found["spec"].pop("refresh", None)
            found["status"] = {"conditions": [true("Ready", "Required")]}
            world.host.put(found)


def controllers(world: Stage) -> None:
    world.host.put(t.controller(restic_timeout="1h"))
    world.source.put(t.controller())
    for cluster in (world.host, world.source):
        cluster.put(t.deployment("velero"))
    operators_settle(world)


def operators_settle(world: Stage) -> None:
    """Be the operators: carry every parameter through, now."""
    moment = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    for cluster in (world.host, world.source):
        found = cluster.find(k.MIGRATIONCONTROLLER, "migration-controller", MTC_NAMESPACE)
        assert found is not None
        found["status"] = {"conditions": [t.settled_at(moment)]}
        cluster.put(found)
        velero = cluster.find(k.DEPLOYMENT, "velero", MTC_NAMESPACE)
        assert velero is not None
        timeout = found["spec"].get("restic_timeout", "1h")
        containers = velero["spec"]["template"]["spec"]["containers"]
        containers[0]["args"] = ["server", f"--fs-backup-timeout={timeout}"]
        cluster.put(velero)
        t.roll_out(cluster, k.DEPLOYMENT, "velero")


def namespaces(world: Stage) -> None:
    world.source.put(t.selecting("shop", "region=east"))
    world.source.put(t.namespace("pay"))
    world.host.put(t.namespace("shop"))
    world.host.put(t.namespace("pay-new"))
    world.host.put(t.node("worker-east", {"region": "east"}))


def running(world: Stage) -> None:
    world.host.put(
        migration(
            "shop-2",
            true("Running"),
            phase="WaitForDirectVolumeMigrationToComplete",
            startTimestamp="2026-03-01T02:30:00Z",
        )
    )


def unstarted(world: Stage) -> None:
    world.host.put(migration("shop-2", true("HasFinalMigration", "Critical")))


def velero_on_source(world: Stage) -> None:
    world.source.put(t.deployment("velero"))


def rolled_source(world: Stage) -> None:
    t.roll_out(world.source, k.DEPLOYMENT, "velero")


def agents_on_source(world: Stage) -> None:
    world.source.put(t.daemonset("node-agent"))


def agents_rolled(world: Stage) -> None:
    t.roll_out(world.source, k.DAEMONSET, "node-agent")


def controller_on_host(world: Stage) -> None:
    world.host.put(t.deployment("migration-controller"))


def controller_rolled(world: Stage) -> None:
    t.roll_out(world.host, k.DEPLOYMENT, "migration-controller")


def token(world: Stage) -> None:
    cluster = world.host.find(k.MIGCLUSTER, "ocp3", MTC_NAMESPACE)
    assert cluster is not None
    cluster["spec"]["serviceAccountSecretRef"] = {"name": "ocp3", "namespace": "openshift-config"}
    world.host.put(cluster)
    world.host.put(t.secret("ocp3", "openshift-config", saToken="old"))
    world.host.put(t.secret("new-token", token="new"))


def orphans(world: Stage) -> None:
    store = {"provider": "aws", "objectStorage": {"bucket": "mtc"}}
    world.source.put(t.obj(k.BSL, "automatic-b", spec=store))
    world.source.put(t.repository("good", "automatic-b"))
    world.source.put(t.repository("orphan", "automatic-a"))


def stage_pods(world: Stage) -> None:
    own = {"labels": {f"{t.LABELS}is-stage-pod": "True"}}
    world.source.put(t.obj(k.POD, "stage-1", "shop", metadata=own))
    world.source.put(t.obj(k.POD, "web-1", "shop"))
    world.host.put(t.obj(k.POD, "stage-2", "pay-new", metadata=own))


def leftover_velero(world: Stage) -> None:
    plan = world.host.find(k.MIGPLAN, "shop", MTC_NAMESPACE)
    live = world.host.find(k.MIGMIGRATION, "shop-1", MTC_NAMESPACE)
    assert plan is not None
    assert live is not None

    def made(name: str, uid: str, phase: str = "Completed") -> Json:
        labels = {
            f"{t.LABELS}migrated-by-migplan": plan["metadata"]["uid"],
            f"{t.LABELS}migrated-by-migmigration": uid,
        }
        return t.obj(k.BACKUP, name, metadata={"labels": labels}, status={"phase": phase})

    world.source.put(made("gone-1", "another"))
    world.source.put(made("live-1", live["metadata"]["uid"]))
    world.source.put(made("busy-1", "another", "InProgress"))
    world.source.put(t.obj(k.BACKUP, "foreign", status={"phase": "Completed"}))


_SUPPORTED = {"actions": ["copy", "move"], "copyMethods": ["filesystem"]}


def volumes(world: Stage) -> None:
    plan = world.host.find(k.MIGPLAN, "shop", MTC_NAMESPACE)
    assert plan is not None
    plan["spec"]["persistentVolumes"] = [
        {
            "name": "pv-1",
            "capacity": "1Gi",
            "selection": {"action": "copy", "verify": True},
            "supported": _SUPPORTED,
        },
        {"name": "pv-2", "selection": {"action": "move"}, "supported": _SUPPORTED},
    ]
    plan["spec"]["indirectImageMigration"] = False
    world.host.put(plan)


def image_stream(world: Stage) -> None:
    world.source.put(t.obj(k.IMAGESTREAM, "php", "openshift"))


def images_copied(world: Stage) -> None:
    for found in world.host.find_all(k.DISM):
        found["status"] = {"phase": "Completed"}
        world.host.put(found)


def restored(world: Stage) -> None:
    world.host.put(
        t.obj(
            k.RESTORE,
            "shop-1-final-abcde",
            metadata={"labels": {f"{t.LABELS}migmigration-name": "shop-1"}},
            status={"phase": "PartiallyFailed"},
        )
    )


def results_processed(world: Stage) -> None:
    for found in world.host.find_all(k.DOWNLOADREQUEST):
        found["status"] = {"phase": "Processed", "downloadURL": "https://store.example.com/x"}
        world.host.put(found)


def stopped(world: Stage) -> None:
    notes = {f"{t.LABELS}preQuiesceReplicas": "3"}
    down = t.deployment("web", "shop", 0, **notes)
    world.source.put(down)
    world.source.put(t.deployment("untouched", "shop", 0))
    world.source.put(
        t.obj(
            k.CRONJOB,
            "nightly",
            "pay",
            metadata={"annotations": {f"{t.LABELS}preQuiesceSuspend": "false"}},
            spec={"suspend": True, "schedule": "0 3 * * *", "jobTemplate": t.job_template()},
        )
    )


def source_rolled(world: Stage) -> None:
    t.roll_out(world.source, k.DEPLOYMENT, "web", "shop")
    t.roll_out(world.source, k.DEPLOYMENT, "untouched", "shop")


_PLAN = ("MigPlan", "shop")
STORIES: dict[str, Story] = {
    "refresh-cluster": Story(("MigCluster", "ocp3"), settle=all_ready),
    "refresh-storage": Story(("MigStorage", "minio"), settle=all_ready),
    "refresh-plan": Story(_PLAN, settle=all_ready),
    "rerun-migration": Story(settle=ended_well, verbs=("create",)),
    "rollback-migration": Story(settle=ended_well, verbs=("create",)),
    "cancel-migration": Story(("MigMigration", "shop-2"), prepare=running, settle=ended_well),
    "remove-unstarted-migration": Story(
        ("MigMigration", "shop-2"), prepare=unstarted, verbs=("delete",)
    ),
    "copy-namespace-annotations": Story(prepare=namespaces, undo=True),
    "rsync-privileged": Story(prepare=namespaces, verbs=("patch",) * 4, undo=True),
    "set-restic-timeout": Story(
        params={"timeout": "4h"},
        prepare=controllers,
        settle=operators_settle,
        verbs=("patch", "patch"),
        undo=True,
    ),
    "set-restic-supplemental-groups": Story(
        params={"groups": [5555]},
        prepare=controllers,
        settle=operators_settle,
        verbs=("patch", "patch"),
        undo=True,
    ),
    "set-restic-memory": Story(
        params={"limit": "2Gi"},
        prepare=controllers,
        settle=operators_settle,
        verbs=("patch", "patch"),
        undo=True,
    ),
    "set-plan-limits": Story(
        params={"namespaces": 20}, prepare=controllers, settle=operators_settle, undo=True
    ),
    "set-rsync-options": Story(
        params={"bandwidth_kb_per_s": 5000},
        prepare=controllers,
        settle=operators_settle,
        undo=True,
    ),
    "set-endpoint-type": Story(
        params={"type": "NodePort"}, prepare=controllers, settle=operators_settle, undo=True
    ),
    "set-cluster-ca-bundle": Story(
        ("MigCluster", "ocp3"), {"pem": CA_PEM}, settle=all_ready, typed=CA_PRINT, undo=True
    ),
    "set-storage-ca-bundle": Story(
        ("MigStorage", "minio"),
        {"pem": CA_PEM},
        prepare=storage,
        settle=all_ready,
        typed=CA_PRINT,
        undo=True,
    ),
    "renew-sa-token": Story(
        ("MigCluster", "ocp3"), {"secret": "new-token"}, prepare=token, settle=all_ready
    ),
    "restart-velero": Story(prepare=velero_on_source, settle=rolled_source),
    "restart-node-agent": Story(prepare=agents_on_source, settle=agents_rolled),
    "restart-controller": Story(prepare=controller_on_host, settle=controller_rolled),
    "delete-orphan-repositories": Story(prepare=orphans, verbs=("delete",)),
    "delete-stage-pods": Story(prepare=stage_pods, verbs=("delete", "delete")),
    "delete-leftover-velero": Story(_PLAN, prepare=leftover_velero, verbs=("delete",)),
    "disable-verification": Story(_PLAN, prepare=volumes, settle=all_ready, undo=True),
    "use-indirect-images": Story(_PLAN, prepare=volumes, settle=all_ready, undo=True),
    "recreate-plan": Story(
        _PLAN, prepare=volumes, settle=all_ready, verbs=("create", "delete", "create")
    ),
    "copy-imagestream": Story(
        params={"name": "php"}, prepare=image_stream, settle=images_copied, verbs=("create",)
    ),
    "allow-transfer-network": Story(prepare=namespaces, verbs=("create",) * 4, undo=True),
    "fetch-restore-results": Story(prepare=restored, settle=results_processed, verbs=("create",)),
    "scale-back-source": Story(prepare=stopped, settle=source_rolled, verbs=("patch", "patch")),
}
"""By action. ``thing`` and ``FAILED`` of the world are what every story begins with."""

__all__ = ["CA_PEM", "CA_PRINT", "FAILED", "STORIES", "Story", "thing"]
