"""The Kubernetes kinds the bot reads, as values.

Groups, versions and plurals of the MTC and Velero kinds are those of mig-controller
(CRDs of MTC 1.6 to 1.8) and Velero 1.6 to 1.14; all of them are namespaced, and none
of the ten made by mig-controller has a status subresource.
"""

from __future__ import annotations

from dataclasses import dataclass

MTC_NAMESPACE = "openshift-migration"
"""Namespace of every MTC and Velero object; hard coded in mig-controller."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource of the API: enough to build its path and to name it to a person."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """Return ``group/version``, or the bare version for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def crd_name(self) -> str:
        """Return ``plural.group``, the name a must-gather uses for the kind's folder."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """Return the lower-case kind, as in ``migplan/shop``."""
        return self.kind.lower()


def _mtc(plural: str, kind: str) -> Kind:
    return Kind("migration.openshift.io", "v1alpha1", plural, kind)


def _velero(plural: str, kind: str) -> Kind:
    return Kind("velero.io", "v1", plural, kind)


MIGPLAN = _mtc("migplans", "MigPlan")
MIGMIGRATION = _mtc("migmigrations", "MigMigration")
MIGCLUSTER = _mtc("migclusters", "MigCluster")
MIGSTORAGE = _mtc("migstorages", "MigStorage")
MIGHOOK = _mtc("mighooks", "MigHook")
MIGANALYTIC = _mtc("miganalytics", "MigAnalytic")
DVM = _mtc("directvolumemigrations", "DirectVolumeMigration")
DVMP = _mtc("directvolumemigrationprogresses", "DirectVolumeMigrationProgress")
DIM = _mtc("directimagemigrations", "DirectImageMigration")
DISM = _mtc("directimagestreammigrations", "DirectImageStreamMigration")
MIGRATIONCONTROLLER = _mtc("migrationcontrollers", "MigrationController")

BACKUP = _velero("backups", "Backup")
RESTORE = _velero("restores", "Restore")
PVB = _velero("podvolumebackups", "PodVolumeBackup")
PVR = _velero("podvolumerestores", "PodVolumeRestore")
BSL = _velero("backupstoragelocations", "BackupStorageLocation")
VSL = _velero("volumesnapshotlocations", "VolumeSnapshotLocation")
BACKUPREPOSITORY = _velero("backuprepositories", "BackupRepository")
RESTICREPOSITORY = _velero("resticrepositories", "ResticRepository")
DOWNLOADREQUEST = _velero("downloadrequests", "DownloadRequest")

POD = Kind("", "v1", "pods", "Pod")
EVENT = Kind("", "v1", "events", "Event")
NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
NODE = Kind("", "v1", "nodes", "Node", namespaced=False)
SECRET = Kind("", "v1", "secrets", "Secret")
CONFIGMAP = Kind("", "v1", "configmaps", "ConfigMap")
PVC = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
PV = Kind("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
RESOURCEQUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota")
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
DAEMONSET = Kind("apps", "v1", "daemonsets", "DaemonSet")
STATEFULSET = Kind("apps", "v1", "statefulsets", "StatefulSet")
REPLICASET = Kind("apps", "v1", "replicasets", "ReplicaSet")
JOB = Kind("batch", "v1", "jobs", "Job")
CRONJOB = Kind("batch", "v1", "cronjobs", "CronJob")
STORAGECLASS = Kind("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
CRD = Kind(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
)
CLUSTERROLEBINDING = Kind(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
PRIORITYCLASS = Kind(
    "scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", namespaced=False
)
DEPLOYMENTCONFIG = Kind("apps.openshift.io", "v1", "deploymentconfigs", "DeploymentConfig")
BUILDCONFIG = Kind("build.openshift.io", "v1", "buildconfigs", "BuildConfig")
IMAGESTREAM = Kind("image.openshift.io", "v1", "imagestreams", "ImageStream")
NETWORKPOLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
ROUTE = Kind("route.openshift.io", "v1", "routes", "Route")
SCC = Kind(
    "security.openshift.io",
    "v1",
    "securitycontextconstraints",
    "SecurityContextConstraints",
    namespaced=False,
)

KINDS: tuple[Kind, ...] = tuple(v for v in list(globals().values()) if isinstance(v, Kind))
"""Every kind named in this module."""

BY_KIND: dict[str, Kind] = {k.kind: k for k in KINDS}
"""Kinds by their CamelCase name; no two of ours share one."""

WATCHED_KINDS: tuple[Kind, ...] = (
    MIGMIGRATION,
    MIGPLAN,
    MIGCLUSTER,
    MIGSTORAGE,
    MIGHOOK,
    DVM,
    DIM,
)
"""Kinds of the control cluster whose changes may open, change or end an incident."""
