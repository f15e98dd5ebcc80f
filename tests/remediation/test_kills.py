"""SIGKILL before and after every write and every commit: each effect once, the record whole.

Real processes on a real database (SQLite, PostgreSQL); the clusters live here and survive them,
with controllers that react to each write at once. ``MTC_BOT_KILLS=all`` kills every action at
every commit, which takes some minutes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

import pytest

from bot.clusters.port import ClusterError
from bot.remediation.plans import Plan
from bot.remediation.registry import ACTIONS
from bot.store.approval_records import Approval
from bot.store.approvals import StoredApprovals
from bot.store.audit import Audit
from bot.store.database import open_database, read_database
from tests.remediation.doomed import KEY, WRITES
from tests.remediation.stories import STORIES
from tests.remediation.world import NOW, World

ROOT = Path(__file__).parents[2]
AT_ANY_MOMENT = (
    sorted(ACTIONS) if os.environ.get("MTC_BOT_KILLS") == "all" else ["set-restic-timeout"]
)
"""Actions that die at every commit; each dies before and after each of its writes."""


class Theatre:
    """The clusters behind a socket, and the process that is killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.world: World | None = None
        self.settle: Callable[[World], None] = lambda world: None
        self._address = str(folder / "clusters")
        self._listener = Listener(self._address, "AF_UNIX", backlog=8, authkey=KEY)
        threading.Thread(target=self._serve, daemon=True).start()
        self._process = _doomed()

    def run(self, url: str, now: datetime, **moment: Any) -> tuple[int, dict[str, int]]:
        """Return the exit code of a process, and how much it wrote and committed."""
        order = {"url": url, "now": now.isoformat(), "address": self._address, **moment}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        try:
            answer = json.loads(self._process.stdout.readline())
        except BaseException:
            # A test that ran out of time leaves no answer behind for the next one to take.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = _doomed()
            raise
        return answer["code"], answer["counts"]

    def close(self) -> None:
        self._process.communicate("")
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                line = self._listener.accept()
            except OSError:
                return
            with suppress(EOFError, ConnectionError), line:
                while True:
                    line.send(self._answer(*line.recv()))

    def _answer(self, cluster: str, method: str, args: Any, more: Any) -> tuple[bool, Any]:
        assert self.world is not None
        try:
            answer = getattr(self.world.plane.clusters[cluster], method)(*args, **more)
        except ClusterError as error:
            return False, error
        if method in WRITES and more.get("as_user") and not more.get("dry_run"):
            self.settle(self.world)
        return True, answer


def _doomed() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.remediation.doomed"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with tempfile.TemporaryDirectory(prefix="mtc-") as folder:
        made = Theatre(Path(folder))
        yield made
        made.close()


def approved(theatre: Theatre, url: str, action: str) -> Approval:
    """Return a request that is approved, in a world of its own that is on the stage now."""
    story = STORIES[action]
    database = open_database(url)
    try:
        world = World(database)
        story.prepare(world)
        kind, name = story.target
        approval = world.decide(
            world.ask(action, name, kind, params=story.params), typed=story.typed
        )
    finally:
        database.close()
    theatre.world, theatre.settle = world, story.settle
    world.now += timedelta(minutes=10)
    return approval


def killed_then_run(theatre: Theatre, url: str, action: str, **moment: Any) -> bool:
    """Play one story with a death in it; return whether the moment came."""
    approval = approved(theatre, url, action)
    code, _ = theatre.run(url, NOW, **moment)
    assert code in (0, -9)
    if code == -9:
        assert theatre.run(url, NOW + timedelta(minutes=2))[0] == 0
    whole(theatre, url, approval.id)
    return code == -9


def whole(theatre: Theatre, url: str, approval_id: str) -> None:
    """Check that each effect is there once, and that the record tells of each step."""
    database = read_database(url)
    try:
        found = StoredApprovals(database).get(approval_id)
        records = Audit(database).records(approval_id)
        assert Audit(database).verify() == ()
    finally:
        database.close()
    assert found is not None
    assert (found.state, found.verdict) == ("done", "verified"), found.outcome
    plan = Plan.model_validate(found.plan)
    assert theatre.world is not None
    made = Counter((w.cluster, w.verb, w.kind, w.name) for w in theatre.world.writes)
    wanted = Counter((c.cluster, c.verb, c.kind, c.name) for c in plan.calls)
    assert made == wanted
    told = Counter((r.what, r.data["step"]) for r in records if r.what.startswith("step-"))
    steps = range(len(plan.steps))
    assert told == Counter({(w, n): 1 for w in ("step-started", "step-done") for n in steps})
    assert [r.what for r in records].count("executed") == 1


@pytest.mark.timeout(400)
@pytest.mark.parametrize("action", AT_ANY_MOMENT)
def test_killed_at_any_commit_it_is_done_once(theatre: Theatre, url: str, action: str) -> None:
    approval = approved(theatre, url, action)
    code, counts = theatre.run(url, NOW)
    assert code == 0
    whole(theatre, url, approval.id)
    assert counts["write"] == len(STORIES[action].verbs)
    # After one commit is before the next, or before or after a write (see the next test).
    for number in range(1, counts["commit"] + 1):
        assert killed_then_run(theatre, url, action, at="commit", moment="before", number=number)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_killed_before_and_after_every_write_each_is_made_once(
    theatre: Theatre, url: str, action: str
) -> None:
    approval = approved(theatre, url, action)
    now = NOW
    for _ in STORIES[action].verbs:
        # Who comes after a death before a write dies after it; who comes then gets to the next.
        for moment in ("before", "after"):
            assert theatre.run(url, now, at="write", moment=moment, number=1)[0] == -9
            now += timedelta(minutes=2)
    code, counts = theatre.run(url, now)
    assert (code, counts["write"]) == (0, 0)
    whole(theatre, url, approval.id)


def test_killed_again_and_again_it_still_ends(theatre: Theatre, url: str) -> None:
    approval = approved(theatre, url, "recreate-plan")
    for attempt in range(1, 12):
        now = NOW + timedelta(minutes=2 * attempt)
        code, _ = theatre.run(url, now, at="commit", moment="after", number=2)
        if code == 0:
            break
    assert theatre.run(url, NOW + timedelta(minutes=40))[0] == 0
    whole(theatre, url, approval.id)
