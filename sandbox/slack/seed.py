"""Who and what is in the sandbox workspace at the start.

Ids are stable so that tests, configuration and screenshots can name them. Everything can be
replaced when a ``SlackSandbox`` is made.
"""

from __future__ import annotations

from dataclasses import dataclass

TEAM_ID = "T0SANDBOX1"
TEAM_NAME = "Migration Sandbox"
TEAM_DOMAIN = "migration-sandbox"
APP_ID = "A0MTCBOT01"
APP_NAME = "mtc-bot"
BOT_ID = "B0MTCBOT01"
BOT_USER_ID = "U0MTCBOT01"
BOT_TOKEN = "xoxb-sandbox-0000000000-bot"  # noqa: S105 - opens nothing but this sandbox
APP_TOKEN = "xapp-1-A0MTCBOT01-sandbox"  # noqa: S105 - opens nothing but this sandbox
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace; ``role`` is what the page shows beside the name."""

    id: str
    name: str
    real_name: str
    email: str
    role: str = ""
    locale: str = "en-US"
    tz: str = "Europe/London"
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A channel: who is in it, and whether the bot is."""

    id: str
    name: str
    topic: str = ""
    private: bool = False
    archived: bool = False
    bot_member: bool = True
    members: tuple[str, ...] = ()
    """Empty means everybody for a public channel, nobody for a private one."""


@dataclass(frozen=True, slots=True)
class Usergroup:
    """A named group of people, mentioned as ``<!subteam^S...>``."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class CommandHint:
    """One line of slash-command completion on the page.

    ``command`` is what is typed (``/mtc diagnose``); ``usage`` what follows (``<migration>``).
    ``description_zh`` is shown to people whose locale is Chinese.
    """

    command: str
    usage: str = ""
    description: str = ""
    description_zh: str = ""


@dataclass(frozen=True, slots=True)
class Seed:
    """The whole of it."""

    people: tuple[Person, ...]
    rooms: tuple[Room, ...]
    usergroups: tuple[Usergroup, ...]


OPERATOR = Person("U0OLIVIA01", "olivia", "Olivia Ortiz", "olivia@example.com", "Operator")
APPROVER = Person("U0AMIR0001", "amir", "Amir Patel", "amir@example.com", "Approver", admin=True)
VIEWER = Person("U0VERA0001", "vera", "Vera Lind", "vera@example.com", "Viewer")
MANAGER = Person(
    "U0WANG0001", "wangfang", "王芳", "wang.fang@example.com", "Manager", "zh-CN", "Asia/Shanghai"
)

DEFAULT_SEED = Seed(
    people=(OPERATOR, APPROVER, VIEWER, MANAGER),
    rooms=(
        Room("C0MIGRATE1", "migrations", "Migrations, their failures and what to do"),
        Room("C0GENERAL1", "general", "Everything else", bot_member=False),
        Room("C0OLDMOVE1", "wave-1-done", "Finished in spring", archived=True),
        Room(
            "C0WARROOM1",
            "migration-war-room",
            "When it burns",
            private=True,
            members=(OPERATOR.id, APPROVER.id, MANAGER.id),
        ),
        Room(
            "C0FINANCE1",
            "finance",
            "Not for bots",
            private=True,
            bot_member=False,
            members=(MANAGER.id,),
        ),
    ),
    usergroups=(
        Usergroup(
            "S0OPERATE1",
            "migration-operators",
            "Migration operators",
            (OPERATOR.id, APPROVER.id),
        ),
        Usergroup("S0APPROVE1", "migration-approvers", "Migration approvers", (APPROVER.id,)),
    ),
)

BOT_SCOPES = (
    "app_mentions:read,channels:history,channels:join,channels:read,chat:write,"
    "chat:write.customize,commands,files:read,files:write,groups:history,groups:read,"
    "groups:write,im:history,im:read,im:write,mpim:history,mpim:read,mpim:write,"
    "reactions:write,team:read,usergroups:read,users:read,users:read.email"
)
"""All the bot may need; ``chat:write.public`` is left out, so it must join before it posts."""
