"""Whose a line of a shared log is, where it does not name the target, and whose a pod is.

mig-controller logs most errors without saying whose they are, and writes the same words into the
status of the object: into its ``errors``, or its condition ReconcileFailed. Of direct volume
migrations it logs all without a name, but often a pod, claim or route with its namespace, and of
image streams often an image, in whose path stands its namespace; where several were under way at
once, no more can be known (loggers ``directvolume`` and ``directimagestream`` in mig-controller
pkg/controller/directvolumemigration and directimagestreammigration).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

import orjson

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, dicts, labels, mapping, metadata, moment, sequence, text
from bot.mtc.presence import absence

Owner = Literal["target", "other", "unknown"]

_ERROR = re.compile(r'"error": ?("(?:[^"\\]|\\.)*")')
_PANIC = '"Observed a panic in reconciler'
"""How controller-runtime says of which object it was at work on as it ended."""
_STATE = '"msg":"CR"'
"""In lines with which mig-controller logs an object's conditions each time that they change: they
tell what was, and the objects what is."""
_OWNER_KEYS = re.compile(
    r"\b(?:backup|backuprequest|restore|migMigration|dvm|directVolumeMigration|migPlan|backupRepo"
    r"|backup-storage-location|backupLocation|migCluster|migStorage|migHook|migAnalytic"
    r')"?[=:]\s*"?(?:[\w.-]+/)?[\w.-]|\bBackupStorageLocation \\*"[\w.-]'
    r"|Unavailable BackupStorageLocations detected"
)
_PLACE = re.compile(
    r'"(?:pod|pvc|(?:dest)?persistentVolumeClaim|route|service|configMap|job|\w*namespace)": ?'
    r'"(?P<namespace>[a-z0-9][a-z0-9-]*)(?:/[^"]*)?"',
    re.IGNORECASE,
)
_IMAGE = re.compile(r'docker://[^/\s"]+/(?P<namespace>[a-z0-9][a-z0-9-]*)/')
_LOGGER = re.compile(r'"logger": ?"(?P<logger>\w+)')
_PHASE = re.compile(r'"phase": ?"(?P<phase>\w+)"')
_WORD = re.compile(r"[\w.-]+")
_WAITED = re.compile(r'"msg": ?"Found (?:UNSCHEDULABLE|abnormal event)')
"""What mig-controller says of a pod that it waits for, again each few seconds."""
_NAMELESS = {"directvolume": k.DVM, "directimagestream": k.DISM}
"""Loggers that do not say of which object they speak, with its kind."""
_WITH_ERRORS = (k.MIGMIGRATION, k.MIGPLAN, k.MIGCLUSTER, k.MIGSTORAGE, k.DVM, k.DIM)
_LATE = frozenset({"MigrationFailed", "MigrateImageStream"})
"""Phases after which a transfer only ends."""
_LOGGED_AFTER = timedelta(seconds=30)
_RECONCILE = re.compile(r"Reconcile failed: \[(.*)\]\. See controller logs", re.DOTALL)
_OF_MIGRATIONS = ("is-stage-pod", "migration-registry")
"""Labels of what MTC makes for one migration, after its prefix."""


def told_error(record: str) -> str:
    """Return the error that a JSON line of a log tells; empty for none."""
    found = _ERROR.search(record)
    if found is None:
        return ""
    try:
        return text(orjson.loads(found[1]))
    except orjson.JSONDecodeError:
        return ""


def errors_of(objects: Iterable[Json]) -> Iterator[str]:
    """Yield the errors that stand in the statuses of MTC's objects."""
    for obj in objects:
        status = mapping(obj, "status")
        yield from (error for error in map(text, sequence(status.get("errors"))) if error)
        for condition in dicts(status.get("conditions")):
            if condition.get("type") != "ReconcileFailed":
                continue
            found = _RECONCILE.search(text(condition.get("message")))
            if found and found[1]:
                yield found[1]


def made_for_another(pod: Json, own: Container[str]) -> bool:
    """Return whether MTC made a pod for another run than that of which ``own`` are the uids.

    Stage pods and registries carry the uid of the migration, rsync pods that of the direct volume
    migration (mig-controller pkg/apis/migration/v1alpha1/labels.go); they stay until a next run
    clears them.
    """
    named = labels(pod)
    made_for = ""
    if any(named.get(f"migration.openshift.io/{made}") for made in _OF_MIGRATIONS):
        made_for = text(named.get("migmigration"))
    elif named.get("owner") == "directvolumemigration":
        made_for = text(named.get("directvolumemigration"))
    return bool(made_for) and made_for not in own


