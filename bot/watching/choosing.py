"""Which objects deserve a look now, and how thorough a one. Pure functions.

A diagnosis reads three clusters and their logs, so it is for what is not well. The rules:

* A migration that runs or waits its turn is only noted: nothing is alerted on, and whatever
  held it up no longer does.
* One that is blocked or stalled is diagnosed when it, its plan, clusters or store change, and
  every two minutes.
* One that has ended is diagnosed, again for two minutes while the last evidence comes in, and,
  if it did not end well, every ten minutes for a day: somebody may yet scale the source up.
* One that ended more than an hour before this control cluster was first watched is history.
* A MigCluster or MigStorage that is unwell is alerted on for its own sake: at once where a
  migration under way depends on it, after five minutes otherwise, and never if it was so long
  before the first watch. A MigPlan or MigHook that is not ready is work in progress as long as
  it holds nobody up, and then the migration's diagnosis names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.incidents.causes import GOING_WELL
from bot.mtc.outcome_words import HEALTHY, Outcome
from bot.store.sightings import Sighting
from bot.watching.candidates import Candidate


class Look(Enum):
    """What to do with a candidate."""

    REMEMBER = "remember"
    """Nothing to tell; just remember the version."""
    NOTE = "note"
    """Observe how it stands, without a diagnosis."""
    DIAGNOSE = "diagnose"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what is not well is looked at."""

    history: timedelta = timedelta(hours=1)
    """How long before the first watch a migration may have ended and still be told."""
    going: timedelta = timedelta(minutes=2)
    ending: timedelta = timedelta(minutes=2)
    again: timedelta = timedelta(minutes=1)
    """Between two looks at one that has just ended, however much goes on around it."""
    ended: timedelta = timedelta(minutes=10)
    ended_for: timedelta = timedelta(days=1)
    standing: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do, and what is known of the object once it is done."""

    look: Look
    outcome: Outcome
    """How the object stands, from the control cluster alone."""
    unwell_since: datetime | None = None


_ALERTED_ALONE = frozenset({"MigCluster", "MigStorage"})


def version_of(candidate: Candidate) -> str:
    """Return what a sighting keeps of a candidate's versions."""
    return f"{candidate.version}#{candidate.surroundings}"


def unchanged(candidate: Candidate, sighting: Sighting | None) -> bool:
    """Return whether the object itself (not its surroundings) is as it was last seen."""
    return sighting is not None and sighting.version.partition("#")[0] == candidate.version


def choose_migration(
    candidate: Candidate,
    sighting: Sighting | None,
    watched_since: datetime,
    now: datetime,
    pace: Pace,
) -> Choice | None:
    """Return what to do with a migration; None for nothing at all."""
    same = unchanged(candidate, sighting)
    if same and sighting is not None and sighting.settled:
        return None
    outcome = candidate.judge(now)
    if outcome.word in GOING_WELL:
        known = sighting is not None and sighting.word in GOING_WELL
        if known:
            return None if same else Choice(Look.REMEMBER, outcome)
        return Choice(Look.NOTE, outcome)
    if outcome.ended:
        ended = outcome.since or candidate.created
        if ended is None or ended < watched_since - pace.history:
            return Choice(Look.REMEMBER, outcome)
        if not same or sighting is None:
            return Choice(Look.DIAGNOSE, outcome)
        ending = sighting.looked_at <= ended + pace.ending
        due = now - sighting.looked_at >= (pace.again if ending else pace.ended)
        return Choice(Look.DIAGNOSE, outcome) if due else None
    waited = sighting is None or now - sighting.looked_at >= pace.going
    moved = sighting is not None and sighting.version != version_of(candidate)
    turned = sighting is not None and sighting.word != outcome.word
    return Choice(Look.DIAGNOSE, outcome) if waited or moved or turned else None


def choose_object(
    candidate: Candidate,
    sighting: Sighting | None,
    watched_since: datetime,
    now: datetime,
    pace: Pace,
) -> Choice | None:
    """Return what to do with a cluster, store, plan or hook; None for nothing at all."""
    same = unchanged(candidate, sighting)
    if same and sighting is not None and sighting.settled:
        return None
    outcome = candidate.judge(now)
    if outcome.word in HEALTHY:
        was_well = sighting is not None and sighting.word in HEALTHY
        return Choice(Look.REMEMBER if was_well else Look.NOTE, outcome)
    first_seen = sighting.unwell_since if sighting is not None else None
    unwell_since = first_seen or now
    begun = min(filter(None, (outcome.since, unwell_since)))
    may_be = candidate.seen.kind in _ALERTED_ALONE and begun >= watched_since - pace.history
    in_use = may_be and candidate.in_use()
    if not may_be or not (in_use or now - begun >= pace.standing):
        return Choice(Look.NOTE, outcome, unwell_since)
    since = begun if in_use else begun + pace.standing
    told = same and sighting is not None and sighting.looked_at >= since
    waited = sighting is None or now - sighting.looked_at >= pace.standing
    return Choice(Look.NOTE if told and not waited else Look.DIAGNOSE, outcome, unwell_since)


def settled(candidate: Candidate, outcome: Outcome, clear: bool, now: datetime, pace: Pace) -> bool:
    """Return whether there is nothing more to see unless the object changes.

    ``clear``: nothing was found that a person should know of.
    """
    if candidate.seen.kind != "MigMigration":
        return outcome.word in HEALTHY
    if not outcome.ended:
        return False
    ended = outcome.since or candidate.created
    if ended is None:
        return True
    return now - ended > (pace.ending if clear else pace.ended_for)
