"""A control cluster as it is after years: thousands of finished migrations, a few under way.

What is made depends on the numbers alone. Objects are as large as those that mig-controller
leaves behind: a pipeline of nine steps with progress lines, a transfer for every second migration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import urllib3

from bot.clusters import kinds as k
from bot.clusters.kinds import BY_KIND, MTC_NAMESPACE
from tests.apiserver.loading import namespace, path_of
from tests.apiserver.process import ApiServer

Json = dict[str, Any]
ROOMS = 10
"""Channels that alerts are routed to, since eleven alerts a minute in one channel are a storm."""
_STEPS = (
    "Prepare",
    "Backup",
    "StageBackup",
    "StageRestore",
    "DirectImage",
    "DirectVolume",
    "Restore",
    "Verify",
    "Cleanup",
)
_PER_PLAN = 4
_LOADERS = 6


def stamp(moment: datetime) -> str:
    """Return a time as Kubernetes writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Crowd:
    """So many finished migrations, and some that run."""

    finished: int
    running: int
    plans: int = 0
    """How many plans those that run belong to; each to its own where it is 0."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def load(self, server: ApiServer) -> int:
        """Put everything on a server; return how many objects that was."""
        namespace(server, MTC_NAMESPACE)
        loader = Loader(server)
        made = loader.create([*self._surroundings(), *self._plans()])
        made += loader.create(self._migrations())
        made += loader.create(self._running())
        uids = loader.uids("MigMigration")
        return made + loader.create(self._transfers(uids))

    def objects(self) -> Iterator[Json]:
        """Yield everything, with uids, for a cluster in memory."""
        source = _thing("MigCluster", "ocp3", {"isHostCluster": False}, _status(_ready()))
        there = (
            source,
            *self._surroundings(),
            *self._plans(),
            *self._migrations(),
            *self._running(),
        )
        uids: dict[str, str] = {}
        for made in there:
            uid = f"uid-{made['kind']}-{made['metadata']['name']}"
            uids[made["metadata"]["name"]] = made["metadata"]["uid"] = uid
            yield made
        yield from self._transfers(uids)

    def _surroundings(self) -> Iterator[Json]:
        yield _thing("MigStorage", "s3", {"backupStorageProvider": "aws"}, _status(_ready()))
        yield _thing("MigCluster", "host", {"isHostCluster": True}, _status(_ready()))

    def _plans(self) -> Iterator[Json]:
        for number in range(-(-self.finished // _PER_PLAN)):
            yield _plan(f"app-{number:05}")
        for number in range(self.running):
            yield _plan(live_plan(number))

    def _migrations(self) -> Iterator[Json]:
        for number in range(self.finished):
            begun = self.now - timedelta(days=700) + timedelta(minutes=90) * number
            begun = min(begun, self.now - timedelta(days=2))
            spec = {"migPlanRef": _ref(f"app-{number // _PER_PLAN:05}"), "quiescePods": True}
            yield _thing("MigMigration", f"migration-{number:05}", spec, _ended(begun))

    def _running(self) -> Iterator[Json]:
        for number in range(self.running):
            status = _ended(self.now - timedelta(minutes=3), done=4)
            status |= stepped(self.now, 20)
            plan = live_plan(number % self.plans if self.plans else number)
            spec = {"migPlanRef": _ref(plan), "quiescePods": True}
            yield _thing("MigMigration", live(number), spec, status)

    def _transfers(self, uids: dict[str, str]) -> Iterator[Json]:
        for number in range(0, self.finished, 2):
            owner = f"migration-{number:05}"
            status = _ended(self.now - timedelta(days=3))
            status["rsyncOperations"] = [
                {"pvcReference": {"namespace": "app", "name": f"data-{n}"}, "succeeded": True}
                for n in range(3)
            ]
            made = _thing("DirectVolumeMigration", f"{owner}-x", {}, status)
            made["metadata"]["labels"] = {"migmigration": uids[owner]}
            made["metadata"]["ownerReferences"] = [
                {
                    "apiVersion": k.MIGMIGRATION.api_version,
                    "kind": "MigMigration",
                    "name": owner,
                    "uid": uids[owner],
                }
            ]
            yield made


def live(number: int) -> str:
    """Return the name of a migration under way."""
    return f"cutover-{number:03}"


def live_plan(number: int) -> str:
    """Return the name of its plan; the last digit says which room hears of it."""
    return f"live-{number:03}"


def stepped(now: datetime, step: int) -> Json:
    """Return the part of a status in which a migration that runs has come to a step."""
    running = _condition("Running", "Advisory", f"Step: {step}/50", "StageBackupCreated", now)
    return {"phase": "StageBackupCreated", "conditions": [running]}


def held(now: datetime) -> Json:
    """Return the part of a status in which a migration is held up by its plan."""
    message = "The associated migration plan is not ready."
    return {"conditions": [_condition("PlanNotReady", "Critical", message, "", now)]}


def failure(now: datetime) -> Json:
    """Return the status that mig-controller writes when a stage backup of volumes fails."""
    reason = "StageBackupFailed"
    message = f"The migration has failed.  See: Errors. Failed phase: {reason}"
    failed = _condition("Failed", "Critical", message, reason, now)
    error = "PodVolumeBackup failed: pod volume backup failed: timed out waiting for all volumes"
    return {
        "phase": "Completed",
        "itinerary": "Failed",
        "errors": [error],
        "conditions": [failed],
    }


class Loader:
    """Creates many objects at once."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        ca = str(server.folder / "ca.crt")
        self._http = urllib3.PoolManager(ca_certs=ca, maxsize=_LOADERS, block=True)
        self._headers = {
            "Authorization": f"Bearer {server.admin_token}",
            "Content-Type": "application/json",
        }

    def create(self, objects: Iterable[Json]) -> int:
        with ThreadPoolExecutor(_LOADERS) as pool:
            return sum(pool.map(self._post, objects))

    def uids(self, kind: str) -> dict[str, str]:
        """Return the uids of all objects of a kind by name."""
        found: dict[str, str] = {}
        position = ""
        while True:
            path = f"{path_of(BY_KIND[kind], MTC_NAMESPACE)}?limit=500&continue={position}"
            answer = self._server.done("GET", path)
            for item in answer["items"]:
                found[item["metadata"]["name"]] = item["metadata"]["uid"]
            position = answer["metadata"].get("continue", "")
            if not position:
                return found

    def _post(self, obj: Json) -> int:
        url = self._server.url + path_of(BY_KIND[obj["kind"]], MTC_NAMESPACE)
        response = self._http.request(
            "POST", url, body=orjson.dumps(obj), headers=self._headers, timeout=60.0
        )
        assert response.status in (201, 409), response.data[:500]
        return int(response.status == 201)


