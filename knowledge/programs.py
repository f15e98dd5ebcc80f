"""Which program a pasted text is from, by what only that one says.

A line such as ``error: lstat /data: permission denied`` is anybody's. The lines around it tell
whose it is, and with that which entries it can be for.
"""

from __future__ import annotations

import re

from knowledge.matching.playbooks import ran_by

_RESTIC = re.compile(
    r"\bsnapshot [0-9a-f]{8} saved\b|\brepository [0-9a-f]{8} opened\b|\busing parent snapshot\b"
    r"|\bsource file could not be read\b|\bread all source data during backup\b"
    r"|\bIs there a repository at the following location\b"
)


def spoken_by(text: str) -> str:
    """Return the component that a text shows to be its own; empty where it shows none."""
    return ran_by(text) or ("restic" if _RESTIC.search(text) else "")
