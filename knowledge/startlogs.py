"""Which lines of a log tell of what a program had to wait for when it started.

Control planes, kubelets and OLM start before what they need is there, and write each try as an
error. Where a later line says that it came about, they tell nothing any more. Only the line that
belongs to the failure undoes it, so that what breaks later, or never came about, stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Wait:
    """What is written while something is waited for, and what is written once it is there.

    The group ``key`` of both, where they have one, must be the same text.
    """

    failed: re.Pattern[str]
    done: re.Pattern[str]


_WAITS = (
    _Wait(
        re.compile(r"leaderelection\.go:\d+\] (?:error|Failed to)"),
        re.compile(r"successfully acquired lease"),
    ),
    _Wait(
        re.compile(r"reflector\.go:\d+\].{0,200}[Ff]ailed to (?:list|watch)"),
        re.compile(r"Caches are synced"),
    ),
    _Wait(
        re.compile(
            r"kubelet_node_status\.go:\d+\].{0,40}Unable to register|controller\.go:\d+\]"
            r".{0,10}[Ff]ailed to ensure (?:node )?lease exists, will retry"
        ),
        re.compile(r"Successfully registered node"),
    ),
    _Wait(
        re.compile(
            r"NetworkPluginNotReady|[Nn]o networks found in /etc/cni|network plugin is not ready"
        ),
        re.compile(r"Fast updating node status as it just became ready|event=\\*\"NodeReady"),
    ),
    _Wait(
        re.compile(r"state\.Key\.Name=(?P<key>\S+) state\.State=(?:TRANSIENT_FAILURE|CONNECTING)"),
        re.compile(r"state\.Key\.Name=(?P<key>\S+) state\.State=READY"),
    ),
    _Wait(
        re.compile(
            r"waiting for deployment (?P<key>\S+) to become ready|not available: Deployment"
        ),
        re.compile(r"install strategy successful|InstallSucceeded"),
    ),
)
_MARKS = (
    "lease",
    "leaderelection",
    "Failed to ",
    "failed to ",
    "Caches are synced",
    "egister",
    "etwork",
    "state.State=",
    "NodeReady",
    "updating node status",
    "waiting for deployment",
    "nstall",
)
"""One of them is in every line that counts: most lines are told by this not to."""


def came_about(lines: Sequence[str]) -> set[int]:
    """Return the indices of the lines that tell of a wait that was over by the end of the log."""
    over: set[int] = set()
    waiting: dict[tuple[int, str], list[int]] = {}
    for index, line in enumerate(lines):
        if not any(mark in line for mark in _MARKS):
            continue
        for number, wait in enumerate(_WAITS):
            if failed := wait.failed.search(line):
                waiting.setdefault((number, _key(failed)), []).append(index)
            elif waiting and (done := wait.done.search(line)):
                key = _key(done)
                for known in [k for k in waiting if k[0] == number and key in ("", k[1])]:
                    over.update(waiting.pop(known))
    return over


def _key(match: re.Match[str]) -> str:
    return match.groupdict().get("key") or ""
