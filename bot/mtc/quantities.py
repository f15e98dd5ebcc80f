"""Sizes as Kubernetes and MTC write them: ``10Gi``, ``500M``, ``1.5 GB``, ``1073741824``."""

from __future__ import annotations

import math
import re

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)(?:e(\d{1,2}))?\s*([A-Za-z]*)\s*")
_UNITS = {
    "": 1,
    "b": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "p": 10**15,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
    "pi": 2**50,
}


def parse_bytes(said: object) -> int | None:
    """Return a size in bytes, rounded up; None where it is not one.

    ``m`` (thousandths, as in CPU quantities) is read as mega: sizes are never written so.
    """
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    found = _SIZE.fullmatch(str(said)[:40])
    if found is None:
        return None
    unit = found[3].lower()
    unit = unit[:-1] if unit.endswith("b") and len(unit) > 1 else unit
    factor = _UNITS.get(unit)
    if factor is None:
        return None
    size: float = float(found[1]) * 10.0 ** int(found[2] or 0) * factor
    return math.ceil(size)


def show_bytes(size: int) -> str:
    """Return a size in the unit a person would choose: ``1.5 GiB``."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("unreachable")
