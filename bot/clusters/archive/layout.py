"""Where things are in a must-gather: from a file's path to what it holds.

Layout: migtools/must-gather (the same in 1.7 and 1.8) for ``clusters/`` and ``migplans/``, and
``oc adm inspect`` for lists, pods and container logs. A bare ``oc adm inspect`` tree, which has
``namespaces/`` and ``cluster-scoped-resources/`` at its top, counts as the cluster ``host``.
Paths that fit nowhere (metrics, profiles, a folder literally called
``{object_collection_path}``) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind

HOST = "host"
"""Folder of the control cluster, whatever its MigCluster is called."""

COLLECTED_GROUPS = frozenset({"migration.openshift.io", "velero.io"})
"""Groups whose objects a MTC must-gather takes from every namespace: no file means no object."""

PLAN_TREE_KINDS: tuple[tuple[str, Kind], ...] = (
    ("migmigration-", k.MIGMIGRATION),
    ("dvmp-", k.DVMP),
    ("dvm-", k.DVM),
    ("dism-", k.DISM),
    ("dim-", k.DIM),
)
"""Kinds kept below ``migplans/`` by the beginning of their file name."""
_ATTACHED: tuple[tuple[str, Kind], ...] = (
    ("backup-describe-", k.BACKUP),
    ("restore-describe-", k.RESTORE),
    ("pvr-describe-", k.PVR),
    ("backup-", k.BACKUP),
    ("restore-", k.RESTORE),
)
_OBJECT_ENDINGS = (".yaml", ".yml", ".json")
_LOG_NAMES = {"current.log": False, "previous.log": True, "previous.insecure.log": True}
_ANCHORS = ("clusters", "migplans", "namespaces", "cluster-scoped-resources")
_TEMPLATE = re.compile(r"\{.*\}")


@dataclass(frozen=True, slots=True)
class Objects:
    """A file of one object, or of a list."""

    cluster: str
    group: str
    plural: str
    namespace: str = ""
    """Empty: of no namespace, or not told by the path."""
    stem: str = ""
    """Name of the object, where the file is named for it; empty for a list."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log of a pod; ``container`` is empty where all containers are in one file."""

    cluster: str
    namespace: str
    pod: str
    container: str
    previous: bool
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Attached:
    """What Velero tells of one backup or restore."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class LoginError:
    """The gathering could not log in to this cluster."""

    cluster: str


Place = Objects | Log | Attached | LoginError
Flavour = Literal["mtc", "inspect"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a must-gather begins inside the tree that was given."""

    root: str
    flavour: Flavour


def anchor_of(path: str) -> tuple[Anchor, str] | None:
    """Return where the must-gather of this file begins, and the file's path from there."""
    parts = path.split("/")
    for at, part in enumerate(parts[:-1]):
        if part not in _ANCHORS:
            continue
        rest = parts[at:]
        if any(_TEMPLATE.fullmatch(piece) for piece in rest[:-1]):
            return None
        if part == "clusters" and not _is_cluster_folder(rest):
            continue
        if part == "migplans" and not rest[1].startswith("migplan-"):
            continue
        flavour: Flavour = "mtc" if part in ("clusters", "migplans") else "inspect"
        return Anchor("/".join(parts[:at]), flavour), "/".join(rest)
    return None


def _is_cluster_folder(parts: list[str]) -> bool:
    match parts:
        case ["clusters", _, "namespaces" | "cluster-scoped-resources", *_]:
            return True
        case ["clusters", _, "login_error.txt"]:
            return True
    return False


def place_of(path: str) -> Place | None:
    """Return what a file holds, by its path from the must-gather's root."""
    match path.split("/"):
        case ["clusters", cluster, "login_error.txt"]:
            return LoginError(cluster)
        case ["clusters", cluster, *rest]:
            return _in_cluster(cluster, rest)
        case ["migplans", _, *rest] if rest:
            return _in_plan_tree(rest)
        case parts:
            return _in_cluster(HOST, parts)


def _in_cluster(cluster: str, parts: list[str]) -> Place | None:
    match parts:
        case ["namespaces", namespace, "logs", pod, file] if file in _LOG_NAMES:
            return _log(cluster, namespace, pod, "", file)
        case ["namespaces", namespace, "pods", pod, container, _, "logs", file] if (
            file in _LOG_NAMES
        ):
            return _log(cluster, namespace, pod, container, file)
    stem = _stem(parts[-1])
    if not stem:
        return None
    match parts:
        case ["namespaces", namespace, _] if stem == namespace:
            return Objects(cluster, "", "namespaces", "", stem)
        case ["namespaces", namespace, "crs", crd, _]:
            plural, _, group = crd.partition(".")
            return Objects(cluster, group, plural, namespace, stem)
        case ["namespaces", namespace, "pods", pod, _] if stem == pod:
            return Objects(cluster, "", "pods", namespace, stem)
        case ["namespaces", namespace, group, _] if group not in ("pods", "logs", "crs"):
            return Objects(cluster, _group(group), stem, namespace)
        case ["namespaces", namespace, group, plural, _] if group not in ("pods", "logs"):
            return Objects(cluster, _group(group), plural, namespace, stem)
        case ["cluster-scoped-resources", group, _]:
            plural, dot, crd_group = group.partition(".")
            if dot and _is_crd_folder(plural, crd_group):
                return Objects(cluster, crd_group, plural, "", stem)
            return Objects(cluster, _group(group), stem)
        case ["cluster-scoped-resources", group, plural, _]:
            return Objects(cluster, _group(group), plural, "", stem)
    return None


def _is_crd_folder(plural: str, group: str) -> bool:
    """Return whether a folder is named for a CRD (``plural.group``) rather than for a group."""
    return any(group == known or group.endswith(f".{known}") for known in COLLECTED_GROUPS)


def _in_plan_tree(parts: list[str]) -> Place | None:
    file = parts[-1]
    if file.endswith((".log", ".txt")) and file not in _LOG_NAMES:
        for prefix, kind in _ATTACHED:
            if file.startswith(prefix):
                return Attached(kind, file[len(prefix) : file.rindex(".")])
        return None
    stem = _stem(file)
    if not stem:
        return None
    if len(parts) == 1:
        return Objects(HOST, k.MIGPLAN.group, k.MIGPLAN.plural, "", stem)
    for prefix, kind in PLAN_TREE_KINDS:
        if stem.startswith(prefix):
            return Objects(HOST, kind.group, kind.plural, "", stem[len(prefix) :])
    return None


def _log(cluster: str, namespace: str, pod: str, container: str, file: str) -> Log:
    return Log(cluster, namespace, pod, container, _LOG_NAMES[file], "insecure" in file)


def _stem(file: str) -> str:
    for ending in _OBJECT_ENDINGS:
        if file.endswith(ending):
            return file[: -len(ending)]
    return ""


def _group(folder: str) -> str:
    return "" if folder == "core" else folder


def roots(paths: Iterable[str]) -> dict[Anchor, list[tuple[str, str]]]:
    """Return the files of each must-gather in a tree: their path, and their path in it."""
    found: dict[Anchor, list[tuple[str, str]]] = {}
    for path in paths:
        anchored = anchor_of(path)
        if anchored is not None:
            anchor, inner = anchored
            found.setdefault(anchor, []).append((path, inner))
    return found
