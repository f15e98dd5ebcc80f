"""Everything that is shown about requests, in both languages: as agreed, and as Slack takes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from bot.access.people import Person
from bot.access.policy import Policy
from bot.clusters.port import Identity, ObjectRef
from bot.diagnosis.findings import Diagnosis
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.store.audit import AuditRecord
from handlers.forms import fields_of
from handlers.views import fixes, forms
from handlers.views.help import help_page
from handlers.views.kit import Message
from handlers.views.request_card import request_card
from handlers.views.request_lists import approvals, audit
from handlers.views.request_notes import request_note
from knowledge.texts import Lang, LocalText
from tests.handlers import samples
from tests.handlers.checking import shown, taken, view_taken
from tests.handlers.request_samples import (
    AMIR,
    ID,
    OFFERS,
    OLIVIA,
    POLICY,
    RECORDS,
    STATES,
    TARGET,
    approval,
    in_state,
    offer,
    plan,
)
from tests.handlers.test_hostile import TEXT, checked
from tests.handlers.test_views import LANGS, agreed_in

NOTES = ("reminder", "expired", "rejected", "stale", "failed", "verified", "not-fixed")
DIAGNOSIS = samples.diagnosis(target=ObjectRef("MigMigration", "orders-1"))
PERSON = Person(OLIVIA, "olivia@example.com", frozenset({"S0OPERATE1"}))


def card(state: str) -> Callable[[Lang], Message]:
    return lambda lang: request_card(in_state(state), POLICY, lang)


def note(topic: str) -> Callable[[Lang], Message]:
    request = in_state("pending" if topic == "reminder" else topic)
    return lambda lang: request_note(topic, request, POLICY, lang)


MESSAGES: dict[str, Callable[[Lang], Message]] = {
    **{f"request-{state}": card(state) for state in STATES},
    "request-undone": lambda lang: request_card(
        in_state("verified"), POLICY, lang, in_state("undo")
    ),
    **{f"note-{topic}": note(topic) for topic in NOTES},
    "fixes": lambda lang: fixes.fixes(DIAGNOSIS, OFFERS, lang),
    "fixes-none": lambda lang: fixes.fixes(DIAGNOSIS, (), lang),
    "remedy-off": fixes.off,
    "remedy-refused": lambda lang: fixes.refused(
        Refused("You asked for this yourself.", "这是你自己提出的申请。"), lang
    ),
    "whoami-roles": lambda lang: fixes.who_you_are(
        PERSON, POLICY, Identity("olivia@example.com"), lang
    ),
    "whoami-nobody": lambda lang: fixes.who_you_are(PERSON, Policy(), None, lang),
    "approvals": lambda lang: approvals([in_state("pending"), in_state("running")], lang),
    "approvals-none": lambda lang: approvals([], lang),
    "audit": lambda lang: audit(RECORDS, (), lang),
    "audit-broken": lambda lang: audit((), ("record 3 was altered",), lang),
    "help-remedies": lambda lang: help_page(lang, remedies=True),
}


def form(action: str) -> Callable[[Lang], dict[str, Any]]:
    made = offer(action)
    fields = fields_of(made.schema, made.params)
    return lambda lang: forms.ask_form(made, made.title, fields, "[]", lang)


VIEWS: dict[str, Callable[[Lang], dict[str, Any]]] = {
    "form-timeout": form("set-restic-timeout"),
    "form-rerun": form("rerun-migration"),
    "form-ca": form("set-cluster-ca-bundle"),
    "form-nothing": form("cancel-migration"),
    "form-compare": lambda lang: forms.compare_form(ID, ("AB:CD",), lang),
    "form-reject": lambda lang: forms.reject_form(ID, lang),
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_as_agreed_and_slack_takes_it(name: str, lang: Lang) -> None:
    message = taken(MESSAGES[name](lang))
    agreed_in("requests", f"{name}.{lang}", {"text": message.text, "blocks": message.blocks})


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", VIEWS)
def test_form_is_as_agreed_and_slack_takes_it(name: str, lang: Lang) -> None:
    agreed_in("requests", f"{name}.{lang}", view_taken(VIEWS[name](lang)))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_has_a_form_that_slack_takes(action: str, lang: Lang) -> None:
    view_taken(form(action)(lang))


def buttons(message: Message) -> list[dict[str, Any]]:
    rows = [block for block in message.blocks if block["type"] == "actions"]
    return [element for row in rows for element in row["elements"]]


class TestWhatAButtonCarries:
    @pytest.mark.parametrize("state", ["pending", "pending-compare", "pending-two", "undo"])
    def test_to_decide_only_the_opaque_id(self, state: str) -> None:
        made = buttons(request_card(in_state(state), POLICY, "en"))
        assert [b["value"] for b in made] == [ID, ID]

    def test_a_request_that_is_over_cannot_be_decided(self) -> None:
        for state in ("approved", "running", "verified", "failed", "rejected", "expired", "stale"):
            made = buttons(request_card(in_state(state), POLICY, "en"))
            assert not {b["action_id"] for b in made} & {"request_approve", "request_reject"}

    def test_approving_is_confirmed_unless_something_must_be_typed(self) -> None:
        plain, compared = (
            buttons(request_card(in_state(s), POLICY, "en"))[0]
            for s in ("pending", "pending-compare")
        )
        assert "confirm" in plain
        assert "confirm" not in compared


class TestTheCard:
    def test_shows_each_call_and_each_change(self) -> None:
        text = shown(request_card(in_state("pending"), POLICY, "en"))
        assert "PATCH namespace/orders-new @ocp4" in text
        assert "openshift.io/node-selector: (absent) → region=east" in text

    def test_says_who_may_approve_by_the_present_policy(self) -> None:
        text = shown(request_card(in_state("pending"), POLICY, "en"))
        assert "<!subteam^S0APPROVE1>" in text
        assert "nobody by the present policy" in shown(
            request_card(in_state("pending"), Policy(), "en")
        )

    def test_says_that_somebody_else_must_approve(self) -> None:
        text = shown(request_card(in_state("pending-two"), POLICY, "en"))
        assert f"anybody but <@{OLIVIA}>" in text
        assert "1 of 2" in text
        assert f"approved by <@{AMIR}>" in text

    def test_an_altered_plan_is_void_and_has_no_buttons(self) -> None:
        message = request_card(in_state("altered"), POLICY, "en")
        assert "altered" in shown(message)
        assert buttons(message) == []

    def test_a_huge_plan_fits_and_says_that_there_is_more(self) -> None:
        call = in_state("pending").plan["steps"][0]
        change = {"path": "spec.x" * 30, "before": "b" * 160, "after": "<a>" * 50}
        steps = [{**call, "name": f"n-{n}", "changes": [change] * 40} for n in range(60)]
        text = shown(taken(request_card(approval(plan(steps=tuple(steps))), POLICY, "en")))
        assert "and 52 more" in text


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXT)
def test_whatever_a_request_holds_is_shown_and_inert(text: str) -> None:
    assume(not re.fullmatch(r"[UWCDG][A-Z0-9]{2,30}", text))  # an id where Slack gives ids
    text = text.encode(errors="ignore").decode()  # a plan is stored as UTF-8
    told = LocalText.model_construct(en=text, zh=text)
    made = plan(
        target=TARGET.model_copy(update={"name": text, "plan": text, "namespaces": (text,) * 20}),
        steps=[
            {**in_state("pending").plan["steps"][0], "name": text, "namespace": text,
             "changes": [{"path": text, "before": text, "after": text}] * 30}
        ] * 12,
        compare=(text,) * 8,
    )  # fmt: skip
    made = made.model_copy(update={"effects": (told,) * 9})
    for state, verdict in (("pending", ""), ("running", ""), ("done", "not-fixed")):
        request = approval(
            made.model_copy(update={"effects": ()}), state=state, verdict=verdict, outcome=text,
            target=text, plan_name=text, control=text,
        )  # fmt: skip
        for message in (request_card(request, POLICY, "en"), approvals([request] * 30, "zh")):
            checked(message)
    for topic in NOTES:
        message = request_note(topic, approval(made, outcome=text, control=text), POLICY, "zh")
        checked(message)
    said: Diagnosis = samples.diagnosis(target=ObjectRef(text, text), control=text)
    checked(fixes.fixes(said, (offer(reason=told, control=text),) * 20, "en"))
    record = AuditRecord(1, samples.NOW, text, text, text, {text: text}, "", "")
    checked(audit([record] * 90, (text,), "en"))
