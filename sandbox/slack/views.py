"""Modals and App Homes: who has which open, in what order, holding what.

Holds Slack's rules: a stack of three, hashes that guard against lost updates, external ids unique
in the team, and typed values that live on through an update only where block_id and action_id
stay the same.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.slack.changes import Changes
from sandbox.slack.element_state import Json, state_values
from sandbox.slack.errors import SlackError
from sandbox.slack.seed import APP_ID, BOT_ID, TEAM_ID
from sandbox.slack.storing import stored_blocks

STACK_DEPTH = 3


@dataclass(slots=True)
class View:
    """One modal or home of one person."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    typed: dict[str, dict[str, Json]] = field(default_factory=dict)
    trouble: str = ""
    """What the page shows when the app did not answer."""

    @property
    def kind(self) -> str:
        """modal or home."""
        return str(self.body["type"])

    @property
    def values(self) -> dict[str, dict[str, Json]]:
        """What its elements hold now."""
        return state_values(self.body["blocks"], self.typed)

    def as_dict(self) -> Json:
        """Return the view object of the Web API."""
        body = self.body
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": body["type"],
            "blocks": copy.deepcopy(body["blocks"]),
            "private_metadata": body.get("private_metadata", ""),
            "callback_id": body.get("callback_id", ""),
            "state": {"values": copy.deepcopy(self.values)},
            "hash": self.hash,
            "title": body.get("title")
            or {"type": "plain_text", "text": "View Title", "emoji": True},
            "clear_on_close": body.get("clear_on_close", False),
            "notify_on_close": body.get("notify_on_close", False),
            "close": body.get("close"),
            "submit": body.get("submit"),
            "previous_view_id": self.previous,
            "root_view_id": self.root,
            "app_id": APP_ID,
            "external_id": body.get("external_id", ""),
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }


class Views:
    """Every open modal and published home."""

    def __init__(
        self, clock: Callable[[], float], new_id: Callable[[str], str], changes: Changes
    ) -> None:
        """Start with nothing open."""
        self._clock = clock
        self._new_id = new_id
        self._changes = changes
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """Return this person's open modals, the one on top last."""
        return self._stacks.setdefault(user, [])

    def home(self, user: str) -> View | None:
        """Return this person's App Home, once published."""
        return self._homes.get(user)

    def get(self, view_id: str) -> View | None:
        """Return an open view."""
        return next((view for view in self._all() if view.id == view_id), None)

    def open(self, user: str, body: Json) -> View:
        """Show a modal in place of whatever this person has open."""
        self._check_external_id(body, None)
        view = self._new(user, body, None)
        self._stacks[user] = [view]
        return self._told(view)

    def push(self, user: str, above: str | None, body: Json) -> View:
        """Show a modal above one that is open.

        Raises ``SlackError``: not_found, push_limit_reached, duplicate_external_id.
        """
        stack = self.stack(user)
        if above is None or all(view.id != above for view in stack):
            raise SlackError("not_found")
        if len(stack) >= STACK_DEPTH:
            raise SlackError("push_limit_reached")
        self._check_external_id(body, None)
        view = self._new(user, body, stack[-1])
        stack.append(view)
        return self._told(view)

    def update(self, view: View, body: Json, expected_hash: str | None) -> View:
        """Change a view in place.

        Raises ``SlackError``: hash_conflict, duplicate_external_id.
        """
        self._check_hash(view, expected_hash)
        self._check_external_id(body, view)
        before = {block["block_id"]: block for block in view.body["blocks"]}
        view.body = self._stored(body)
        kept = {block["block_id"] for block in view.body["blocks"]} & set(before)
        view.typed = {block_id: view.typed[block_id] for block_id in kept & set(view.typed)}
        view.hash = self._hash()
        view.trouble = ""
        return self._told(view)

    def publish(self, user: str, body: Json, expected_hash: str | None) -> View:
        """Set this person's App Home.

        Raises ``SlackError``: hash_conflict, duplicate_external_id.
        """
        home = self._homes.get(user)
        if home is not None:
            self._check_hash(home, expected_hash)
            self._check_external_id(body, home)
            home.body = self._stored(body)
            home.hash = self._hash()
            home.typed = {}
        else:
            if expected_hash:
                raise SlackError("hash_conflict")
            self._check_external_id(body, None)
            home = self._homes[user] = self._new(user, body, None)
        return self._told(home)

    def find(self, view_id: str, external_id: str) -> View:
        """Return a view by one of its ids. Raises ``SlackError`` not_found."""
        for view in self._all():
            if view_id and view.id == view_id:
                return view
            if external_id and view.body.get("external_id") == external_id:
                return view
        raise SlackError("not_found")

    def close(self, view: View, *, whole_stack: bool = False) -> None:
        """Take a modal away, or the whole stack it stands in."""
        stack = self.stack(view.user)
        if whole_stack:
            stack.clear()
        else:
            stack[:] = [kept for kept in stack if kept is not view]
        self._changes.notify(f"view:{view.user}")

    def type_in(self, view: View, typed: Mapping[str, Mapping[str, Json]]) -> None:
        """Keep what a person filled in."""
        for block_id, actions in typed.items():
            view.typed.setdefault(block_id, {}).update(actions)

    def told(self, view: View) -> None:
        """Tell pages that a view looks different now."""
        self._told(view)

    def _told(self, view: View) -> View:
        self._changes.notify(f"{'home' if view.kind == 'home' else 'view'}:{view.user}")
        return view

    def _all(self) -> list[View]:
        return [*self._homes.values(), *(view for stack in self._stacks.values() for view in stack)]

    def _new(self, user: str, body: Json, below: View | None) -> View:
        view_id = self._new_id("V")
        return View(
            id=view_id,
            user=user,
            body=self._stored(body),
            hash=self._hash(),
            root=below.root if below is not None else view_id,
            previous=below.id if below is not None else None,
        )

    def _stored(self, body: Json) -> Json:
        return {**copy.deepcopy(body), "blocks": stored_blocks(body["blocks"])}

    def _hash(self) -> str:
        return f"{int(self._clock())}.{secrets.token_urlsafe(6)}"

    def _check_hash(self, view: View, expected: str | None) -> None:
        if expected and expected != view.hash:
            raise SlackError("hash_conflict")

    def _check_external_id(self, body: Json, itself: View | None) -> None:
        wanted = body.get("external_id")
        if not wanted:
            return
        for view in self._all():
            if view is not itself and view.body.get("external_id") == wanted:
                raise SlackError("duplicate_external_id")
