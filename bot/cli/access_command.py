"""``mtc-bot access explain``: what the policy says about somebody, and why.

The same functions decide here as in the bot, so that an answer here is the bot's answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.access.cluster_identity import identity_of
from bot.access.deciding import Decision, Question, decide, needed, roles_of
from bot.access.people import Person
from bot.access.policy import Policy, PolicyError, load_policy
from bot.cli.terminal import choose, fail, language, out
from bot.cli.whole_help import WholeHelp
from bot.remediation.registry import ACTIONS

app = typer.Typer(no_args_is_help=True, cls=WholeHelp, help="Who may do what, and why.")


@app.callback()
def _access() -> None:
    """Who may do what, and why."""


@app.command("explain")
def explain(
    policy: Annotated[Path, typer.Option(help="The policy file.")],
    user: Annotated[str, typer.Option(help="Slack user id, as in U0AB12CD3.")],
    action: Annotated[str, typer.Option(help="Action, as in rerun-migration.")],
    plan: Annotated[str, typer.Option(help="MigPlan.")] = "",
    control: Annotated[str, typer.Option(help="Control cluster.")] = "",
    namespace: Annotated[
        list[str] | None, typer.Option(help="Namespace that is affected; may be repeated.")
    ] = None,
    email: Annotated[str, typer.Option(help="The user's e-mail address in Slack.")] = "",
    group: Annotated[
        list[str] | None, typer.Option(help="Slack user group of the user; may be repeated.")
    ] = None,
) -> None:
    """Say whether somebody may ask for an action, and may approve it; exit code 1 if not asked.

    The risk is the highest that the action can have.
    """
    try:
        rules = load_policy(policy)
    except PolicyError as error:
        fail(choose(language(), str(error), f"策略文件有误：{error}"))
    known = ACTIONS.get(action)
    if known is None:
        names = ", ".join(sorted(ACTIONS))
        fail(
            choose(
                language(),
                f"There is no action {action}. There are: {names}",
                f"没有操作 {action}。可用的有：{names}",
            )
        )
    person = Person(user, email.lower(), frozenset(group or ()))
    asked = Question(
        action, int(known.risk), control, plan, tuple(namespace or ()), known.destroys_data
    )
    now = datetime.now(UTC)
    asking = decide(rules, person, "request", asked, now)
    _say("request", asking)
    _say("approve", decide(rules, person, "approve", asked, now))
    _rest(rules, person, asked)
    if not asking.allowed:
        raise typer.Exit(1)


def _say(right: str, decision: Decision) -> None:
    lang = language()
    allowed = choose(lang, "allowed", "允许")
    word = allowed if decision.allowed else choose(lang, "denied", "拒绝")
    out.print(f"{right}: {word}: {decision.reason.get(lang)}", markup=False)
    for line in decision.trace:
        out.print(f"  {line}", markup=False)


def _rest(policy: Policy, person: Person, asked: Question) -> None:
    lang = language()
    needs = needed(policy, asked)
    own = choose(lang, "the requester may be one of them", "申请人可以是其中之一")
    alone = own if needs.requester_may else choose(lang, "not the requester", "不能是申请人")
    people = needs.people
    roles = ", ".join(roles_of(policy, person)) or choose(lang, "none", "无")
    identity = identity_of(person, policy.identity)
    nobody = choose(lang, "nobody: no action is possible", "无对应用户：不能执行任何操作")
    user = identity.user if identity is not None else nobody
    groups = f" ({', '.join(identity.groups)})" if identity is not None and identity.groups else ""
    for line in (
        choose(lang, f"approvals needed: {people} ({alone})", f"需要审批：{people}（{alone}）"),
        choose(lang, f"roles: {roles}", f"角色：{roles}"),
        choose(lang, f"on the clusters: {user}{groups}", f"在集群上的身份：{user}{groups}"),
    ):
        out.print(line, markup=False)


def register(parent: typer.Typer) -> None:
    """Add the commands to ``parent``."""
    parent.add_typer(app, name="access")
