"""views.*: opening, pushing and changing modals, publishing App Homes."""

from __future__ import annotations

from typing import Any

from sandbox.slack.backend import Backend
from sandbox.slack.blocks import check
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.triggers import Trigger
from sandbox.slack.views import View
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.web.methods import Answer, method


@method("views.open")
def open_view(backend: Backend, arguments: Arguments) -> Answer:
    """Show a modal to whoever's trigger this is."""
    trigger, body = _triggered(backend, arguments)
    return _answer(backend.views.open(trigger.user, body))


@method("views.push")
def push_view(backend: Backend, arguments: Arguments) -> Answer:
    """Show a modal above the one the trigger came from."""
    trigger, body = _triggered(backend, arguments)
    return _answer(backend.views.push(trigger.user, trigger.view_id, body))


@method("views.update")
def update_view(backend: Backend, arguments: Arguments) -> Answer:
    """Change an open view."""
    view_id, external_id = arguments.string("view_id"), arguments.string("external_id")
    if not view_id and not external_id:
        raise invalid_arguments("missing required field: view_id")
    given = _given_view(arguments)
    view = backend.views.find(view_id, external_id)
    body = check.view(given, kinds=(("home" if view.kind == "home" else "modal"),))
    return _answer(backend.views.update(view, body, arguments.string("hash") or None))


@method("views.publish")
def publish_view(backend: Backend, arguments: Arguments) -> Answer:
    """Set somebody's App Home."""
    (user,) = arguments.required("user_id")
    given = _given_view(arguments)
    if user not in backend.workspace.people:
        raise invalid_arguments("invalid user_id [json-pointer:/user_id]")
    if not backend.workspace.home_tab:
        raise SlackError("not_enabled")
    body = check.view(given, kinds=("home",))
    return _answer(backend.views.publish(user, body, arguments.string("hash") or None))


def _triggered(backend: Backend, arguments: Arguments) -> tuple[Trigger, dict[str, Any]]:
    trigger_id = arguments.string("trigger_id")
    given = _given_view(arguments)
    if not trigger_id:
        raise invalid_arguments("missing required field: trigger_id")
    body = check.view(given, kinds=("modal",))
    return backend.triggers.spend(trigger_id), body


def _given_view(arguments: Arguments) -> Any:
    arguments_view = arguments.json("view", "invalid_arguments")
    if arguments_view is None:
        raise invalid_arguments("missing required field: view")
    return arguments_view


def _answer(view: View) -> Answer:
    return {"view": view.as_dict()}
