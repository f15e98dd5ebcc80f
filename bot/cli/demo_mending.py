"""A scenario's way out, walked through Slack by people with different rights.

For each fix: the operator types ``/mtc fix``, presses the button, fills in the form; others press
Approve on the card (and type what they compared); the runner does it, the sandbox's MTC reacts,
and the card must turn to Verified. At the end the migrations named must have succeeded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.cli.composing import Bot
from bot.mtc.outcome_words import Word
from bot.store.approval_records import Approval
from handlers.forms import block_id
from handlers.services import Remediation
from handlers.views.actions import Form, RequestAction
from handlers.views.words import say
from sandbox.playing.player import Player
from sandbox.scenarios.schema import Fix, Scenario
from sandbox.slack import APPROVER, MANAGER, OPERATOR, SlackSandbox

_SECONDS = 60.0
_STEP = 2.0
_MOST_STEPS = 400
_GOOD = (Word.SUCCEEDED, Word.SUCCEEDED_WITH_WARNINGS, Word.ROLLED_BACK)


class _Stuck(Exception):
    """The way out goes no further; ``str()`` says where."""


def mend(
    scenario: Scenario, player: Player, bot: Bot, slack: SlackSandbox, channel: str
) -> list[str]:
    """Walk the way out; return what went wrong, nothing if it led out."""
    if bot.remediation is None:
        return ["remediation is off"]
    walk = _Walk(scenario, player, bot, bot.remediation, slack, channel)
    try:
        for fix in scenario.expect.fix:
            walk.fix(fix)
        for name in scenario.expect.mended:
            walk.until_succeeded(name)
    except _Stuck as stuck:
        return [str(stuck)]
    except TimeoutError:
        return [f"{walk.at}: Slack did not show it in time"]
    return []


class _Walk:
    def __init__(
        self,
        scenario: Scenario,
        player: Player,
        bot: Bot,
        remediation: Remediation,
        slack: SlackSandbox,
        channel: str,
    ) -> None:
        self._scenario = scenario
        self._player = player
        self._bot = bot
        self._remediation = remediation
        self._slack = slack
        self._channel = channel
        self.at = ""

    def fix(self, fix: Fix) -> None:
        self.at = fix.action
        request = self._ask(fix)
        self._post()
        for person in (APPROVER, MANAGER)[: request.people_needed]:
            self._approve(request, person.id)
        self._until(lambda: self._judged(request.id))

    def until_succeeded(self, name: str) -> None:
        self.at = name

        def ended() -> bool:
            outcome = self._bot.questions.status(name).row.outcome
            if outcome.ended and outcome.word not in _GOOD:
                raise _Stuck(f"{name} ended “{outcome.word}”")
            return outcome.ended

        self._until(ended)

    def _ask(self, fix: Fix) -> Approval:
        before = {each.id for each in self._remediation.approvals.open()}
        target = self._scenario.expect.target
        offered = self._offered(fix, target)
        if offered is not None:
            self._slack.click(OPERATOR.id, self._channel, *offered)
        else:  # what is not suggested (any more) can be asked for by name
            line = f"/mtc fix {fix.target or target} {fix.action}"
            self._slack.run_command(OPERATOR.id, self._channel, line)
        view = self._view(OPERATOR.id, Form.PARAMS)
        values = {block_id(name): {"value": _text(v)} for name, v in fix.params.items()}
        delivery = self._slack.submit_view(OPERATOR.id, view["id"], values)
        if delivery.error or delivery.errors:
            raise _Stuck(f"{fix.action}: the form says {delivery.error or delivery.errors}")
        opened = self._slack.wait_for(lambda: self._told(OPERATOR.id), _SECONDS)
        new = [each for each in self._remediation.approvals.open() if each.id not in before]
        if not new:
            raise _Stuck(f"{fix.action} was refused: {opened}")
        self._slack.close_view(OPERATOR.id, view["id"])
        return new[0]

    def _offered(self, fix: Fix, target: str) -> tuple[str, str] | None:
        """Return the answer to ``/mtc fix`` and the button in it that asks for this fix."""
        seen = len(self._slack.ephemerals(OPERATOR.id))
        self._slack.run_command(OPERATOR.id, self._channel, f"/mtc fix {target}")

        def answer() -> dict[str, Any] | None:
            told = self._slack.ephemerals(OPERATOR.id)[seen:]
            return next((m for m in told if say("en", "working") not in str(m)), None)

        message = self._slack.wait_for(answer, _SECONDS) or {}
        for block in message.get("blocks", ()):
            for element in block.get("elements", ()):
                if str(element.get("value", "")).startswith(f"{fix.action}|"):
                    return str(message["ts"]), str(element["action_id"])
        return None

    def _approve(self, request: Approval, person: str) -> None:
        posted = self._known(request.id)
        have = len(posted.approvers)
        self._slack.click(person, self._channel, posted.message_ts, RequestAction.APPROVE)
        prints = posted.plan.get("compare") or ()
        if prints:
            view = self._view(person, Form.COMPARE)
            values = {block_id("compare"): {"value": " ".join(prints)}}
            self._slack.submit_view(person, view["id"], values)
        try:
            self._slack.wait_for(lambda: len(self._known(request.id).approvers) > have, _SECONDS)
        except TimeoutError:
            raise _Stuck(f"{request.action}: {person} could not approve") from None

    def _judged(self, request_id: str) -> bool:
        request = self._known(request_id)
        if request.state in ("failed", "stale") or request.verdict == "not-fixed":
            raise _Stuck(f"{request.action}: {request.verdict or request.state}, {request.outcome}")
        return request.verdict == "verified"

    def _until(self, reached: Callable[[], bool]) -> None:
        loop = self._bot.remedies
        for _ in range(_MOST_STEPS):
            if reached():
                self._bot.watcher.run_once()
                self._post()
                return
            self._player.advance(_STEP)
            if loop is not None:
                loop.run_once()
            self._post()
        raise _Stuck(f"{self.at}: nothing came of it")

    def _view(self, person: str, form: Form) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            views = self._slack.views(person)
            return next((v for v in views if v.get("callback_id") == form.value), None)

        found = self._slack.wait_for(look, _SECONDS)
        if found is None:
            raise _Stuck(f"{self.at}: no form opened")
        return found

    def _told(self, person: str) -> str:
        """Return what a form says once it has an answer."""
        for view in self._slack.views(person):
            text = str(view["blocks"])
            waiting = any(say("en", key) in text for key in ("form.reading", "form.working"))
            if not view.get("submit") and not waiting:
                return text
        return ""

    def _known(self, request_id: str) -> Approval:
        found = self._remediation.approvals.get(request_id)
        if found is None:
            raise _Stuck(f"{self.at}: the request is gone")
        return found

    def _post(self) -> None:
        while self._bot.poster.drain_once():
            continue


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
