"""The small JSON interface the page uses, and a test in another process may: below ``/sandbox/``.

It is no part of Slack. ``POST`` must be JSON from our own page (or from no page at all), so that
another site open in the same browser cannot act here. Errors are ``{"error": "a sentence"}``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.slack.acting import Acting
from sandbox.slack.backend import Backend
from sandbox.slack.faults import Fault
from sandbox.slack.json_text import parsed
from sandbox.slack.messages import Message
from sandbox.slack.seed import APP_NAME, BOT_USER_ID, SLACKBOT, TEAM_NAME
from sandbox.slack.views import View
from sandbox.slack.workspace import Channel

Json = dict[str, Any]
Act = Callable[[Json], Awaitable[Any]]

_KEEPALIVE_SECONDS = 15.0


class Control:
    """Answers the page."""

    def __init__(self, backend: Backend, acting: Acting) -> None:
        """Serve this backend."""
        self._backend = backend
        self._acting = acting
        self._acts: dict[str, Act] = {
            "command": lambda b: acting.command(b["user"], b["channel"], b["text"]),
            "post": self._post,
            "click": lambda b: acting.click(
                b["user"], b["channel"], b["ts"], b["action_id"],
                block_id=b.get("block_id"), value=b.get("value"),
            ),
            "click_in_view": lambda b: acting.click_in_view(
                b["user"], b["view"], b["action_id"],
                block_id=b.get("block_id"), value=b.get("value"), given=b.get("values"),
            ),
            "suggest": lambda b: acting.suggest(
                b["user"], b["view"], b["action_id"], b["text"], block_id=b.get("block_id")
            ),
            "suggest_in_message": lambda b: acting.suggest_in_message(
                b["user"], b["channel"], b["ts"], b["action_id"], b["text"],
                block_id=b.get("block_id"),
            ),
            "submit": lambda b: acting.submit(b["user"], b["view"], b.get("values", {})),
            "close": lambda b: acting.close(
                b["user"], b["view"], whole_stack=bool(b.get("whole_stack"))
            ),
            "home": lambda b: acting.open_home(b["user"], b.get("tab", "home")),
            "shortcut": lambda b: acting.shortcut(b["user"], b["callback_id"]),
            "fault": self._fault,
            "drop_sockets": lambda b: backend.sockets.drop(),
            "disconnect": lambda b: backend.sockets.disconnect(b.get("reason", "warning")),
        }  # fmt: skip

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to serve."""
        return [
            web.get("/sandbox/workspace", self._workspace),
            web.get("/sandbox/messages", self._messages),
            web.get("/sandbox/views", self._views),
            web.get("/sandbox/calls", self._calls),
            web.get("/sandbox/stream", self._stream),
            web.post("/sandbox/act/{act}", self._act),
        ]

    async def _act(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _error("send JSON", 415)
        own = f"http://{request.host}"
        if request.headers.get("Origin", own) != own:
            return _error("this is not our own page", 403)
        act = self._acts.get(request.match_info["act"])
        if act is None:
            return _error(f"there is no act {request.match_info['act']!r}", 404)
        try:
            body = parsed(await request.read())
            answer = await act(body)
        except KeyError as missing:
            return _error(f"{missing} is missing", 400)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            return _error(str(error), 400)
        return web.json_response(_shown(answer))

    async def _workspace(self, request: web.Request) -> web.Response:
        workspace = self._backend.workspace
        user = request.query.get("user") or next(iter(workspace.people))
        if user not in workspace.people:
            return _error(f"there is no person {user!r}", 404)
        channels = [
            self._channel(channel)
            for channel in workspace.channels.values()
            if channel.kind == "public_channel" or user in channel.members
        ]
        return web.json_response(
            {
                "team": TEAM_NAME,
                "bot": {"id": BOT_USER_ID, "name": APP_NAME},
                "slackbot": SLACKBOT,
                "user": user,
                "connected": self._backend.sockets.connected,
                "people": [asdict(person) for person in workspace.people.values()],
                "usergroups": [asdict(group) for group in workspace.usergroups.values()],
                "channels": channels,
                "commands": [asdict(hint) for hint in self._backend.commands],
                "home": workspace.home_tab,
            }
        )

    async def _messages(self, request: web.Request) -> web.Response:
        user = request.query.get("user", "")
        try:
            channel = self._backend.workspace.channel_for(user, request.query.get("channel", ""))
        except LookupError as error:
            return _error(str(error), 404)
        shown = [
            *channel.messages.values(),
            *(message for message in channel.ephemerals if message.visible_to == user),
        ]
        shown.sort(key=lambda message: message.ts)
        return web.json_response({"messages": [self._message(one) for one in shown]})

    async def _views(self, request: web.Request) -> web.Response:
        user = request.query.get("user", "")
        home = self._backend.views.home(user)
        stack = self._backend.views.stack(user)
        return web.json_response(
            {
                "home": _view(home) if home is not None else None,
                "modals": [_view(view) for view in stack],
            }
        )

    async def _calls(self, request: web.Request) -> web.Response:
        calls = self._backend.faults.calls_of(request.query.get("method", ""))
        return web.json_response({"calls": [asdict(call) for call in calls]}, dumps=_dumps)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        feed = self._backend.changes.subscribe()
        try:
            await response.write(b"data: hello\n\n")
            while True:
                try:
                    topics = await asyncio.wait_for(feed.next(), _KEEPALIVE_SECONDS)
                except TimeoutError:
                    topics = ["alive"]
                await response.write("".join(f"data: {one}\n\n" for one in topics).encode())
        except ConnectionError:
            return response
        finally:
            self._backend.changes.unsubscribe(feed)

    async def _post(self, body: Json) -> Json:
        message = await self._acting.post(
            body["user"], body["channel"], body["text"], body.get("thread_ts")
        )
        return self._message(message)

    async def _fault(self, body: Json) -> Json:
        self._backend.faults.add(Fault(**body))
        return body

    def _channel(self, channel: Channel) -> Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "topic": channel.topic,
            "kind": channel.kind,
            "archived": channel.archived,
            "bot": channel.bot_member,
            "dm_with": channel.dm_with,
            "members": len(channel.members),
            "latest": next(reversed(channel.messages), ""),
        }

    def _message(self, message: Message) -> Json:
        channel = self._backend.workspace.channels[message.channel]
        replies = self._backend.workspace.replies(channel, message.ts)
        return {
            **message.as_dict(with_metadata=False),
            "channel": message.channel,
            "bot": message.bot,
            "username": message.username,
            "icon": message.icon,
            "mrkdwn": message.mrkdwn,
            "updated": message.updated,
            "reply_count": len(replies),
            "repliers": list(dict.fromkeys(reply.user for reply in replies)),
            "latest_reply": replies[-1].ts if replies else "",
        }


def _view(view: View) -> Json:
    return {**view.as_dict(), "trouble": view.trouble}


def _shown(answer: Any) -> Any:
    if hasattr(answer, "__dataclass_fields__"):
        return asdict(answer)
    return answer if answer is not None else {}


def _error(sentence: str, status: int) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


def _dumps(value: Any) -> str:
    return json.dumps(value, default=str)
