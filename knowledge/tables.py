"""Rows of ``oc get`` and ``velero get`` as the objects that they are about.

What a table is of stands in its header alone. The columns of MTC, Velero and OADP say how an
object ended (STATUS, ITINERARY, RECONCILED); here they become the fields of a status again. Rows
of other tables are left to the patterns of their entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_HEADER = re.compile(r"^\s*(?:NAMESPACE\s{2,})?NAME\s{2,}[A-Z]")
_COLUMN = re.compile(r"[A-Z][A-Za-z/()]*(?: [A-Z][A-Za-z/()]*)*")
_NAME = re.compile(r"(?:[a-z.]+/)?[a-z0-9][a-z0-9.-]*$")
_FAILED = "The migration has failed.  See: Errors."
"""What MTC writes into a condition of what failed."""


@dataclass(frozen=True, slots=True)
class _Table:
    kind: str
    columns: frozenset[str]
    """Columns that together are in no other table."""


_TABLES = tuple(
    _Table(kind, frozenset(columns))
    for kind, *columns in (
        ("DataUpload", "STATUS", "STARTED", "BYTES DONE", "TOTAL BYTES"),
        ("PodVolumeRestore", "STATUS", "POD", "VOLUME", "TOTALBYTES"),
        ("PodVolumeBackup", "STATUS", "POD", "VOLUME", "STORAGE LOCATION"),
        ("BackupRepository", "STATUS", "LAST MAINTENANCE"),
        ("Backup", "STATUS", "EXPIRES", "STORAGE LOCATION"),
        ("Restore", "STATUS", "BACKUP", "SELECTOR"),
        ("MigMigration", "PLAN", "ITINERARY", "PHASE"),
        ("DirectVolumeMigration", "ITINERARY", "PHASE"),
        ("DataProtectionApplication", "RECONCILED"),
    )
)
_DIRECT = {"Image": "DirectImageMigration", "Volume": "DirectVolumeMigration"}


def rows(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects in tables of a known kind, each with the index of its row."""
    columns: list[tuple[str, int]] = []
    table: _Table | None = None
    for index, line in enumerate(lines):
        if _HEADER.match(line):
            columns = [(found[0].upper(), found.start()) for found in _COLUMN.finditer(line)]
            names = {name for name, _ in columns}
            table = next((t for t in _TABLES if t.columns <= names), None)
        elif not line.strip():
            table = None
        elif table is not None and (cells := _cells(line, columns)):
            yield index, _object(table.kind, cells)


def _cells(line: str, columns: Sequence[tuple[str, int]]) -> dict[str, str]:
    """Return what stands in each column; nothing where the line is no row of this table."""
    parts = re.split(r"\s{2,}|\t", line.strip())
    if len(parts) == len(columns):
        cells = {name: part for (name, _), part in zip(columns, parts, strict=True)}
    else:
        ends = [start for _, start in columns[1:]] + [len(line)]
        if any(line[end - 1 : end].strip() for end in ends[:-1]):
            return {}
        cells = {
            name: line[start:end].strip() for (name, start), end in zip(columns, ends, strict=True)
        }
    return cells if _NAME.match(cells["NAME"]) else {}


def _object(kind: str, cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the object with the status that its row shows."""
    status: dict[str, Any] = {}
    itinerary = cells.get("ITINERARY", "")
    if "ITINERARY" in cells:
        if kind == "DirectVolumeMigration":
            kind = next((k for word, k in _DIRECT.items() if itinerary.startswith(word)), kind)
        status = {"phase": cells.get("PHASE", ""), "itinerary": itinerary}
        if itinerary.endswith("Failed"):
            status["conditions"] = [_condition("Failed", "True", _FAILED, "Advisory")]
    elif "RECONCILED" in cells:
        status["conditions"] = [_condition("Reconciled", cells["RECONCILED"])]
    else:
        status["phase"] = cells.get("STATUS", "").split(" ")[0]
    name = cells["NAME"].rpartition("/")[2]
    metadata = {"name": name, "namespace": cells.get("NAMESPACE", "")}
    return {"kind": kind, "metadata": metadata, "status": status}


def _condition(kind: str, state: str, message: str = "", category: str = "") -> dict[str, str]:
    return {"type": kind, "status": state, "message": message, "category": category}
