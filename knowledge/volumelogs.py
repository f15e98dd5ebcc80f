"""Which lines of a kubelet's or controller's log tell of a volume that came right later.

Both try again until it works, and write each failed try as an error. A volume that is attached or
mounted in the end is not what somebody asks about: a failure that a later line undoes tells nothing
any more. Only lines of a log count; the rows of events are another matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FAILED = re.compile(
    r"(?P<what>Multi-Attach error|(?:Attach|Detach|Mount|Map)Volume\.\w+ failed)"
    r" for volume \\*\"(?P<volume>[^\"\\]+)"
)
_SUCCEEDED = re.compile(
    r"(?P<what>(?:Attach|Detach|Mount|Map)Volume)\.(?P<step>\w+) succeeded"
    r" for volume \\*\"(?P<volume>[^\"\\]+)"
)
_UNDOES = {
    "Multi-Attach error": frozenset({"AttachVolume", "MountVolume", "MapVolume"}),
    "AttachVolume": frozenset({"AttachVolume", "MountVolume", "MapVolume"}),
    "DetachVolume": frozenset({"DetachVolume"}),
    "MountVolume": frozenset({"MountVolume"}),
    "MapVolume": frozenset({"MapVolume"}),
}
"""For what failed the operations whose success undoes it."""
_LINE = re.compile(r"^.{0,200}?\b[IWEF]\d{4} \d\d:\d\d:\d\d")
_STEPS = frozenset({"Attach", "Detach", "SetUp", "SetUpAt", "MapPodDevice", "MapBlockVolume"})
"""Steps after whose success the volume is there, or gone; those between prove nothing."""


def settled(lines: Sequence[str]) -> set[int]:
    """Return the indices of the lines that tell of a failure which a later line undoes."""
    over: set[int] = set()
    waiting: dict[str, list[tuple[str, int]]] = {}
    for index, line in enumerate(lines):
        if " for volume " not in line or _LINE.match(line) is None:
            continue
        if failed := _FAILED.search(line):
            what = failed["what"].partition(".")[0]
            waiting.setdefault(failed["volume"], []).append((what, index))
        elif (done := _SUCCEEDED.search(line)) and done["step"] in _STEPS:
            left = waiting.pop(done["volume"], [])
            over.update(at for what, at in left if done["what"] in _UNDOES[what])
            if kept := [item for item in left if done["what"] not in _UNDOES[item[0]]]:
                waiting[done["volume"]] = kept
    return over
