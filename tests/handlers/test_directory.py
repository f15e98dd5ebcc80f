"""Who somebody is, as Slack says it now: what decisions about rights stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.access.people import DirectoryUnreachable
from handlers.clients import make_client
from handlers.directory import KEPT_SECONDS, SlackDirectory
from sandbox.slack import APPROVER, DEFAULT_SEED, OPERATOR, SlackSandbox

Ask = Callable[..., SlackDirectory]


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Answers(WebClient):
    """Slack's client, with one user whose record differs from the ordinary."""

    def __init__(self, real: WebClient, **differs: Any) -> None:
        super().__init__(real.token, base_url=real.base_url)
        self._differs = differs

    def users_info(self, **asked: Any) -> Any:
        answer = super().users_info(**asked)
        user = {**answer["user"], **self._differs}
        assert isinstance(answer.data, dict)
        answer.data["user"] = {key: value for key, value in user.items() if value is not None}
        return answer


@pytest.fixture
def sandbox() -> Iterator[SlackSandbox]:
    with SlackSandbox() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(sandbox: SlackSandbox, clock: Clock) -> SlackDirectory:
    return SlackDirectory(make_client(sandbox.bot_token, sandbox.api_url, 5), clock)


def differing(sandbox: SlackSandbox, **differs: Any) -> SlackDirectory:
    return SlackDirectory(Answers(make_client(sandbox.bot_token, sandbox.api_url), **differs))


def test_a_member_has_address_and_groups(directory: SlackDirectory) -> None:
    person = directory(APPROVER.id)
    assert person.trusted
    assert person.email == "amir@example.com"
    assert person.groups == {"S0OPERATE1", "S0APPROVE1"}


def test_a_group_that_was_switched_off_gives_nothing() -> None:
    off = tuple(replace(group, disabled=True) for group in DEFAULT_SEED.usergroups)
    with SlackSandbox(seed=replace(DEFAULT_SEED, usergroups=off)) as sandbox:
        directory = SlackDirectory(make_client(sandbox.bot_token, sandbox.api_url))
        assert directory(APPROVER.id).groups == frozenset()


@pytest.mark.parametrize(
    "flag", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"]
)
def test_guests_bots_and_those_who_left_are_not_trusted(sandbox: SlackSandbox, flag: str) -> None:
    assert not differing(sandbox, **{flag: True})(OPERATOR.id).trusted


def test_a_member_of_another_workspace_is_not_trusted(sandbox: SlackSandbox) -> None:
    assert not differing(sandbox, team_id="T0ELSEWHERE")(OPERATOR.id).trusted


def test_a_member_of_the_same_grid_who_is_in_this_workspace_is_trusted(
    sandbox: SlackSandbox,
) -> None:
    grid = {"id": "W0X", "teams": ["T0ELSEWHERE", "T0SANDBOX1"]}
    directory = differing(sandbox, team_id="T0ELSEWHERE", enterprise_user=grid)
    assert directory(OPERATOR.id).trusted


def test_the_bot_itself_is_not_trusted(directory: SlackDirectory) -> None:
    assert not directory("U0MTCBOT01").trusted


def test_an_address_that_nobody_confirmed_is_none(sandbox: SlackSandbox) -> None:
    assert differing(sandbox, is_email_confirmed=False)(OPERATOR.id).email == ""


@pytest.mark.parametrize("profile", [None, {}, {"email": None}, {"email": 7}, "olivia@example.com"])
def test_without_an_address_in_the_profile_there_is_none(
    sandbox: SlackSandbox, profile: Any
) -> None:
    assert differing(sandbox, profile=profile)(OPERATOR.id).email == ""


def test_an_id_that_nobody_has_is_nobody(directory: SlackDirectory) -> None:
    with pytest.raises(LookupError):
        directory("U0NOBODY01")


def test_an_answer_about_somebody_else_is_not_taken(sandbox: SlackSandbox) -> None:
    with pytest.raises(LookupError):
        differing(sandbox, id=APPROVER.id)(OPERATOR.id)


@pytest.mark.parametrize("method", ["users.info", "usergroups.list", "usergroups.users.list"])
@pytest.mark.parametrize("trouble", ["rate_limit", "fail", "drop_reply"])
def test_no_answer_is_not_a_yes(
    sandbox: SlackSandbox, directory: SlackDirectory, method: str, trouble: str
) -> None:
    if trouble == "fail":
        sandbox.fail(method, "internal_error")
    else:
        getattr(sandbox, trouble)(method)
    with pytest.raises(DirectoryUnreachable):
        directory(OPERATOR.id)
    assert directory(OPERATOR.id).trusted


def test_an_answer_is_kept_half_a_minute_at_most(
    sandbox: SlackSandbox, directory: SlackDirectory, clock: Clock
) -> None:
    for passed, asked in ((0.0, 1), (KEPT_SECONDS - 1, 1), (2.0, 2)):
        clock.now += passed
        directory(OPERATOR.id)
        assert len(sandbox.calls("users.info")) == asked
        assert len(sandbox.calls("usergroups.list")) == asked


def test_groups_are_asked_for_once_for_everybody(
    sandbox: SlackSandbox, directory: SlackDirectory
) -> None:
    directory(OPERATOR.id)
    directory(APPROVER.id)
    assert len(sandbox.calls("usergroups.list")) == 1
