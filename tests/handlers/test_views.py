"""Every view in both languages: as it was agreed on (golden files), and as Slack takes it.

``UPDATE_GOLDEN=1`` writes the golden files anew; look at the difference before you commit it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.clusters.port import ObjectRef, Unreachable
from bot.mtc.outcome_words import Outcome, Word
from bot.questions.asking import Unknown
from handlers.views import (
    answer,
    card,
    details,
    errors,
    help,
    home,
    kb,
    preflight,
    rollup,
    rows,
    status,
)
from handlers.views.kit import Message
from handlers.views.thread import reply
from knowledge.loading import load_builtin
from knowledge.texts import Lang
from tests.handlers import samples
from tests.handlers.checking import shown, taken, view_taken
from tests.handlers.samples import ENTRIES, NOW

GOLDEN = Path(__file__).with_name("golden")
BUILTIN = load_builtin().by_id
LANGS: tuple[Lang, ...] = ("en", "zh")
FIXABLE = {
    **ENTRIES,
    samples.ROOT.id: samples.ROOT.model_copy(
        update={"remediation": BUILTIN["bsl-unavailable"].remediation}
    ),
}


def thread(topic: str, detail: str = "") -> Callable[[Lang], Message]:
    incident = samples.resolved() if topic == "resolved" else samples.acknowledged()
    return lambda lang: reply(topic, detail, incident, ENTRIES, lang, NOW)


HEALTHY = samples.diagnosis(outcome=Outcome(Word.RUNNING, "StageBackup", (9, 35), NOW), findings=())
UNKNOWN = samples.diagnosis(
    findings=(), outcome=Outcome(Word.FAILED, "Completed", errors=("no such image",))
)
NOT_COPIED = samples.diagnosis(
    outcome=Outcome(Word.NOT_COPIED, "Completed", since=NOW, not_copied=("shop/data", "shop/db"))
)
DOUBTED = samples.diagnosis(
    findings=(samples.finding(against=(samples.quote("the store is Available"),)),)
)
MASKED = samples.diagnosis(masked={"jwt": 2, "url-user": 1, "a-rule-of-tomorrow": 1})
MESSAGES: dict[str, Callable[[Lang], Message]] = {
    "card-fixable": lambda lang: card.card(samples.incident(), FIXABLE, lang, NOW, fixes=True),
    "answer-masked": lambda lang: answer.answer(MASKED, (), lang, NOW),
    "answer-fixable": lambda lang: answer.answer(
        samples.diagnosis(findings=(samples.finding(entry=FIXABLE[samples.ROOT.id]),)),
        (),
        lang,
        NOW,
        fixes=True,
    ),
    "card-open": lambda lang: card.card(samples.incident(), ENTRIES, lang, NOW),
    "card-acknowledged": lambda lang: card.card(samples.acknowledged(), ENTRIES, lang, NOW),
    "card-resolved": lambda lang: card.card(samples.resolved(), ENTRIES, lang, NOW),
    "card-undiagnosed": lambda lang: card.card(samples.undiagnosed(), ENTRIES, lang, NOW),
    "card-not-copied": lambda lang: card.card(
        samples.incident(outcome=str(Word.NOT_COPIED), cut_over=True), ENTRIES, lang, NOW
    ),
    "card-entry-gone": lambda lang: card.card(samples.incident(), {}, lang, NOW),
    "thread-evidence": thread("evidence"),
    "thread-joined": thread("joined", "cart-2 pay-4"),
    "thread-recovered": thread("recovered", "cart-1"),
    "thread-acknowledged": thread("acknowledged", "U0AMIR0001"),
    "thread-silenced": thread("silenced", "U0AMIR0001"),
    "thread-unsilenced": thread("unsilenced", "U0AMIR0001"),
    "thread-resolved": thread("resolved", "successor:shop-2"),
    "thread-reopened": thread("reopened"),
    "answer-failed": lambda lang: answer.answer(
        samples.diagnosis(), (samples.acknowledged(),), lang, NOW
    ),
    "answer-healthy": lambda lang: answer.answer(HEALTHY, (), lang, NOW),
    "answer-unknown": lambda lang: answer.answer(UNKNOWN, (), lang, NOW),
    "answer-not-copied": lambda lang: answer.answer(NOT_COPIED, (), lang, NOW),
    "answer-telling": lambda lang: answer.answer(samples.telling(), (), lang, NOW),
    "answer-doubted": lambda lang: answer.answer(DOUBTED, (), lang, NOW),
    "preflight": lambda lang: preflight.preflight(samples.preflight(), lang),
    "status-copying": lambda lang: status.status(samples.copying(), lang),
    "list": lambda lang: rows.rows(samples.rows(5), "", (), lang),
    "list-none": lambda lang: rows.rows((), "nope", (("dr-hub", "time-out"),), lang),
    "list-many": lambda lang: rows.rows(samples.rows(40), "", (), lang),
    "status": lambda lang: status.status(samples.status(), lang),
    "kb": lambda lang: kb.results([*ENTRIES.values()] * 4, "restic", lang),
    "kb-none": lambda lang: kb.results((), "zzz", lang),
    "kb-entry": lambda lang: kb.entry_page(samples.ROOT, lang),
    "help": help.help_page,
    "whoami": lambda lang: help.whoami("U0OLIVIA01", lang),
    "working": help.working,
    "rollup": lambda lang: rollup.rollup(
        [samples.incident(), samples.acknowledged(), samples.undiagnosed()], ENTRIES, lang
    ),
    "error-unknown": lambda lang: errors.unknown(
        Unknown("shpo-1", ("shop-1", "shop-2")), "diagnose", lang
    ),
    "error-unknown-several": lambda lang: errors.unknown(
        Unknown("shop-1", ("shop-1@east", "shop-1@west"), "several"), "status", lang
    ),
    "error-words": lambda lang: errors.not_understood("shop-1", lang),
    "error-which-plan": lambda lang: errors.which("preflight", lang),
    "error-action": lambda lang: errors.no_action(
        "restart-valero", "shop-1", ["restart-velero"], lang
    ),
    "error-subcommand": lambda lang: errors.no_subcommand("diagnoze", ["diagnose shop-1"], lang),
    "error-which": lambda lang: errors.which("status", lang),
    "error-cluster": lambda lang: errors.cluster_error(
        Unreachable("dial tcp 10.0.0.1:6443: i/o timeout", cluster="ocp3"), lang
    ),
    "error-gone": errors.gone,
    "error-over": errors.over,
    "error-busy": errors.busy,
    "error-unexpected": lambda lang: errors.unexpected("1a2b3c4d", lang),
}
VIEWS: dict[str, Callable[[Lang], dict[str, Any]]] = {
    "home": lambda lang: home.home(
        [samples.incident(), samples.acknowledged()], ENTRIES, lang, NOW
    ),
    "home-empty": lambda lang: home.home([], ENTRIES, lang, NOW),
    "details": lambda lang: details.details(samples.incident(), ENTRIES, lang, NOW),
    "details-votes": lambda lang: details.details(
        samples.incident(), ENTRIES, lang, NOW, votes=(2, 1)
    ),
    "details-loading": details.loading,
    "details-trouble": lambda lang: details.trouble(errors.gone(lang), lang),
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_as_agreed_and_slack_takes_it(name: str, lang: Lang) -> None:
    message = taken(MESSAGES[name](lang))
    agreed(f"{name}.{lang}", {"text": message.text, "blocks": message.blocks})


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", VIEWS)
def test_view_is_as_agreed_and_slack_takes_it(name: str, lang: Lang) -> None:
    agreed(f"{name}.{lang}", view_taken(VIEWS[name](lang)))


def test_every_golden_file_belongs_to_a_view() -> None:
    known = {f"{name}.{lang}.json" for name in (*MESSAGES, *VIEWS) for lang in LANGS}
    assert {path.name for path in GOLDEN.glob("*.json")} == known


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("entry_id", sorted(BUILTIN))
def test_every_entry_fits_on_a_card_in_its_thread_and_on_its_page(
    entry_id: str, lang: Lang
) -> None:
    entry = BUILTIN[entry_id]
    incident = samples.incident(entry_id=entry_id, severity=entry.severity)
    taken(card.card(incident, BUILTIN, lang, NOW))
    taken(reply("evidence", "", incident, BUILTIN, lang, NOW))
    taken(kb.entry_page(entry, lang))
    found = samples.finding(entry=entry)
    taken(answer.answer(samples.diagnosis(findings=(found,)), (), lang, NOW))


@pytest.mark.parametrize("word", Word)
def test_every_outcome_has_a_verdict_in_both_languages(word: Word) -> None:
    found = samples.diagnosis(outcome=Outcome(word, "Completed"), findings=())
    english, chinese = (taken(answer.answer(found, (), lang, NOW)).text for lang in LANGS)
    assert str(word) in english
    assert str(word) not in chinese


def test_a_plan_can_be_answered_like_a_migration() -> None:
    plan = samples.diagnosis(
        target=ObjectRef("MigPlan", "shop"), outcome=Outcome(Word.BLOCKED, behind="SourceNotReady")
    )
    assert "SourceNotReady" in str(taken(answer.answer(plan, (), "en", NOW)).blocks)


def agreed(name: str, built: dict[str, Any]) -> None:
    agreed_in("", name, built)


def agreed_in(folder: str, name: str, built: dict[str, Any]) -> None:
    path = GOLDEN / folder / f"{name}.json"
    text = json.dumps(built, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; see UPDATE_GOLDEN"


def test_what_is_not_known_of_another_cause_is_left_open() -> None:
    incident = samples.incident(params={}, also=(samples.SYMPTOM.id,))
    assert "The backup of plan … was not made" in shown(card.card(incident, ENTRIES, "en", NOW))


def test_what_the_cause_says_itself_is_not_said_twice() -> None:
    entry = BUILTIN["volumes-not-copied"]
    incident = samples.incident(entry_id=entry.id, outcome=str(Word.NOT_COPIED))
    loud = "Do not delete the source."
    assert "⚠️" not in shown(card.card(incident, BUILTIN, "en", NOW))
    other = samples.incident(outcome=str(Word.NOT_COPIED))
    assert loud in shown(card.card(other, ENTRIES, "en", NOW))


def test_a_rollback_is_asked_for_only_after_what_mtc_takes_for_the_cutover() -> None:
    staged = samples.incident(outcome=str(Word.NOT_COPIED))
    assert "rollback" not in shown(card.card(staged, ENTRIES, "en", NOW))


@pytest.mark.parametrize(
    ("word", "said"),
    [(Word.WAITING, "behind x-1"), (Word.BLOCKED, "blocked by x-1"), (Word.STALLED, "at x-1")],
)
def test_what_it_waits_for_is_said_by_its_outcome(word: Word, said: str) -> None:
    found = samples.diagnosis(outcome=Outcome(word, "Started", behind="x-1"), findings=())
    assert said in shown(answer.answer(found, (), "en", NOW))
