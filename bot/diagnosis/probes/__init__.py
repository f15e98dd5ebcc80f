"""Questions that cross objects or clusters.

A probe looks at a dossier and answers with observations of kind ``probe``; the knowledge entry
that names the probe says what an answer means. A probe that lacks its evidence says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.diagnosis.dossier import Dossier
from bot.diagnosis.probes.agents import (
    node_agent_absent,
    node_agent_unprivileged,
    node_agents_twice,
    volume_copies_unfinished,
    volumes_not_on_nfs,
)
from bot.diagnosis.probes.controller import (
    controller_absent,
    object_untouched,
    store_unanswering,
)
from bot.diagnosis.probes.images import images_missing
from bot.diagnosis.probes.namespaces import (
    node_selector_agrees,
    node_selector_differs,
    uid_range_collision,
)
from bot.diagnosis.probes.quiescing import quiesce_held
from bot.diagnosis.probes.resources import cluster_scoped_missing
from bot.diagnosis.probes.velero import velero_absent, velero_busy, velero_hangs, velero_restarted
from bot.diagnosis.probes.verification import restic_verify_errors, verification_slow
from bot.diagnosis.probes.volumes import pv_settings_lost, volumes_in_several_zones
from bot.mtc.outcome_words import Outcome
from knowledge.observations import Observation

Probe = Callable[[Dossier, Outcome], Iterator[Observation]]

PROBES: tuple[Probe, ...] = (
    controller_absent,
    object_untouched,
    store_unanswering,
    velero_absent,
    velero_busy,
    velero_hangs,
    velero_restarted,
    quiesce_held,
    node_selector_differs,
    node_selector_agrees,
    uid_range_collision,
    node_agent_absent,
    node_agent_unprivileged,
    node_agents_twice,
    volumes_not_on_nfs,
    volume_copies_unfinished,
    volumes_in_several_zones,
    images_missing,
    cluster_scoped_missing,
    pv_settings_lost,
    verification_slow,
    restic_verify_errors,
)
"""Every probe; each is named by at least one knowledge entry."""


def run_probes(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Yield the answers of all probes; one that trips over an odd object says nothing."""
    for probe in PROBES:
        try:
            yield from list(probe(dossier, outcome))
        except (TypeError, ValueError, KeyError, AttributeError):
            continue
