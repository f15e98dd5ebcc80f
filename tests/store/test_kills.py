"""SIGKILL at the worst moments: what was not committed never was, and is done again after.

A child process works on a database file and kills itself at a given commit, before or after it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.mtc.outcome_words import Word
from bot.store.database import open_database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from tests.incidents.diagnoses import after, diagnosis, storage_down

ROOT = Path(__file__).parents[2]
CHILD = """
import os, signal, sys
from sqlalchemy import event
from bot.mtc.outcome_words import Word
from bot.store.database import open_database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from tests.incidents.diagnoses import START, diagnosis, storage_down

url, moment, step = sys.argv[1:]
database = open_database(url)
incidents = StoredIncidents(database, channels=lambda _: "C1")
outbox = StoredOutbox(database)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def doomed():
    if moment == "before":
        event.listen(database.engine, "commit", die)

def work():
    if step == "observe": doomed()
    incidents.observe(diagnosis("a", Word.BLOCKED, storage_down()), START)
    if step == "observe": die()
    if step == "claim": doomed()
    (item,) = outbox.claim(START)
    if step == "claim": die()
    if step == "sent": doomed()
    outbox.sent(item, "C1", "1.1", START)
    die()

work()
"""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["observe", "claim", "sent"])
def test_killed_at_a_commit_nothing_is_lost_and_nothing_is_doubled(
    url: str, moment: str, step: str
) -> None:
    open_database(url).close()
    child = subprocess.run(
        [sys.executable, "-c", CHILD, url, moment, step], cwd=ROOT, capture_output=True, text=True
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    database = open_database(url)
    incidents = StoredIncidents(database, channels=lambda _: "C1")
    outbox = StoredOutbox(database)
    committed = 0 if (step, moment) == ("observe", "before") else 1
    assert len(incidents.open()) == committed

    incidents.observe(diagnosis("a", Word.BLOCKED, storage_down()), after(1))
    assert len(incidents.open()) == 1
    told, warned = [], []
    while items := outbox.claim(after(5)):
        for item in items:
            told.append(item.topic or item.kind)
            warned.append(item.attempts > 0)
            outbox.sent(item, "C1", "1.1", after(5))
    sent_before = (step, moment) == ("sent", "after")
    assert told == (["evidence"] if sent_before else ["card", "evidence"])
    maybe_posted = (step, moment) in (("claim", "after"), ("sent", "before"))
    assert warned[0] is maybe_posted
    assert outbox.counts() == {"owed": 0, "sent": 2, "given-up": 0}
    database.close()
