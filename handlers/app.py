"""The Bolt app: every listener of the bot, each of them parse, hand over, acknowledge.

Acknowledgements never wait for the work: it is done by a bounded pool of threads, apart from
those that acknowledge. An error in a listener becomes a sentence for the person, too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slack_bolt import Ack, App, BoltResponse
from slack_sdk.errors import SlackApiError

from handlers import askers
from handlers.askers import Asker
from handlers.clients import LOOKUP_SECONDS, SLACK_API, make_client
from handlers.commands import Commands, parse
from handlers.desk import SLOW_SECONDS, Desk
from handlers.failures import explain_failure
from handlers.incident_buttons import IncidentButtons
from handlers.judging import Judging
from handlers.languages import Languages
from handlers.once import Once
from handlers.remedy_commands import Remedies
from handlers.remedy_listeners import listen_to_remedies
from handlers.replies import Replies
from handlers.services import Services
from handlers.views.actions import ASK, Action, Vote
from handlers.workers import Workers

COMMAND = "/mtc"
_ACK_THREADS = 8

_log = logging.getLogger(__name__)
Body = dict[str, Any]


class SlackRefused(Exception):
    """Slack does not accept the token; ``str()`` says what to do."""


def build_app(
    services: Services,
    *,
    bot_token: str,
    api_url: str = SLACK_API,
    workers: Workers | None = None,
    slow_after: float = SLOW_SECONDS,
    **options: Any,
) -> App:
    """Return the app with all its listeners; ``options`` go to Bolt.

    Raises ``SlackRefused`` for a token that Slack refuses. A Slack that cannot be reached now is
    no error: the token is then checked with the first payload.
    """
    client = make_client(bot_token, api_url)
    options.setdefault("token_verification_enabled", _verified(bot_token, api_url))
    options.setdefault(
        "listener_executor", ThreadPoolExecutor(_ACK_THREADS, thread_name_prefix="slack-ack")
    )
    app = App(name="mtc-bot", client=client, **options)
    languages = Languages(make_client(bot_token, api_url, LOOKUP_SECONDS), services.default_lang)
    desk = Desk(services, languages, Replies(client), workers or Workers(), slow_after)
    app.middleware(Once())
    remedies = Remedies(services, client)
    _listen_to_words(app, desk, Commands(services, languages, remedies))
    _listen_to_buttons(app, desk, IncidentButtons(services, client))
    _listen_to_votes(app, desk, Judging(services, client))
    listen_to_remedies(app, desk, remedies, client)
    app.error(_on_error(desk))
    return app


def _listen_to_words(app: App, desk: Desk, commands: Commands) -> None:
    def ask(asker: Asker, typed: str) -> str | None:
        line = parse(typed)
        refused = desk.take(asker, lambda lang: commands.answer(line, asker, lang), verb=line.verb)
        return refused.text if refused else None

    @app.command(COMMAND)
    def command(ack: Ack, body: Body) -> None:
        refused = ask(askers.of_command(body), askers.text(body, "text"))
        ack(refused) if refused else ack()

    @app.action(ASK)
    def asked(ack: Ack, body: Body) -> None:
        ask(askers.of_click(body), askers.clicked(body)[1])
        ack()

    @app.event("app_mention")
    def mentioned(event: Body) -> None:
        ask(askers.of_message(event), askers.text(event, "text"))

    @app.event("message")
    def written(event: Body) -> None:
        direct = askers.text(event, "channel_type") == "im"
        if direct and askers.text(event, "user") and not event.get("subtype"):
            ask(askers.of_message(event), askers.text(event, "text"))


def _listen_to_buttons(app: App, desk: Desk, buttons: IncidentButtons) -> None:
    def act(ack: Ack, body: Body) -> None:
        asker, (action_id, incident_id) = askers.of_click(body), askers.clicked(body)
        desk.take(asker, lambda lang: buttons.act(action_id, incident_id, asker, lang))
        ack()

    for action in (Action.ACKNOWLEDGE, Action.SILENCE_1H, Action.SILENCE_8H, Action.UNSILENCE):
        app.action(action.value)(act)

    @app.action(Action.DETAILS.value)
    def show(ack: Ack, body: Body) -> None:
        asker, (_, incident_id) = askers.of_click(body), askers.clicked(body)
        desk.take(asker, lambda lang: buttons.show_details(incident_id, asker, lang))
        ack()

    @app.event("app_home_opened")
    def home(event: Body) -> None:
        user = askers.text(event, "user")
        if user and event.get("tab", "home") == "home":
            desk.take(Asker(user), lambda lang: buttons.show_home(user, lang), quiet=True)


def _listen_to_votes(app: App, desk: Desk, judging: Judging) -> None:
    def voted(ack: Ack, body: Body) -> None:
        asker, (action_id, value) = askers.of_click(body), askers.clicked(body)
        desk.take(asker, lambda lang: judging.vote(action_id, value, asker, lang))
        ack()

    for vote in Vote:
        app.action(vote.value)(voted)


def _on_error(desk: Desk) -> Callable[..., BoltResponse]:
    def on_error(error: Exception, body: Body) -> BoltResponse:
        asker = askers.of_command(body) if "command" in body else askers.of_click(body)
        desk.take(asker, lambda lang: explain_failure(error, lang))
        return BoltResponse(status=200)

    return on_error


def _verified(bot_token: str, api_url: str) -> bool:
    """Return whether Slack could be asked about the token; it is refused here if it is wrong."""
    try:
        make_client(bot_token, api_url, LOOKUP_SECONDS).auth_test()
    except SlackApiError as error:
        code = str(error.response.get("error", ""))
        if code in REFUSALS:
            raise SlackRefused(
                f"Slack does not accept the bot token ({code}). Copy the token that starts with "
                "xoxb- from the app's page, OAuth & Permissions, and install the app."
            ) from None
        _log.warning("Slack could not check the bot token now (%s); it goes on", code)
        return False
    except (OSError, ValueError) as error:
        _log.warning("Slack cannot be reached now (%s); it is tried again later", error)
        return False
    return True


REFUSALS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "missing_scope",
        "user_removed_from_team",
        "team_disabled",
    }
)
"""Slack's words for a token that will not work, however often it is tried."""
