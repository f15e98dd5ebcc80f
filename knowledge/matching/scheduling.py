"""For which reason most nodes refuse a pod.

The scheduler's message counts nodes by reason: ``0/6 nodes are available: 1 Insufficient memory,
5 Insufficient cpu``. The reason of most nodes is what keeps the pod from running, so it tells more
than one of a single node, whichever is written first.
"""

from __future__ import annotations

import re

_HEAD = re.compile(r"\b\d+/(?P<nodes>\d{1,6}) nodes are available", re.IGNORECASE)
_PREEMPTION = re.compile(r"\bpreemption: ", re.IGNORECASE)
_COUNT = re.compile(r"(?P<count>\d{1,6}) (?:node\(s\) )?(?:had |were )?(?:untolerated )?$")
_LEAST = 0.6
_SPAN = 0.35
"""What the share of the nodes adds to the confidence."""


def most_nodes(pattern: re.Pattern[str], text: str) -> tuple[re.Match[str], float] | None:
    """Return where a reason stands with its largest count, and how sure it is the one that counts.

    None where the text is no message of the scheduler, or does not count the nodes of this reason.
    The confidence is between 0.6 and 0.95, by the share of all nodes.
    """
    if (head := _HEAD.search(text)) is None:
        return None
    end = found.start() if (found := _PREEMPTION.search(text, head.end())) else len(text)
    counted: list[tuple[int, re.Match[str]]] = []
    for reason in pattern.finditer(text, head.end(), end):
        before = max(head.end(), reason.start() - 36)
        if said := _COUNT.search(text, before, reason.start()):
            counted.append((int(said["count"]), reason))
    if not counted:
        return None
    count, reason = max(counted, key=lambda pair: pair[0])
    return reason, _LEAST + _SPAN * min(1.0, count / max(1, int(head["nodes"])))
