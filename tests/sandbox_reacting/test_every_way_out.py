"""Every scenario with a way out is led out of it: asked, approved, verified, run again, succeeded.

The desk, the runner, the policy and the database are the real ones, and so is the diagnosis; only
time is the player's. What MTC does in between is what the sandbox's MTC makes of the writes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.mtc.outcome_words import Word
from sandbox.scenarios.schema import Scenario
from tests.sandbox_clusters.conftest import SCENARIOS
from tests.sandbox_reacting.conftest import Loop

WITH_A_WAY_OUT = [story for story in SCENARIOS if story.expect.fix]
GOOD = {Word.SUCCEEDED, Word.SUCCEEDED_WITH_WARNINGS, Word.ROLLED_BACK}


@pytest.mark.parametrize("story", WITH_A_WAY_OUT, ids=lambda story: story.id)
def test_a_fix_is_verified_and_the_next_run_succeeds(
    story: Scenario, loop: Callable[[Scenario], Loop]
) -> None:
    way = loop(story)
    for fix in story.expect.fix:
        approval = way.ask(fix)
        way.approve(approval)
        done = way.wait_judged(approval.id)
        assert (done.state, done.verdict) == ("done", "verified"), done.outcome
    for name in story.expect.mended:
        assert way.wait_ended(name).word in GOOD, name


def test_every_item_of_the_documentation_with_an_automatic_fix_has_a_way_out() -> None:
    wanted = {
        "node-selector-missing",
        "x509-migcluster",
        "x509-migstorage",
        "bsl-not-found-noise",
        "podvolumebackup-timeout",
        "restic-verify-errors",
        "nfs-root-squash",
        "deprecated-internal-image",
        "pv-settings-lost",
        "verification-slow",
    }
    assert wanted <= {story.id for story in WITH_A_WAY_OUT}