def _thing(kind: str, name: str, spec: Json, status: Json) -> Json:
    meta = {"name": name, "namespace": MTC_NAMESPACE}
    return {
        "apiVersion": BY_KIND[kind].api_version,
        "kind": kind,
        "metadata": meta,
        "spec": spec,
        "status": status,
    }


def _plan(name: str) -> Json:
    volumes = [
        {
            "name": f"pvc-{name}-{number}",
            "capacity": "10Gi",
            "storageClass": "gp2",
            "supported": {"actions": ["copy"], "copyMethods": ["filesystem", "snapshot"]},
            "selection": {"action": "copy", "copyMethod": "filesystem", "storageClass": "gp3"},
            "pvc": {"namespace": name, "name": f"data-{number}", "accessModes": ["ReadWriteOnce"]},
        }
        for number in range(3)
    ]
    spec = {
        "namespaces": [name],
        "srcMigClusterRef": _ref("ocp3"),
        "destMigClusterRef": _ref("host"),
        "migStorageRef": _ref("s3"),
        "persistentVolumes": volumes,
    }
    return _thing("MigPlan", name, spec, _status(_ready()))


def _ref(name: str) -> Json:
    return {"name": name, "namespace": MTC_NAMESPACE}


def _status(*conditions: Json) -> Json:
    return {"conditions": list(conditions), "observedDigest": "0" * 64}


def _condition(kind: str, category: str, message: str, reason: str, at: datetime) -> Json:
    return {
        "type": kind,
        "status": "True",
        "category": category,
        "reason": reason,
        "message": message,
        "durable": category == "Advisory",
        "lastTransitionTime": stamp(at),
    }


def _ready() -> Json:
    past = datetime.now(UTC) - timedelta(days=30)
    return _condition("Ready", "Required", "It is ready.", "", past)


def _ended(begun: datetime, done: int = len(_STEPS)) -> Json:
    pipeline = []
    for number, name in enumerate(_STEPS):
        at = begun + timedelta(minutes=2 * number)
        step: Json = {"name": name, "message": "Completed" if number < done else "Not started"}
        if number < done:
            step |= {"started": stamp(at), "completed": stamp(at + timedelta(minutes=2))}
            step["progress"] = [
                f"PodVolumeBackup openshift-migration/{name.lower()}-{n}: 20 out of 20 bytes copied"
                for n in range(4)
            ]
        pipeline.append(step)
    ended = begun + timedelta(minutes=2 * len(_STEPS))
    message = "The migration has completed successfully."
    succeeded = _condition("Succeeded", "Advisory", message, "", ended)
    return {
        "phase": "Completed",
        "itinerary": "Final",
        "startTimestamp": stamp(begun),
        "pipeline": pipeline,
        "conditions": [succeeded],
        "observedDigest": "0" * 64,
    }
