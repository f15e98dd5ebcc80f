"""``SlackSandbox``: a strict Slack workspace in this process, for demos and tests.

The unmodified slack_sdk and slack_bolt talk to it over HTTP and WebSocket on loopback. Every
method here may be called from any thread; acts of people block until Slack would have an answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from sandbox.slack.backend import make_backend
from sandbox.slack.faults import Call, Fault
from sandbox.slack.seed import APP_TOKEN, BOT_SCOPES, BOT_TOKEN, DEFAULT_SEED, CommandHint, Seed
from sandbox.slack.server import Server, check_loopback
from sandbox.slack.settings import Timing
from sandbox.slack.socket_mode import Delivery, DisconnectReason

T = TypeVar("T")
Json = dict[str, Any]

_STATE_SECONDS = 10.0


class SlackSandbox:
    """A workspace one can start, act in, look at, and make fail."""

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        clock: Callable[[], float] = time.time,
        *,
        seed: Seed = DEFAULT_SEED,
        commands: Iterable[CommandHint] = (),
        timing: Timing | None = None,
        bot_token: str = BOT_TOKEN,
        app_token: str = APP_TOKEN,
        bot_scopes: Iterable[str] = tuple(BOT_SCOPES.split(",")),
    ) -> None:
        """Prepare a workspace; nothing listens yet.

        Raises ``ValueError`` for a host that is not loopback. ``clock`` gives unix seconds.
        """
        check_loopback(host)
        self.bot_token = bot_token
        self.app_token = app_token
        self._backend = make_backend(
            seed=seed,
            clock=clock,
            timing=timing or Timing(),
            commands=tuple(commands),
            bot_token=bot_token,
            app_token=app_token,
            bot_scopes=frozenset(bot_scopes),
        )
        self._server = Server(self._backend, host, port)

    def start(self) -> Self:
        """Listen. Raises ``OSError`` when the port is taken."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop listening; the state stays readable no longer."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"{self._backend.origin}/"

    @property
    def api_url(self) -> str:
        """For ``WebClient(base_url=...)``."""
        return f"{self._backend.origin}/api/"

    # Acts of people -------------------------------------------------------------------------

    def run_command(self, user: str, channel: str, line: str) -> Delivery:
        """Run a slash command, for example ``/mtc list``."""
        return self._wait(self._server.acting.command(user, channel, line))

    def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Delivery:
        """Use an element of a message; ``value`` names the option of a select or overflow."""
        return self._wait(
            self._server.acting.click(user, channel, ts, action_id, block_id=block_id, value=value)
        )

    def click_in_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
        values: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Delivery:
        """Use an element of a modal or App Home."""
        return self._wait(
            self._server.acting.click_in_view(
                user, view_id, action_id, block_id=block_id, value=value, given=values
            )
        )

    def submit_view(
        self, user: str, view_id: str, values: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Delivery:
        """Submit a modal with ``{block_id: {action_id: value}}``."""
        return self._wait(self._server.acting.submit(user, view_id, values or {}))

    def close_view(self, user: str, view_id: str, *, whole_stack: bool = False) -> Delivery:
        """Cancel a modal."""
        return self._wait(self._server.acting.close(user, view_id, whole_stack=whole_stack))

    def suggest(
        self, user: str, view_id: str, action_id: str, text: str, *, block_id: str | None = None
    ) -> list[Json]:
        """Type into an external select; return the options offered."""
        return self._wait(
            self._server.acting.suggest(user, view_id, action_id, text, block_id=block_id)
        )

    def suggest_in_message(
        self, user: str, channel: str, ts: str, action_id: str, text: str
    ) -> list[Json]:
        """Type into an external select of a message; return the options offered."""
        return self._wait(
            self._server.acting.suggest_in_message(user, channel, ts, action_id, text)
        )

    def open_home(self, user: str, tab: str = "home") -> Delivery:
        """Look at the App Home."""
        return self._wait(self._server.acting.open_home(user, tab))

    def use_shortcut(self, user: str, callback_id: str) -> Delivery:
        """Use a global shortcut."""
        return self._wait(self._server.acting.shortcut(user, callback_id))

    def post(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
        """Say something; mention the bot as ``<@U0MTCBOT01>``. Returns the message."""
        return self._wait(self._server.acting.post(user, channel, text, thread_ts)).as_dict()

    # Trouble on demand ----------------------------------------------------------------------

    def rate_limit(self, method: str, times: int = 1, retry_after: float = 1.0) -> None:
        """Answer the next calls with 429 and Retry-After (whole seconds)."""
        self._trouble(Fault("rate_limit", method, times, seconds=retry_after))

    def hang(self, method: str, seconds: float, times: int = 1) -> None:
        """Hold the next calls this long before doing what they ask."""
        self._trouble(Fault("hang", method, times, seconds=seconds))

    def fail(self, method: str, error: str, times: int = 1) -> None:
        """Refuse the next calls with this error code, doing nothing."""
        self._trouble(Fault("fail", method, times, error=error))

    def http_error(self, status: int, method: str = "*", times: int = 1) -> None:
        """Answer the next calls with this HTTP status, doing nothing."""
        self._trouble(Fault("http_error", method, times, status=status))

    def drop_reply(self, method: str, times: int = 1) -> None:
        """Do what the next calls ask, then cut the connection in place of the answer."""
        self._trouble(Fault("drop_reply", method, times))

    def drop_request(self, method: str, times: int = 1) -> None:
        """Cut the connection of the next calls, doing nothing."""
        self._trouble(Fault("drop_request", method, times))

    def clear_faults(self) -> None:
        """Forget trouble that has not come yet."""
        self._ask(self._backend.faults.clear)

    def redeliver(self, envelope: Json) -> Delivery:
        """Send an envelope once more, unchanged, as Slack does at times even after an ack."""
        return self._wait(self._backend.sockets.redeliver(envelope))

    def drop_sockets(self) -> int:
        """Cut every Socket Mode connection without a word; return how many."""
        return self._wait(self._backend.sockets.drop())

    def disconnect(self, reason: DisconnectReason = "refresh_requested") -> int:
        """Send a disconnect frame to every connection; return how many."""
        return self._wait(self._backend.sockets.disconnect(reason))

    # Looking --------------------------------------------------------------------------------

    @property
    def connections(self) -> int:
        """How many Socket Mode connections are open."""
        return self._backend.sockets.connected

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """Return all messages of a channel, or of one thread, oldest first, metadata included."""

        def look() -> list[Json]:
            kept = self._backend.workspace.channels[channel].messages.values()
            return [
                message.as_dict()
                for message in kept
                if thread_ts is None or message.root == thread_ts
            ]

        return self._ask(look)

    def ephemerals(self, user: str, channel: str | None = None) -> list[Json]:
        """Return what only this person sees, oldest first, with its ``channel``."""

        def look() -> list[Json]:
            return [
                {**message.as_dict(), "channel": message.channel}
                for kept in self._backend.workspace.channels.values()
                for message in kept.ephemerals
                if message.visible_to == user and channel in (None, kept.id)
            ]

        return sorted(self._ask(look), key=lambda message: str(message["ts"]))

    def views(self, user: str) -> list[Json]:
        """Return this person's open modals, the one on top last."""
        return self._ask(lambda: [view.as_dict() for view in self._backend.views.stack(user)])

    def home(self, user: str) -> Json | None:
        """Return this person's App Home, None when never published."""

        def look() -> Json | None:
            view = self._backend.views.home(user)
            return view.as_dict() if view is not None else None

        return self._ask(look)

    def calls(self, method: str = "") -> list[Call]:
        """Return the Web API calls of a method, or all, oldest first."""
        return self._ask(lambda: self._backend.faults.calls_of(method))

    def envelopes(self) -> list[Json]:
        """Return every Socket Mode envelope sent, oldest first."""
        return self._ask(lambda: list(self._backend.sockets.envelopes))

    def dm(self, user: str) -> str:
        """Return the id of this person's direct messages with the bot."""
        return "D" + user[1:]

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 5.0) -> T:
        """Return the first true value of the predicate, asked again at every change.

        Raises ``TimeoutError``.
        """
        return self._backend.changes.wait_for(predicate, timeout)

    def wait_connected(self, connections: int = 1, timeout: float = 10.0) -> None:
        """Wait until that many sockets are open. Raises ``TimeoutError``."""
        self.wait_for(lambda: self.connections >= connections, timeout)

    # ----------------------------------------------------------------------------------------

    def _trouble(self, fault: Fault) -> None:
        self._ask(lambda: self._backend.faults.add(fault))

    def _ask(self, look: Callable[[], T]) -> T:
        async def work() -> T:
            return look()

        return asyncio.run_coroutine_threadsafe(work(), self._server.loop).result(_STATE_SECONDS)

    def _wait(self, act: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(act, self._server.loop).result()