class Attribution:
    """Tells whose a line of mig-controller's log is, by what it names besides MTC's own objects."""

    def __init__(self, dossier: Dossier, own: Sequence[Json], upstream: Sequence[Json]) -> None:
        """Take what the target's migration made as ``own``, and what it depends on."""
        targets = [obj for obj in (dossier.subject, dossier.migration) if obj is not None]
        self._host = dossier.scene("host")
        self._now = dossier.now
        self._kin = [*targets, *own, *upstream]
        self._phases = {phase for obj in (*targets, *own) for phase in _reached(obj)}
        self._uids = {text(metadata(obj).get("uid")) for obj in own} - {""}
        self._namespaces = {name for pair in dossier.namespaces for name in pair}
        self._transfers = {kind.kind: self._host.all(kind) for kind in _NAMELESS.values()}
        own_names = {text(metadata(obj).get("name")) for obj in own}
        kinds = (k.MIGMIGRATION, k.DVM, k.DIM, k.BACKUP, k.RESTORE)
        every = (
            obj for scene in dossier.scenes.values() for kind in kinds for obj in scene.all(kind)
        )
        names = {text(metadata(obj).get("name")) for obj in every}
        self._others = names - own_names - {text(metadata(dossier.migration).get("name")), ""}

    def of(self, record: str, time: datetime | None) -> Owner:
        """Return whose a record that names no object of the target is."""
        if _OWNER_KEYS.search(record):
            return "other"
        if _PANIC in record:
            return "target" if self._controller_ends else "other"
        places = {found["namespace"] for found in _PLACE.finditer(record)} - {MTC_NAMESPACE}
        if places:
            return "target" if places & self._namespaces else "other"
        if self._others & {word.strip(".") for word in _WORD.findall(record)}:
            return "other"
        if told_error(record) in self._told:
            return "other"
        logger = _LOGGER.search(record)
        if logger is None or logger["logger"] not in _NAMELESS:
            return "unknown"
        images = {found["namespace"] for found in _IMAGE.finditer(record)}
        if images & self._namespaces:
            return "target"
        if images & self._copied_from:
            return "other"
        transfers = self._transfers[_NAMELESS[logger["logger"]].kind]
        phase = _PHASE.search(record)
        going = [t for t in transfers if _says(t, time, phase["phase"] if phase else "")]
        mine = [transfer for transfer in going if self._is_own(transfer)]
        alone = len(mine) == len(going) == 1
        return "unknown" if alone or not transfers else "other"

    def is_over(self, record: str) -> bool:
        """Return whether a record tells of what was, such as a wait that the target got over."""
        if _STATE in record:
            return True
        if not _WAITED.search(record):
            return False
        phase = _PHASE.search(record)
        return phase is not None and phase["phase"] not in self._phases

    @cached_property
    def _controller_ends(self) -> bool:
        """Whether mig-controller ends again and again: what ends it holds everyone up."""
        deployment = self._host.named(k.DEPLOYMENT, "migration-controller", MTC_NAMESPACE)
        pods = self._host.all(k.POD)
        return deployment is not None and absence(deployment, pods, self._now) is not None

    @cached_property
    def _told(self) -> frozenset[str]:
        """The errors that objects with which the target has nothing to do have told."""
        kin = {text(metadata(obj).get("uid")) for obj in self._kin}
        every = (obj for kind in _WITH_ERRORS for obj in self._host.all(kind))
        told = errors_of(obj for obj in every if text(metadata(obj).get("uid")) not in kin)
        return frozenset(told) - frozenset(errors_of(self._kin))

    @cached_property
    def _copied_from(self) -> frozenset[str]:
        """The namespaces of the image streams that are copied for anyone."""
        streams = (mapping(obj, "spec").get("imageStreamRef") for obj in self._host.all(k.DISM))
        return frozenset(text(s.get("namespace")) for s in streams if isinstance(s, dict)) - {""}

    def _is_own(self, transfer: Json) -> bool:
        return text(metadata(transfer).get("uid")) in self._uids


def _reached(obj: Json) -> Iterator[str]:
    """Yield the phase in which a migration or transfer is, or in which it failed."""
    status = mapping(obj, "status")
    yield text(status.get("phase"))
    for condition in dicts(status.get("conditions")):
        if condition.get("type") == "Failed":
            yield text(condition.get("reason"))


def _says(transfer: Json, time: datetime | None, phase: str) -> bool:
    """Return whether a transfer may have logged a phase at a time."""
    status = mapping(transfer, "status")
    begun = moment(metadata(transfer).get("creationTimestamp"))
    ended = [
        moment(c.get("lastTransitionTime"))
        for c in dicts(status.get("conditions"))
        if c.get("type") in ("Succeeded", "Failed") and c.get("status") == "True"
    ]
    if phase in _LATE and status.get("phase") not in (*_LATE, "Completed"):
        return False
    if time is None or begun is None:
        return True
    over = max((end for end in ended if end is not None), default=None)
    return begun <= time and (over is None or time <= over + _LOGGED_AFTER)
