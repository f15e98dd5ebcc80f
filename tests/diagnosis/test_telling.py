"""What is shown of a failure that no entry knows, and what was masked in it.

In: clusters in memory with logs. Out: the diagnosis, as the command line and Slack get it.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.rendering import diagnosis_json, diagnosis_page
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from knowledge.observations import Observation
from knowledge.telling import most_telling
from knowledge.templates import Templates
from tests.diagnosis.world import NOW, SHOP, SHOP_1, failed, plan, plane, pod
from tests.knowledge.builtin import builtin_engine

ODD = "flux converter reports phase inversion of the widget lattice, giving up"
VELERO = ("openshift-migration", "velero-7d", "velero")


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def look(diagnoser: Diagnoser, log: str, *errors: str) -> Diagnosis:
    velero = pod("velero-7d", metadata={"labels": {"component": "velero"}})
    made = plane(failed(*errors), plan(), velero, logs={VELERO: log.encode()})
    return diagnoser(made, SHOP_1)


def line(minute: int, text: str, level: str = "error", of: str = "shop-1-final-x1") -> str:
    return (
        f'time="2026-03-01T11:{minute:02}:00Z" level={level} msg="{text}" '
        f"logSource=x.go:1 restore={of} migMigration=shop-1\n"
    )


class TestUnknownFailure:
    def test_the_rare_line_near_the_failure_comes_before_the_common_ones(
        self, diagnoser: Diagnoser
    ) -> None:
        common = "".join(line(6 + n, f"gizmo {n} rejected by frobnicator") for n in range(20))
        found = look(diagnoser, common + line(29, ODD))
        assert ODD in found.telling[0].text
        assert found.telling[0].where.startswith("openshift-migration/velero-7d") or (
            "velero" in found.telling[0].where
        )
        assert sum("frobnicator" in q.text for q in found.telling) == 1

    def test_what_mtc_itself_wrote_down_is_shown_with_its_place(self, diagnoser: Diagnoser) -> None:
        found = look(diagnoser, "", "the widget lattice has inverted")
        assert any(
            q.text == "the widget lattice has inverted" and "status.errors" in q.where
            for q in found.telling
        )

    def test_lines_of_another_migration_and_another_hour_are_not_shown(
        self, diagnoser: Diagnoser
    ) -> None:
        other = line(29, ODD).replace("shop-1", "other-2")
        early = line(29, "lattice error of yesterday").replace("T11:", "T02:")
        found = look(diagnoser, other + early)
        assert not any("lattice" in q.text for q in found.telling)

    def test_what_an_entry_knows_is_not_called_unknown(self, diagnoser: Diagnoser) -> None:
        known = 'backupstoragelocations.velero.io \\"x\\" not found'
        found = look(diagnoser, line(20, known), "no space left on device")
        assert not any("no space" in q.text for q in found.telling)

    def test_a_cause_that_is_known_needs_no_guessing(self, diagnoser: Diagnoser) -> None:
        made = plane(
            failed("x"), plan(conditions=[true_critical()]), logs={VELERO: line(29, ODD).encode()}
        )
        assert diagnoser(made, SHOP).telling == ()

    def test_a_healthy_plan_has_nothing_telling(self, diagnoser: Diagnoser) -> None:
        assert diagnoser(plane(plan()), SHOP).telling == ()

    def test_both_languages_show_the_lines_and_the_next_step(self, diagnoser: Diagnoser) -> None:
        found = look(diagnoser, line(29, ODD))
        for lang in ("en", "zh"):
            page = diagnosis_page(found, lang)
            assert ODD in page
            assert "mtc-bot kb draft" in page
        assert ODD in diagnosis_json(found, "en")["telling"][0]["text"]


def true_critical() -> dict[str, str]:
    return {
        "type": "InvalidSourceClusterRef",
        "status": "True",
        "category": "Critical",
        "reason": "NotFound",
        "message": "The `srcMigClusterRef` must reference a valid `migcluster`.",
        "lastTransitionTime": "2026-03-01T11:30:00Z",
    }


class TestMasking:
    def test_the_report_says_how_many_and_by_which_rule(self, diagnoser: Diagnoser) -> None:
        secrets = (
            "token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVz.c2ln and AKIAABCDEFGHIJKLMNOP"
        )
        found = look(diagnoser, "", f"lattice inverted with {secrets}")
        assert found.masked["jwt"] >= 1
        assert found.masked["aws-key-id"] >= 1
        assert "masked:" in diagnosis_page(found, "en")
        assert "已遮盖" in diagnosis_page(found, "zh")
        assert diagnosis_json(found, "en")["masked"] == found.masked

    def test_where_nothing_is_masked_nothing_is_said_of_it(self, diagnoser: Diagnoser) -> None:
        found = look(diagnoser, line(29, ODD))
        assert found.masked == {}
        assert "masked" not in diagnosis_page(found, "en")

    @given(
        st.lists(
            st.from_regex(r"AKIA[A-Z0-9]{16}", fullmatch=True), min_size=1, max_size=4, unique=True
        ),
        st.sampled_from(["{} lattice", "lattice {} inverted: error", "key={} lattice error"]),
    )
    def test_no_secret_is_shown_and_each_that_was_there_is_counted(
        self, diagnoser: Diagnoser, keys: list[str], around: str
    ) -> None:
        found = look(diagnoser, "", *(around.format(key) for key in keys))
        shown = str(diagnosis_json(found, "en")) + diagnosis_page(found, "zh")
        assert not [key for key in keys if key in shown]
        assert found.masked["aws-key-id"] >= len(keys)


class TestTemplates:
    def test_lines_that_differ_in_numbers_and_names_are_one(self) -> None:
        templates = Templates()
        first = templates.add("pod rsync-x1 failed after 3 attempts at 10.0.0.1:443")
        again = templates.add("pod rsync-b7 failed after 20 attempts at 10.9.0.7:8443")
        assert first is again
        assert first.count == 2

    def test_lines_that_say_different_things_are_two(self) -> None:
        templates = Templates()
        assert templates.add("the volume is full") is not templates.add("a token has expired")

    @given(st.lists(st.text(max_size=60), max_size=40))
    def test_every_line_is_counted_once(self, lines: list[str]) -> None:
        templates = Templates()
        seen = {id(t): t for t in [templates.add(text) for text in lines]}
        assert sum(t.count for t in seen.values()) == len(lines)

    def test_nothing_known_is_called_telling(self) -> None:
        seen = [
            (Observation("log", text, time=NOW - timedelta(minutes=n)), True)
            for n, text in enumerate(("error: alpha", "error: beta gamma"))
        ]
        told = most_telling(seen, NOW, lambda o: "alpha" in o.text)
        assert [o.text for o in told] == ["error: beta gamma"]
