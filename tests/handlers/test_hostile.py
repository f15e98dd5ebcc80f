"""Whatever people type, clusters log or Slack sends: no crash, no markup, no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from slack_bolt import App, BoltRequest

from bot.clusters.port import ClusterError, ObjectRef, Unreachable
from bot.diagnosis.findings import Diagnosis, Quote, Unread
from bot.incidents.model import Incident, StoredQuote, TimelineItem
from bot.mtc.outcome_words import Outcome, Word
from bot.questions.asking import Unknown
from bot.remediation.refusals import Refused
from bot.store.database import open_database
from handlers import askers
from handlers.app import build_app
from handlers.askers import Asker
from handlers.clients import make_client
from handlers.commands import Commands, parse
from handlers.failures import explain_failure
from handlers.languages import Languages
from handlers.remedy_commands import VERBS as REMEDY_VERBS
from handlers.remedy_commands import Remedies
from handlers.views import answer, card, details, home, rollup, rows, status
from handlers.views.actions import Action
from handlers.views.kit import Message, code, cut, mention, notice, tidy, untrusted, weight
from handlers.views.thread import reply
from handlers.workers import Workers
from sandbox.slack import OPERATOR, SlackSandbox
from tests.handlers import samples
from tests.handlers.checking import markup, taken, view_taken
from tests.handlers.conftest import ROOM, House
from tests.handlers.samples import ENTRIES, HOSTILE, NOW

SECRET = "sha256~" + "A" * 28
FIXED = settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VERBS = ["help", "list", "status", "diagnose", "kb", "whoami", "lang", "诊断", *REMEDY_VERBS]
TEXT = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="<>&*_~`|!@#:/\\{}\u202e\u0000\ud800é中🔥 ", max_size=400),
    st.sampled_from([HOSTILE, "x" * 20_000, "<" * 5_000, "🔥" * 3_000, "", " "]),
)


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with SlackSandbox() as sandbox:
        database = open_database("sqlite://")
        languages = Languages(make_client(sandbox.bot_token, sandbox.api_url), "en")
        house = House(sandbox, database, remedies=True)
        client = make_client(sandbox.bot_token, sandbox.api_url)
        yield Commands(house.services, languages, Remedies(house.services, client))
        database.close()


@FIXED
@given(
    typed=st.one_of(
        TEXT,
        st.builds(
            "{} {}".format,
            st.sampled_from(
                VERBS := [
                    "help",
                    "list",
                    "status",
                    "diagnose",
                    "kb",
                    "whoami",
                    "lang",
                    "诊断",
                    *REMEDY_VERBS,
                ]
            ),
            TEXT,
        ),
    )
)
def test_any_line_typed_gets_an_answer_that_slack_takes(commands: Commands, typed: str) -> None:
    line = parse(typed)
    try:
        message = commands.answer(line, Asker(OPERATOR.id, ROOM), "en")
    except (Unknown, ClusterError, Refused) as error:
        message = explain_failure(error, "en", line.verb)
    assert message is not None
    taken(message)
    inert(message.blocks, message.text)


def hostile_diagnosis(text: str) -> Diagnosis:
    finding = samples.finding(
        quotes=(Quote(text, text, NOW),) * 5, params=dict.fromkeys(samples.PARAMS, text)
    )
    outcome = Outcome(
        Word.FAILED, text, (3, 2), NOW, text, text, (text,) * 9, (text,) * 9, errors=(text,) * 9
    )
    return samples.diagnosis(
        target=ObjectRef(text, text, text, text),
        control=text,
        outcome=outcome,
        findings=(finding,) * 6,
        not_read=(Unread(text, text),) * 20,
        plan=text,
    )


def hostile_incident(text: str) -> Incident:
    return samples.incident(
        id=text,
        subject=ObjectRef(text, text, text, text),
        severity=text,
        entry_id=samples.ROOT.id if len(text) % 2 else text,
        params=dict.fromkeys(samples.PARAMS, text),
        quotes=(StoredQuote(text, text, NOW),) * 8,
        members=(text,) * 60,
        recovered=(text,) * 60,
        plan=text,
        outcome=text,
        phase=text,
        symptoms=(text,) * 30,
        also=(text,) * 30,
        not_read=(text,) * 60,
        acknowledged_by=text,
        resolved_note=text,
        channel=text,
        timeline=(TimelineItem(NOW, text, text, text),) * 50,
    )


@settings(FIXED, max_examples=30)
@given(text=TEXT)
def test_any_text_of_a_cluster_is_shown_and_inert(text: str) -> None:
    assume(not re.fullmatch(r"[UWCDG][A-Z0-9]{2,30}", text))  # an id where Slack gives ids
    incident = hostile_incident(text)
    for lang in ("en", "zh"):
        for each in (incident, replace(incident, state=samples.resolved().state)):
            checked(card.card(each, ENTRIES, lang, NOW))
            checked(answer.answer(hostile_diagnosis(text), (each,) * 5, lang, NOW))
            checked(rollup.rollup((each,) * 30, ENTRIES, lang))
            checked(details.details_message(each, ENTRIES, lang, NOW))
            for topic in ("evidence", "joined", "acknowledged", "silenced", "resolved", text):
                checked(reply(topic, text, each, ENTRIES, lang, NOW))
            for view in (
                details.details(each, ENTRIES, lang, NOW),
                home.home([each] * 40, ENTRIES, lang, NOW),
            ):
                inert(view_taken(view)["blocks"])


@FIXED
@given(text=TEXT, number=st.integers(0, 40))
def test_any_row_and_status_is_shown_and_inert(text: str, number: int) -> None:
    row = replace(
        samples.rows(1)[0],
        control=text,
        name=text,
        plan=text,
        problem=text,
        outcome=Outcome(Word.FAILED, text, (number, 0), NOW),
    )
    checked(rows.rows((row,) * number, text, ((text, text),) * 9, "en"))
    found = samples.status()
    step = replace(found.pipeline[0], name=text, message=text, state="running")
    found = replace(
        found,
        row=row,
        kind=text,
        namespaces=(text,) * number,
        source=text,
        destination=text,
        pipeline=(step,) * number,
        progress=(text,) * number,
        conditions=(text,) * number,
    )
    checked(status.status(found, "zh"))


@FIXED
@given(text=TEXT)
def test_any_error_is_a_sentence(text: str) -> None:
    for error in (Unknown(text, (text,) * 9), Unreachable(text, cluster=text), ValueError(text)):
        checked(explain_failure(error, "en", text))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["user", "id", "actions", "value", "text", "channel", "container", "type", "event"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@FIXED
@given(body=st.dictionaries(st.sampled_from(["user", "actions", "channel", "text"]), JSON))
def test_any_payload_can_be_read(body: dict[str, Any]) -> None:
    for asker in (askers.of_click(body), askers.of_command(body), askers.of_message(body)):
        assert isinstance(asker.user, str)
    assert all(isinstance(part, str) for part in askers.clicked(body))


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with SlackSandbox() as sandbox:
        database = open_database("sqlite://")
        workers = Workers(threads=2, waiting=10_000)
        yield build_app(
            House(sandbox, database).services,
            bot_token=sandbox.bot_token,
            api_url=sandbox.api_url,
            workers=workers,
            slow_after=60,
        )
        workers.stop()


EVENTS = st.builds(
    lambda kind, rest: {"type": "event_callback", "event": {**rest, "type": kind}},
    st.sampled_from(["app_mention", "message", "app_home_opened"]),
    st.dictionaries(st.sampled_from(["text", "ts", "tab", "subtype", "channel_type"]), JSON)
    | st.dictionaries(st.sampled_from(["user", "channel", "text"]), st.text(max_size=20)),
)
CLICKS = st.builds(
    lambda action, value, rest: {
        **rest,
        "type": "block_actions",
        "user": {"id": OPERATOR.id},
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    },
    st.sampled_from([*Action, "ask_0", "ask_99", "something_else"]),
    JSON,
    st.dictionaries(st.sampled_from(["container", "response_url", "trigger_id"]), JSON),
)
COMMANDS = st.builds(
    lambda rest: {"command": "/mtc", "user_id": OPERATOR.id, **rest},
    st.dictionaries(st.sampled_from(["text", "channel_id", "response_url", "trigger_id"]), JSON),
)


@settings(FIXED, max_examples=60)
@given(body=EVENTS | CLICKS | COMMANDS)
def test_any_envelope_with_odd_values_is_taken(app: App, body: dict[str, Any]) -> None:
    odd = {"team_id": "T0SANDBOX1", **body}
    answer = app.dispatch(BoltRequest(mode="socket_mode", body=odd))
    assert answer.status in (200, 404)


class TestKit:
    @given(text=TEXT)
    def test_tidy_text_is_short_shown_and_never_empty(self, text: str) -> None:
        shown = tidy(text, 50)
        assert 0 < len(shown) <= 50
        shown.encode()
        assert "\u202e" not in shown

    @given(text=TEXT, limit=st.integers(1, 60))
    def test_cut_text_has_at_most_that_many_characters(self, text: str, limit: int) -> None:
        assert len(cut(text, limit)) <= limit

    @given(text=TEXT)
    def test_code_and_notice_leave_no_markup(self, text: str) -> None:
        for made in (code(text), notice(text), mention(text)):
            assert "<" not in made
            assert ">" not in made
        assert code(text).count("`") == 2

    def test_untrusted_text_is_redacted(self) -> None:
        assert SECRET not in untrusted(f"token {SECRET}")

    def test_weight_counts_what_escaping_adds(self) -> None:
        assert weight("<&>") == len("&lt;&amp;&gt;")


OURS = (
    "<!date^",
    "<@U0OLIVIA01>",
    "<@U0AMIR0001>",
    "<@U0WANG0001>",
    "<#C0MIGRATE1>",
    "<!subteam^S0OPERATE1>",
    "<!subteam^S0APPROVE1>",
)


def checked(message: Message) -> None:
    taken(message)
    inert(message.blocks, message.text)


def inert(blocks: Any, *more: str) -> None:
    """Nothing that Slack parses calls people, links or holds what we did not put there."""
    for text in (*markup(blocks), *more):
        rest = text
        for ours in OURS:
            rest = rest.replace(ours, "")
        assert "<" not in rest, text
