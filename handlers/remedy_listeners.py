"""Listeners for the buttons and forms of remediations: parse, hand over, acknowledge."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from handlers import askers
from handlers.asking import parse_kept, parse_wish
from handlers.desk import Desk
from handlers.forms import block_id
from handlers.remedy_commands import Remedies
from handlers.views import forms
from handlers.views.actions import REMEDY, Form, RequestAction
from handlers.views.fixes import off
from handlers.views.words import say
from knowledge.texts import Lang

Body = dict[str, Any]
_SETTLES = 0.4
"""Seconds that Slack is given to show what an acknowledgement says, before it is changed again."""


def listen_to_remedies(app: App, desk: Desk, remedies: Remedies, client: WebClient) -> None:
    """Register all of them; a bot that only reads answers old buttons with a sentence."""
    asking, deciding = remedies.asking, remedies.deciding

    @app.action(REMEDY)
    def wished(ack: Ack, body: Body) -> None:
        asker, wish = askers.of_click(body), parse_wish(askers.clicked(body)[1])
        desk.take(
            asker, lambda lang: asking.open_form(wish, asker, lang) if asking else off(lang), "fix"
        )
        ack()

    def decided(ack: Ack, body: Body) -> None:
        asker, (action_id, request_id) = askers.of_click(body), askers.clicked(body)
        desk.take(
            asker,
            lambda lang: (
                deciding.click(action_id, request_id, asker, lang) if deciding else off(lang)
            ),
            "fix" if action_id == RequestAction.UNDO else "approve",
        )
        ack()

    for action in RequestAction:
        app.action(action.value)(decided)

    if asking is None or deciding is None:
        return

    @app.view(Form.PARAMS.value)
    def filled_in(ack: Ack, body: Body) -> None:
        asker, view_id = askers.of_click(body), askers.text(body, "view", "id")
        wish = parse_kept(askers.text(body, "view", "private_metadata"))
        values = _values(body)
        lang = desk.languages.at_hand(asker.user)
        wrong = asking.wrong(wish, values, lang)
        if wrong:
            told = {block: say(lang, "form.wrong", why=why) for block, why in wrong.items()}
            ack(response_action="errors", errors=told)
            return
        title = say(lang, "form.title")
        ack(response_action="update", view=forms.waiting(title, say(lang, "form.working"), lang))
        began = time.monotonic()

        def work(lang: Lang) -> None:
            _settle(began)
            asking.submit(wish, values, view_id, asker, lang)

        _hand_over(desk, client, asker, work, view_id, title)

    def voted(ack: Ack, body: Body) -> None:
        asker, view_id = askers.of_click(body), askers.text(body, "view", "id")
        form = askers.text(body, "view", "callback_id")
        request_id = askers.text(body, "view", "private_metadata")
        name = "compare" if form == Form.COMPARE else "reject"
        typed = _typed(_values(body), block_id(name))
        lang = desk.languages.at_hand(asker.user)
        title = say(lang, f"{name}.title")
        waiting = forms.waiting(title, say(lang, "decided.working"), lang)
        ack(response_action="update", view=waiting)
        began = time.monotonic()

        def work(lang: Lang) -> None:
            _settle(began)
            deciding.submit(form, request_id, typed, view_id, asker, lang)

        _hand_over(desk, client, asker, work, view_id, title)

    for form in (Form.COMPARE, Form.REJECT):
        app.view(form.value)(voted)


def _hand_over(
    desk: Desk,
    client: WebClient,
    asker: askers.Asker,
    work: Callable[[Lang], None],
    view_id: str,
    title: str,
) -> None:
    """Have a worker do it; where too many wait, the form says so."""
    busy = desk.take(asker, work, quiet=True)
    if busy is not None:
        lang = desk.languages.at_hand(asker.user)
        client.views_update(view_id=view_id, view=forms.told(title, busy, lang))


def _settle(began: float) -> None:
    time.sleep(max(0.0, _SETTLES - (time.monotonic() - began)))


def _values(body: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    view = body.get("view")
    state = view.get("state") if isinstance(view, dict) else None
    values = state.get("values") if isinstance(state, dict) else None
    return values if isinstance(values, dict) else {}


def _typed(values: Mapping[str, Mapping[str, Any]], block: str) -> str:
    for element in (values.get(block) or {}).values():
        value = element.get("value") if isinstance(element, dict) else None
        if isinstance(value, str):
            return value
    return ""
