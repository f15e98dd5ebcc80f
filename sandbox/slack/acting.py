"""What a person in the workspace can do: type, run commands, click, fill in, open.

Each act builds the payload Slack would send, waits for the app as Slack would, and shows the
person what Slack would show. Asking for something that cannot be done (a button that is not there)
raises ``LookupError`` or ``ValueError`` in plain words; it never reaches the app.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sandbox.slack import payloads
from sandbox.slack.backend import Backend
from sandbox.slack.blocks import check
from sandbox.slack.client_words import client_words
from sandbox.slack.element_state import (
    Json,
    action_fields,
    find_element,
    state_values,
    typed_state,
)
from sandbox.slack.errors import SlackError
from sandbox.slack.form_check import form_errors
from sandbox.slack.messages import Message
from sandbox.slack.seed import BOT_USER_ID, Person
from sandbox.slack.socket_mode import Delivery
from sandbox.slack.views import View
from sandbox.slack.workspace import Channel

Given = Mapping[str, Mapping[str, Any]]
"""What was filled in: value by action_id by block_id."""


class Acting:
    """Acts of people on one backend. All of it runs on the server's loop."""

    def __init__(self, backend: Backend) -> None:
        """Act on this backend."""
        self._backend = backend
        self._typed: dict[tuple[str, str], dict[str, dict[str, Json]]] = {}
        self._background: set[asyncio.Task[Delivery]] = set()

    async def command(self, user: str, channel_id: str, line: str) -> Delivery:
        """Run ``/name text`` in a channel, and show the answer the acknowledgement carries."""
        person, channel = self._seen(user, channel_id)
        name, _, text = line.strip().partition(" ")
        if not name.startswith("/") or len(name) < 2:
            raise ValueError(f"a command starts with a slash: {line!r}")
        if channel.archived:
            raise ValueError(f"{channel.name} is archived")
        if not self._registered(name):
            self._notice(person, channel, "no_command", name)
            return Delivery(error="no_command")
        payload = payloads.slash_command(self._backend, person, channel, name, text.strip())
        delivery = await self._backend.sockets.deliver("slash_commands", payload, answers=True)
        if delivery.payload:
            try:
                self._backend.response_urls.answer(channel.id, user, delivery.payload)
            except SlackError as error:
                delivery.error = error.code
        if delivery.error:
            self._notice(person, channel, "command_failed", name, delivery.error)
        return delivery

    async def click(
        self,
        user: str,
        channel_id: str,
        ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Delivery:
        """Use an element of a message: a button, or a select with the option of that value."""
        person, channel, message = self._message(user, channel_id, ts)
        blocks = [*message.blocks, *_attached(message)]
        block, element = find_element(blocks, action_id, block_id)
        typed = self._typed.setdefault((user, ts), {})
        action = _use(block, element, value, typed)
        payload = payloads.block_actions(
            self._backend,
            person,
            action,
            message=message,
            channel=channel,
            values=state_values(blocks, typed),
        )
        return await self._backend.sockets.deliver("interactive", payload, answers=True)

    async def click_in_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
        given: Given | None = None,
    ) -> Delivery:
        """Use an element of a modal or of the App Home; ``given`` is what was typed elsewhere."""
        person, view = self._view(user, view_id)
        self._type(view, given or {})
        block, element = find_element(view.body["blocks"], action_id, block_id)
        action = _use(block, element, value, view.typed)
        payload = payloads.block_actions(self._backend, person, action, view=view)
        return await self._backend.sockets.deliver("interactive", payload, answers=False)

    async def suggest(
        self, user: str, view_id: str, action_id: str, typed: str, *, block_id: str | None = None
    ) -> list[Json]:
        """Return the options an app offers for what was typed into an external select."""
        person, view = self._view(user, view_id)
        block, _ = find_element(view.body["blocks"], action_id, block_id)
        payload = payloads.block_suggestion(
            self._backend, person, block["block_id"], action_id, typed, view=view
        )
        return await self._offered(payload)

    async def suggest_in_message(
        self,
        user: str,
        channel_id: str,
        ts: str,
        action_id: str,
        typed: str,
        *,
        block_id: str | None = None,
    ) -> list[Json]:
        """Return the options an app offers for an external select in a message."""
        person, channel, message = self._message(user, channel_id, ts)
        block, _ = find_element([*message.blocks, *_attached(message)], action_id, block_id)
        payload = payloads.block_suggestion(
            self._backend,
            person,
            block["block_id"],
            action_id,
            typed,
            message=message,
            channel=channel,
        )
        return await self._offered(payload)

    async def submit(self, user: str, view_id: str, given: Given) -> Delivery:
        """Press a modal's submit button and do what the answer says.

        What Slack's own client refuses (an empty required field, a text too long) is refused here,
        without asking the app: ``errors`` by block_id.
        """
        person, view = self._view(user, view_id)
        self._type(view, given)
        refused = form_errors(view, person.locale)
        if refused:
            return Delivery(errors=refused)
        payload = payloads.view_submission(self._backend, person, view)
        delivery = await self._backend.sockets.deliver("interactive", payload, answers=True)
        try:
            if not delivery.error:
                self._after_submit(view, delivery)
        except SlackError as error:
            delivery.error = error.code
        if delivery.error:
            view.trouble = client_words(person.locale, "trouble")
            self._backend.views.told(view)
        return delivery

    async def close(self, user: str, view_id: str, *, whole_stack: bool = False) -> Delivery:
        """Cancel a modal, or with ``whole_stack`` close all of them by the x."""
        person, view = self._view(user, view_id)
        if view.kind == "home":
            raise ValueError("an App Home cannot be closed")
        whole_stack = whole_stack or bool(view.body.get("clear_on_close"))
        told = self._backend.views.stack(user)[0] if whole_stack else view
        self._backend.views.close(view, whole_stack=whole_stack)
        if not told.body.get("notify_on_close"):
            return Delivery(acked=True)
        payload = payloads.view_closed(self._backend, person, told, cleared=whole_stack)
        return await self._backend.sockets.deliver("interactive", payload, answers=False)

    async def open_home(self, user: str, tab: str = "home") -> Delivery:
        """Look at the App Home; the app is told by an event."""
        person = self._person(user)
        view = self._backend.views.home(user)
        body = payloads.app_home_opened(self._backend, person, tab, view)
        return await self._event(body)

    async def shortcut(self, user: str, callback_id: str) -> Delivery:
        """Use a global shortcut."""
        payload = payloads.shortcut(self._backend, self._person(user), callback_id)
        return await self._backend.sockets.deliver("interactive", payload, answers=False)

    async def post(
        self, user: str, channel_id: str, text: str, thread_ts: str | None = None
    ) -> Message:
        """Say something as a person. The app hears of mentions and of direct messages."""
        _, channel = self._seen(user, channel_id)
        if channel.archived:
            raise ValueError(f"{channel.name} is archived")
        parent = channel.messages.get(thread_ts or "")
        if thread_ts is not None and parent is None:
            raise LookupError(f"there is no message {thread_ts} in {channel_id}")
        message = self._backend.workspace.add(
            Message(
                channel=channel.id,
                ts=self._backend.workspace.next_ts(),
                user=user,
                text=text,
                blocks=[_typed_block(text)],
                thread_ts=parent.root if parent is not None else None,
            )
        )
        if channel.dm_with is not None:
            self._tell(payloads.message_event(message, channel))
        elif channel.bot_member and f"<@{BOT_USER_ID}" in message.text:
            self._tell(payloads.app_mention(message))
        return message

    def _tell(self, body: Json) -> None:
        task = asyncio.get_running_loop().create_task(self._event(body))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _event(self, body: Json) -> Delivery:
        payload = payloads.event(self._backend, body)
        return await self._backend.sockets.deliver("events_api", payload, answers=False)

    def _after_submit(self, view: View, delivery: Delivery) -> None:
        answer = delivery.payload
        action = answer.get("response_action")
        views = self._backend.views
        if action is None:
            views.close(view)
        elif action == "clear":
            views.close(view, whole_stack=True)
        elif action == "errors":
            delivery.errors = _app_errors(view, answer.get("errors"))
        elif action == "update":
            views.update(view, check.view(answer.get("view"), kinds=("modal",)), None)
        elif action == "push":
            views.push(view.user, view.id, check.view(answer.get("view"), kinds=("modal",)))
        else:
            raise SlackError("invalid_response_action")

    def _type(self, view: View, given: Given) -> None:
        typed: dict[str, dict[str, Json]] = {}
        for block_id, actions in given.items():
            for action_id, value in actions.items():
                _, element = find_element(view.body["blocks"], action_id, block_id)
                typed.setdefault(block_id, {})[action_id] = typed_state(element, value)
        self._backend.views.type_in(view, typed)

    def _person(self, user: str) -> Person:
        person = self._backend.workspace.people.get(user)
        if person is None:
            raise LookupError(f"there is no person {user!r}")
        return person

    def _seen(self, user: str, channel_id: str) -> tuple[Person, Channel]:
        channel = self._backend.workspace.channel_for(user, channel_id)
        return self._person(user), channel

    def _message(self, user: str, channel_id: str, ts: str) -> tuple[Person, Channel, Message]:
        person, channel = self._seen(user, channel_id)
        message = self._backend.workspace.find(channel, ts)
        if message is None or message.visible_to not in (None, user):
            raise LookupError(f"{user} sees no message {ts} in {channel_id}")
        return person, channel, message

    def _registered(self, name: str) -> bool:
        """Whether Slack knows the command; every name is known when no command was announced."""
        known = {hint.command.split(" ")[0] for hint in self._backend.commands}
        return not known or name in known

    def _notice(self, person: Person, channel: Channel, key: str, *parts: object) -> None:
        text = client_words(person.locale, key, *parts)
        self._backend.workspace.notice(channel.id, person.id, text)

    async def _offered(self, payload: Json) -> list[Json]:
        delivery = await self._backend.sockets.deliver("interactive", payload, answers=True)
        try:
            answer = check.options_answer(delivery.payload)
        except SlackError:
            return []
        groups = answer.get("option_groups", ())
        return [*answer.get("options", ()), *(one for group in groups for one in group["options"])]

    def _view(self, user: str, view_id: str) -> tuple[Person, View]:
        view = self._backend.views.get(view_id)
        if view is None or view.user != user:
            raise LookupError(f"{user} has no view {view_id!r} open")
        return self._person(user), view


def _use(
    block: Mapping[str, Any],
    element: Mapping[str, Any],
    value: Any,
    typed: dict[str, dict[str, Json]],
) -> Json:
    kind, action_id, block_id = element["type"], element["action_id"], block["block_id"]
    state: Json | None = None
    if kind not in ("button", "workflow_button"):
        state = typed_state(element, value)
        if kind != "overflow":
            typed.setdefault(block_id, {})[action_id] = state
    return {
        "type": kind,
        "action_id": action_id,
        "block_id": block_id,
        **action_fields(element, state),
    }


def _attached(message: Message) -> list[Json]:
    return [block for attached in message.attachments for block in attached.get("blocks", ())]


def _app_errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    known = (
        isinstance(errors, dict)
        and errors
        and all(key in inputs and isinstance(text, str) for key, text in errors.items())
    )
    if not known:
        raise SlackError("invalid_response_errors")
    return dict(errors)


def _typed_block(text: str) -> Json:
    return {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": text or " "}]}
        ],
    }
