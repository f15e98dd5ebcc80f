"""Clusters written down as a must-gather, so that what runs in memory can be diagnosed offline.

The layout is that of ``oc adm must-gather`` with MTC's image, plus what ``oc adm inspect`` adds
for every namespace the clusters have: lists by kind, each pod by itself, container logs. Its
habits are kept too, since a reader has to live with them: error texts in place of a previous log,
values of secrets masked, plans and what belongs to them outside the clusters' folders.
"""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json, Untrusted
from sandbox.clusters.plane import MemoryPlane

ClusterContent = tuple[Iterable[Json], Mapping[tuple[str, str, str], bytes]]
"""Objects, and logs by namespace, pod and container."""

_COLLECTED = ("migration.openshift.io", "velero.io")
_PLAN_TREE = (k.MIGPLAN, k.MIGMIGRATION, k.DVM, k.DVMP, k.DIM, k.DISM)
_INSPECTED = (
    k.POD,
    k.EVENT,
    k.CONFIGMAP,
    k.SECRET,
    k.PVC,
    k.DEPLOYMENT,
    k.DAEMONSET,
    k.REPLICASET,
    k.STATEFULSET,
    k.JOB,
    k.CRONJOB,
    k.DEPLOYMENTCONFIG,
    k.BUILDCONFIG,
    k.IMAGESTREAM,
    k.ROUTE,
)
"""Kinds of which ``oc adm inspect`` writes a list for each namespace, empty ones too."""
_PUBLIC_KEYS = frozenset({"tls.crt", "ca.crt", "service-ca.crt"})
_UNKNOWN = "unknown"


_SafeDumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""The one of libyaml where it is there: it is some ten times faster."""


class _Dumper(_SafeDumper):  # type: ignore[misc, valid-type]
    """Writes as ``oc`` does: no anchors, lists not indented."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return that shared values are written out each time."""
        del data
        return True


def write_must_gather(
    clusters: Mapping[str, ClusterContent | None],
    target: Path,
    attached: Mapping[tuple[str, str], bytes] | None = None,
) -> None:
    """Write a ``must-gather.tar.gz`` to ``target``; the same input gives the same bytes.

    ``clusters`` goes by folder name: ``host`` for the control cluster, else the MigCluster's
    name; None stands for a cluster that refused the login. ``attached`` holds Velero's logs by
    kind (``Backup``, ``Restore``) and name. Raises ``ValueError`` for a name that is no file name.
    """
    files: dict[str, bytes] = {}
    for name, content in clusters.items():
        base = f"clusters/{_file_name(name)}"
        if content is None:
            files[f"{base}/login_error.txt"] = b"Login to migcluster %s unsuccessful.\n" % (
                name.encode()
            )
            continue
        objects, logs = list(content[0]), content[1]
        files.update(_cluster_files(base, objects))
        files.update(_log_files(base, objects, logs))
        if name == "host":
            files.update(_plan_files(objects, attached or {}))
    _write(files, target)


def plane_must_gather(plane: MemoryPlane, target: Path) -> None:
    """Write a must-gather of a plane in memory as it now is.

    A cluster that refuses is one to which the gathering could not log in, so that nothing of it
    is there; one whose certificate only the bot distrusts is gathered all the same, since
    ``oc login`` is told not to verify it.
    """
    clusters: dict[str, ClusterContent | None] = {}
    attached: dict[tuple[str, str], bytes] = {}
    for name, cluster in plane.clusters.items():
        shut = cluster.fault is not None and not isinstance(cluster.fault, Untrusted)
        clusters[name] = None if shut else cluster.content()
        attached.update({} if shut else cluster.attached())
    write_must_gather(clusters, target, attached)


def _write(files: Mapping[str, bytes], target: Path) -> None:
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(files):
            member = tarfile.TarInfo(f"must-gather/{path}")
            member.size = len(files[path])
            archive.addfile(member, io.BytesIO(files[path]))


