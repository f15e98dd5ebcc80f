"""auth.test, apps.connections.open, users.*, usergroups.*, bots.info, team.info: who is who."""

from __future__ import annotations

from typing import Any

from sandbox.slack.backend import Backend
from sandbox.slack.errors import SlackError
from sandbox.slack.seed import (
    APP_ID,
    APP_NAME,
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Person,
    Usergroup,
)
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.web.methods import Answer, method
from sandbox.slack.web.paging import next_cursor, page


@method("api.test", kind="either")
def api_test(backend: Backend, arguments: Arguments) -> Answer:
    """Answer with what came."""
    error = arguments.string("error")
    if error:
        raise SlackError(error)
    return {"args": {name: arguments[name] for name in arguments}}


@method("auth.test", kind="either")
def auth_test(backend: Backend, arguments: Arguments) -> Answer:
    """Say whose token this is."""
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": APP_NAME.replace("-", ""),
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", kind="app", post_only=True)
def open_connection(backend: Backend, arguments: Arguments) -> Answer:
    """Give a WebSocket address for one connection."""
    address = backend.origin.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={backend.sockets.ticket()}&app_id={APP_ID}"}


@method("users.list", scopes=("users:read",))
def list_users(backend: Backend, arguments: Arguments) -> Answer:
    """List everybody, the bot included."""
    locale = arguments.boolean("include_locale")
    members = [_user(backend, person, locale) for person in backend.workspace.people.values()]
    shown, cursor = page([*members, _bot_user(backend)], arguments, default=200, most=1000)
    return {"members": shown, "cache_ts": int(backend.clock()), **next_cursor(cursor)}


@method("users.info", scopes=("users:read",))
def user_info(backend: Backend, arguments: Arguments) -> Answer:
    """Show one person."""
    (user,) = arguments.required("user")
    if user == BOT_USER_ID:
        return {"user": _bot_user(backend)}
    person = backend.workspace.people.get(user)
    if person is None:
        raise SlackError("user_not_found")
    return {"user": _user(backend, person, arguments.boolean("include_locale"))}


@method("users.lookupByEmail", scopes=("users:read.email",))
def lookup_by_email(backend: Backend, arguments: Arguments) -> Answer:
    """Find a person by address."""
    (email,) = arguments.required("email")
    for person in backend.workspace.people.values():
        if person.email.lower() == email.lower():
            return {"user": _user(backend, person, False)}
    raise SlackError("users_not_found")


@method("usergroups.list", scopes=("usergroups:read",))
def list_usergroups(backend: Backend, arguments: Arguments) -> Answer:
    """List user groups."""
    with_users = arguments.boolean("include_users")
    with_count = arguments.boolean("include_count")
    disabled = arguments.boolean("include_disabled")
    return {
        "usergroups": [
            _usergroup(group, with_users, with_count)
            for group in backend.workspace.usergroups.values()
            if disabled or not group.disabled
        ]
    }


@method("usergroups.users.list", scopes=("usergroups:read",))
def usergroup_users(backend: Backend, arguments: Arguments) -> Answer:
    """List the members of one user group."""
    (usergroup,) = arguments.required("usergroup")
    group = backend.workspace.usergroups.get(usergroup)
    if group is None or (group.disabled and not arguments.boolean("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


@method("bots.info", scopes=("users:read",))
def bot_info(backend: Backend, arguments: Arguments) -> Answer:
    """Show the bot."""
    bot = arguments.string("bot", BOT_ID)
    if bot != BOT_ID:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": BOT_ID,
            "deleted": False,
            "name": APP_NAME,
            "updated": int(backend.clock()),
            "app_id": APP_ID,
            "user_id": BOT_USER_ID,
            "icons": {},
        }
    }


@method("team.info", scopes=("team:read",))
def team_info(backend: Backend, arguments: Arguments) -> Answer:
    """Show the workspace."""
    return {
        "team": {
            "id": TEAM_ID,
            "name": TEAM_NAME,
            "domain": TEAM_DOMAIN,
            "email_domain": "example.com",
            "icon": {"image_default": True},
        }
    }


def _user(backend: Backend, person: Person, locale: bool) -> dict[str, Any]:
    profile = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "title": person.role,
        "team": TEAM_ID,
    }
    if "users:read.email" in backend.bot_scopes:
        profile["email"] = person.email
    shown: dict[str, Any] = {
        "id": person.id,
        "team_id": TEAM_ID,
        "name": person.name,
        "deleted": False,
        "real_name": person.real_name,
        "tz": person.tz,
        "profile": profile,
        "is_admin": person.admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": int(backend.clock()),
    }
    if locale:
        shown["locale"] = person.locale
    return shown


def _bot_user(backend: Backend) -> dict[str, Any]:
    return {
        "id": BOT_USER_ID,
        "team_id": TEAM_ID,
        "name": APP_NAME.replace("-", ""),
        "deleted": False,
        "real_name": APP_NAME,
        "profile": {"real_name": APP_NAME, "bot_id": BOT_ID, "api_app_id": APP_ID, "team": TEAM_ID},
        "is_admin": False,
        "is_bot": True,
        "is_app_user": False,
        "updated": int(backend.clock()),
    }


def _usergroup(group: Usergroup, with_users: bool, with_count: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_delete": 1 if group.disabled else 0,
        "prefs": {"channels": [], "groups": []},
    }
    if with_users:
        shown["users"] = list(group.members)
    if with_count:
        shown["user_count"] = len(group.members)
    return shown
