"""What wrote a log, from the names and labels of its pod.

Names of pods and labels are those that mig-controller, mig-operator and OADP make (MTC 1.6 to 1.8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.clusters.kinds import MTC_NAMESPACE

_BY_CONTAINER = {
    "stunnel": "stunnel",
    "rsync": "rsync",
    "rsyncd": "rsync",
    "rsync-client": "rsync",
    "blockrsync": "rsync",
    "proxy": "rsync",
    "velero": "velero",
    "restic": "restic",
    "node-agent": "node-agent",
    "registry": "registry",
}
_BY_POD: tuple[tuple[str, str], ...] = (
    ("migration-controller", "mig-controller"),
    ("migration-operator", "operator"),
    ("migration-log-reader", "log-reader"),
    ("migration-ui", "ui"),
    ("mig-controller", "mig-controller"),
    ("openshift-adp-controller", "operator"),
    ("velero", "velero"),
    ("restic", "restic"),
    ("node-agent", "node-agent"),
    ("registry", "registry"),
)
_BY_TRANSFER_POD: tuple[tuple[str, str], ...] = (
    ("rsync", "rsync"),
    ("blockrsync", "rsync"),
    ("stage-", "stage"),
)

_HOOK_JOB = re.compile(r".-(pre|post)(backup|restore)-[a-z0-9]{5}")
"""Names of the Jobs that mig-controller makes of hooks; their pods bear no label of MTC."""


def component_of(
    namespace: str, pod: str, container: str = "", labels: Mapping[str, object] | None = None
) -> str:
    """Return what wrote a log, or an empty text where name and labels do not tell.

    Names of pods and labels: mig-controller, mig-operator and OADP as MTC 1.6 to 1.8 make them.
    A pod of an application that is called like one of ours is not taken for it.
    """
    own = labels or {}
    part_of = own.get("app.kubernetes.io/part-of") == MTC_NAMESPACE
    transfer = str(own.get("app", "")).startswith("directvolumemigration-rsync")
    if namespace == MTC_NAMESPACE:
        for prefix, component in _BY_POD:
            if pod == prefix or pod.startswith(f"{prefix}-"):
                return component
        if own.get("component") == "velero":
            return "velero"
        if own.get("name") in ("restic", "node-agent"):
            return str(own["name"])
        if "migration.openshift.io/migration-registry" in own:
            return "registry"
    if "mighook" in own or _HOOK_JOB.search(str(own.get("job-name", ""))):
        return "hook"
    if transfer or (part_of or not own) or namespace == MTC_NAMESPACE:
        if container in _BY_CONTAINER and (transfer or pod.startswith(("rsync", "blockrsync"))):
            return _BY_CONTAINER[container]
        for prefix, component in _BY_TRANSFER_POD:
            if pod.startswith(prefix):
                return component
    return "rsync" if transfer else ""
