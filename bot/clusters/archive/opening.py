"""From what a person has at hand to the must-gather in it.

People have a folder, the tarball inside a folder that ``oc`` made, a tarball of that folder, or
only a part of the tree. All of these are looked through for the must-gather's own folders,
wherever they begin; a tarball inside is opened only where there is no must-gather beside it.
"""

from __future__ import annotations

from pathlib import Path

from bot.clusters.archive.bytes_at import (
    GZIP_MAGIC,
    ByteSource,
    DamagedError,
    FileBytes,
    Inflated,
)
from bot.clusters.archive.layout import Anchor, roots
from bot.clusters.archive.members import Member, Problems, shown, walk
from bot.clusters.archive.plane import ArchivePlane
from bot.clusters.archive.tarball import BLOCK, Spool, index_tar, is_tar
from bot.clusters.port import ClusterError

_TARBALLS = (".tar.gz", ".tgz", ".tar")
_MAKE_ONE = (
    "give a must-gather made with: oc adm must-gather --image=quay.io/konveyor/must-gather:latest"
)
_OTHER_PACKING = (
    (b"PK\x03\x04", "zip"),
    (b"\xfd7zXZ", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf", "7z"),
)
MAX_NESTING = 2
"""Tarballs within tarballs, as far as ``oc`` and people make them."""


def open_archive(path: Path, name: str = "") -> ArchivePlane:
    """Return the must-gather at ``path``: a folder, or a .tar.gz, .tgz or .tar.

    Nothing is unpacked and nothing written, save anonymous temporary files. ``name`` is what
    the control plane is called; without it the file's own name is used. What is damaged or
    looks wrong is told in ``problems``. Raises ``ClusterError`` where there is no must-gather.
    """
    problems = Problems()
    title = name or _title(path)
    try:
        if path.is_dir():
            return _in_tree(walk(path, problems), path.name or str(path), title, problems, 0)
        return _in_file(FileBytes(path), path.name, title, problems)
    except FileNotFoundError as error:
        raise ClusterError(f"{path} does not exist; {_MAKE_ONE}") from error
    except OSError as error:
        raise ClusterError(f"{path} cannot be read: {error.strerror or error}") from error


def _in_file(source: ByteSource, file: str, title: str, problems: Problems) -> ArchivePlane:
    return _in_tree(_index(source, file, problems), file, title, problems, 1)


def _in_tree(
    members: dict[str, Member], where: str, title: str, problems: Problems, depth: int
) -> ArchivePlane:
    found = roots(members)
    if not found:
        return _in_nested(members, where, title, problems, depth)
    anchor = _the_one(tuple(found), where)
    for other in found.keys() - {anchor}:
        problems.add(
            "trees left out",
            f"{len(found[other])} files such as {shown(found[other][0][0])} are not read: nothing "
            f"tells which cluster they are of; move them below {shown(anchor.root) or '.'}"
            "/clusters/NAME/",
        )
    files = [(inner, members[path]) for path, inner in found[anchor]]
    return ArchivePlane(title, anchor.flavour, files, problems)


def _the_one(anchors: tuple[Anchor, ...], where: str) -> Anchor:
    """Return the must-gather that is meant. Raises ``ClusterError`` where it is not clear."""
    for flavour in ("mtc", "inspect"):
        fitting = sorted(
            (anchor for anchor in anchors if anchor.flavour == flavour), key=lambda a: a.root
        )
        if len(fitting) > 1:
            raise ClusterError(
                f"{where} holds {len(fitting)} must-gathers "
                f"({', '.join(shown(a.root, 60) or '.' for a in fitting[:5])}); name one of them"
            )
        if fitting:
            return fitting[0]
    raise ClusterError(f"{where} holds no must-gather; {_MAKE_ONE}")


def _in_nested(
    members: dict[str, Member], where: str, title: str, problems: Problems, depth: int
) -> ArchivePlane:
    tarballs = [path for path in members if path.endswith(_TARBALLS)]
    inner = [path for path in tarballs if path.split("/")[-1].startswith("must-gather")]
    inner = inner or [path for path in tarballs if not path.endswith("prom_data.tar.gz")]
    if len(inner) > 1:
        raise ClusterError(
            f"{where} holds {len(inner)} archives ({', '.join(shown(p, 60) for p in inner[:5])}); "
            "name one of them"
        )
    if inner and depth <= MAX_NESTING:
        member = members[inner[0]]
        file = shown(inner[0])
        return _in_tree(_index(member.source, file, problems), file, title, problems, depth + 1)
    if tarballs and not inner:
        raise ClusterError(
            f"{where} holds only metrics; gather again without gather_metrics_dump; {_MAKE_ONE}"
        )
    said = "; ".join(problems.sentences[:3])
    raise ClusterError(
        f"{where} holds no must-gather: there is no clusters/, migplans/ or namespaces/ in it"
        + (f" ({said})" if said else "")
        + f"; {_MAKE_ONE}"
    )


def _index(source: ByteSource, file: str, problems: Problems) -> dict[str, Member]:
    start = _start(source)
    if not start:
        raise ClusterError(f"{file} is empty; {_MAKE_ONE}")
    for magic, packing in _OTHER_PACKING:
        if start.startswith(magic):
            raise ClusterError(f"{file} is packed with {packing}: unpack it and name the folder")
    if start.startswith(GZIP_MAGIC):
        unpacked = Inflated(source)
        return index_tar(unpacked, file, problems, Spool())
    if is_tar(start):
        return index_tar(source, file, problems)
    raise ClusterError(f"{file} is neither a folder nor a .tar.gz or .tar; {_MAKE_ONE}")


def _start(source: ByteSource) -> bytes:
    held = b""
    try:
        for piece in source.stream():
            held += piece
            if len(held) >= BLOCK:
                break
    except DamagedError:
        pass
    return held


def _title(path: Path) -> str:
    name = path.resolve().name
    for ending in _TARBALLS:
        name = name.removesuffix(ending)
    return name or "archive"