def _cluster_files(base: str, objects: list[Json]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    lists: dict[tuple[str, Kind], list[Json]] = {}
    for namespace in _namespaces(objects):
        for kind in _INSPECTED:
            lists[namespace, kind] = []
    for obj in objects:
        kind, name, namespace = _kind(obj), _name(obj), _namespace(obj)
        if kind in _PLAN_TREE:
            continue
        if kind.group in _COLLECTED:
            place = f"namespaces/{namespace}/crs" if namespace else "cluster-scoped-resources"
            files[f"{base}/{place}/{kind.crd_name}/{name}.yaml"] = _dump(obj)
        elif kind == k.NAMESPACE:
            files[f"{base}/namespaces/{name}/{name}.yaml"] = _dump(obj)
        elif not namespace:
            folder = f"cluster-scoped-resources/{kind.group or 'core'}/{kind.plural}"
            files[f"{base}/{folder}/{name}.yaml"] = _dump(obj)
        else:
            lists.setdefault((namespace, kind), []).append(_masked(obj))
            if kind == k.POD:
                files[f"{base}/namespaces/{namespace}/pods/{name}/{name}.yaml"] = _dump(obj)
    for (namespace, kind), items in lists.items():
        path = f"{base}/namespaces/{namespace}/{kind.group or 'core'}/{kind.plural}.yaml"
        listed = {"apiVersion": kind.api_version, "items": items, "kind": f"{kind.kind}List"}
        files[path] = _dump({**listed, "metadata": {"resourceVersion": ""}})
    return files


def _namespaces(objects: list[Json]) -> list[str]:
    """Return the namespaces that are inspected: those that exist or hold more than MTC's own."""
    names = [
        _name(obj) if _kind(obj) == k.NAMESPACE else _namespace(obj)
        for obj in objects
        if _kind(obj).group not in _COLLECTED
    ]
    return sorted({name for name in names if name})


def _log_files(
    base: str, objects: list[Json], logs: Mapping[tuple[str, str, str], bytes]
) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    helpers = {
        (_namespace(obj), _name(obj))
        for obj in objects
        if _kind(obj) == k.POD and _labels(obj).get("app.kubernetes.io/part-of") == MTC_NAMESPACE
    }
    mixed: dict[tuple[str, str], bytes] = {}
    for (namespace, pod, container), body in logs.items():
        place = f"{base}/namespaces/{_file_name(namespace)}"
        folder = f"{place}/pods/{_file_name(pod)}/{_file_name(container)}/{container}/logs"
        gone = f'previous terminated container "{container}" in pod "{pod}" not found\n'
        files[f"{folder}/current.log"] = body
        files[f"{folder}/previous.log"] = gone.encode()
        if namespace == MTC_NAMESPACE or (namespace, pod) in helpers:
            mixed[namespace, pod] = mixed.get((namespace, pod), b"") + body
            files[f"{place}/logs/{pod}/previous.log"] = (
                b"Error from server (BadRequest): " + gone.encode()
            )
    for (namespace, pod), body in mixed.items():
        files[f"{base}/namespaces/{namespace}/logs/{pod}/current.log"] = body
    return files


def _plan_files(objects: list[Json], attached: Mapping[tuple[str, str], bytes]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    by_kind: dict[str, list[Json]] = {}
    for obj in objects:
        by_kind.setdefault(_kind(obj).kind, []).append(obj)
    for plan in by_kind.get("MigPlan", ()):
        files[f"migplans/migplan-{_name(plan)}/{_name(plan)}.yml"] = _dump(plan)
    folders: dict[str, str] = {}
    for migration in by_kind.get("MigMigration", ()):
        plan_name = migration.get("spec", {}).get("migPlanRef", {}).get("name") or _UNKNOWN
        folder = f"migplans/migplan-{_file_name(plan_name)}/migmigration-{_name(migration)}"
        folders[_name(migration)] = folder
        files[f"{folder}/migmigration-{_name(migration)}.yml"] = _dump(migration)
    orphans = f"migplans/migplan-{_UNKNOWN}/migmigration-{_UNKNOWN}"
    for parent, short, child, child_short in (
        ("DirectVolumeMigration", "dvm", "DirectVolumeMigrationProgress", "dvmp"),
        ("DirectImageMigration", "dim", "DirectImageStreamMigration", "dism"),
    ):
        places: dict[str, str] = {}
        for obj in by_kind.get(parent, ()):
            folder = f"{folders.get(_owner(obj), orphans)}/{short}-{_name(obj)}"
            files[f"{folder}/{short}-{_name(obj)}.yml"] = _dump(obj)
            places[_name(obj)] = places[str(obj["metadata"].get("uid"))] = folder
        for obj in by_kind.get(child, ()):
            label = str(_labels(obj).get(parent.lower()))
            folder = places.get(label) or places.get(_owner(obj)) or f"{orphans}/{short}-{_UNKNOWN}"
            files[f"{folder}/{child_short}-{_name(obj)}.yml"] = _dump(obj)
    for (kind, name), body in attached.items():
        made = next((obj for obj in by_kind.get(kind, ()) if _name(obj) == name), {})
        migration_name = str(_labels(made).get("migration.openshift.io/migmigration-name"))
        stem = f"{kind.lower()}-{_file_name(name)}"
        files[f"{folders.get(migration_name, orphans)}/{stem}/{stem}.log"] = body
    return files


def _kind(obj: Json) -> Kind:
    """Return the object's kind; of one the bot does not know, by Kubernetes' usual plural."""
    name = str(obj.get("kind"))
    group, _, version = str(obj.get("apiVersion")).rpartition("/")
    known = k.BY_KIND.get(name)
    if known is not None and known.group == group:
        return known
    plural = name.lower()
    if plural.endswith("y"):
        plural = f"{plural[:-1]}ies"
    else:
        plural += "es" if plural.endswith(("s", "x", "ch", "sh")) else "s"
    return Kind(group, version, plural, name, bool(_namespace(obj)))


def _name(obj: Json) -> str:
    return _file_name(str(obj["metadata"]["name"]))


def _namespace(obj: Json) -> str:
    namespace = obj["metadata"].get("namespace")
    return _file_name(str(namespace)) if namespace else ""


def _labels(obj: Json) -> Mapping[str, Any]:
    labels = obj.get("metadata", {}).get("labels")
    return labels if isinstance(labels, dict) else {}


def _owner(obj: Json) -> str:
    owners = obj["metadata"].get("ownerReferences") or [{}]
    return str(owners[0].get("name"))


def _file_name(name: str) -> str:
    if not name or "/" in name or name in (".", "..") or "\0" in name:
        raise ValueError(f"{name!r} is no name for a file")
    return name


def _masked(obj: Json) -> Json:
    """Return a secret the way ``oc adm inspect`` writes it; anything else as it is."""
    if obj.get("kind") != "Secret":
        return obj
    data = {
        key: value
        if key in _PUBLIC_KEYS
        else base64.b64encode(b"%d bytes long" % len(str(value))).decode()
        for key, value in (obj.get("data") or {}).items()
    }
    kept = {key: value for key, value in obj.items() if key != "stringData"}
    return {**kept, "data": data}


def _dump(obj: Json) -> bytes:
    text: str = yaml.dump(obj, Dumper=_Dumper, allow_unicode=True, default_flow_style=False)
    return text.encode("utf-8", "surrogatepass")
