"""Decisions: may this person ask for it, may this person approve it, and why.

Pure functions of policy, person, question and time, so that ``access explain`` says exactly what
the bot itself goes by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

from bot.access.people import Person
from bot.access.policy import LEVELS, Approvals, Binding, Policy, Role
from knowledge.texts import LocalText

Right = Literal["request", "approve"]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to do, and to what."""

    action: str
    risk: int
    control: str
    plan: str = ""
    namespaces: tuple[str, ...] = ()
    destroys_data: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, in words, with the path that led to it."""

    allowed: bool
    reason: LocalText
    trace: tuple[str, ...] = ()
    """One line a binding or window looked at; for ``access explain``, English."""


def decide(
    policy: Policy,
    person: Person,
    right: Right,
    asked: Question,
    now: datetime,
    *,
    windows: bool = True,
) -> Decision:
    """Return whether ``person`` may request or approve what is asked, at ``now``.

    Without ``windows`` only rights are asked about, as for what has begun already.
    """
    trace: list[str] = []
    if not person.trusted:
        return Decision(
            False,
            LocalText(
                en="Guests, bots and deactivated users have no rights here.",
                zh="访客、机器人和已停用的用户在此没有任何权限。",
            ),
            ("the person is a guest, a bot, deactivated or of another workspace",),
        )
    granted = False
    for number, binding in enumerate(policy.bindings, 1):
        verdict = _binding_verdict(policy, binding, person, right, asked)
        trace.append(f"binding {number} ({binding.role}): {verdict or 'grants it'}")
        granted = granted or not verdict
    if not granted:
        return Decision(False, _no_role(right, asked), tuple(trace))
    if right == "request" and windows:
        blocked = _closed(policy, asked, now, trace)
        if blocked is not None:
            return Decision(False, blocked, tuple(trace))
    return Decision(True, LocalText(en="Allowed by policy.", zh="策略允许。"), tuple(trace))


def in_window(policy: Policy, asked: Question, now: datetime) -> Decision:
    """Return whether the windows let it happen at ``now``; asked again at execution."""
    trace: list[str] = []
    blocked = _closed(policy, asked, now, trace)
    allowed = LocalText(en="No window stands in the way.", zh="没有时间窗口限制。")
    return Decision(blocked is None, blocked or allowed, tuple(trace))


def may_read_audit(policy: Policy, person: Person) -> bool:
    """Return whether a role of the person may read the audit log."""
    return person.trusted and any(
        _is_for(b, person) and policy.role(b.role).audit for b in policy.bindings
    )


def sees(
    policy: Policy, person: Person, control: str, plan: str, namespaces: tuple[str, ...] = ()
) -> bool:
    """Return whether the person may be told the name of a target: any role that counts there.

    Where ``namespaces`` are given, one of them must be within the role's.
    """
    return person.trusted and any(
        _is_for(b, person)
        and _fits(control, b.control)
        and (not plan or _fits(plan, b.plans))
        and (not namespaces or any(_fits(name, b.namespaces) for name in namespaces))
        for b in policy.bindings
    )


def roles_of(policy: Policy, person: Person) -> tuple[str, ...]:
    """Return the names of the person's roles, wherever they count."""
    if not person.trusted:
        return ()
    return tuple(dict.fromkeys(b.role for b in policy.bindings if _is_for(b, person)))


def needed(policy: Policy, asked: Question) -> Approvals:
    """Return what it takes to approve: how many people, and whether the requester counts."""
    if asked.destroys_data:
        return policy.separation.data_destroyed
    by_risk = {1: policy.separation.R1, 2: policy.separation.R2, 3: policy.separation.R3}
    return by_risk.get(asked.risk, policy.separation.R1)


def _binding_verdict(
    policy: Policy, binding: Binding, person: Person, right: Right, asked: Question
) -> str:
    """Return why a binding does not grant it; empty where it does."""
    if not _is_for(binding, person):
        return "is not for this person"
    return _out_of_reach(policy, binding, right, asked)


def who_may_approve(policy: Policy, asked: Question) -> tuple[Binding, ...]:
    """Return the bindings by which somebody may approve it."""
    return tuple(b for b in policy.bindings if not _out_of_reach(policy, b, "approve", asked))


def _out_of_reach(policy: Policy, binding: Binding, right: Right, asked: Question) -> str:
    """Return why it is not what a binding grants, whoever has it; empty where it is."""
    role: Role = policy.role(binding.role)
    level = role.request if right == "request" else role.approve
    if LEVELS[level] < asked.risk:
        return f"lets {right} up to {level}, this is R{asked.risk}"
    if not _fits(asked.action, role.actions):
        return f"its role does not name the action {asked.action}"
    if not _fits(asked.control, binding.control):
        return f"does not count on control cluster {asked.control}"
    if asked.plan and not _fits(asked.plan, binding.plans):
        return f"does not count for plan {asked.plan}"
    if not asked.plan and binding.plans != ("*",):
        return "counts for certain plans only, and this has no plan"
    outside = [name for name in asked.namespaces if not _fits(name, binding.namespaces)]
    if outside:
        return f"does not count for namespace {outside[0]}"
    if not asked.namespaces and binding.namespaces != ("*",):
        return "counts for certain namespaces only, and this is not bound to any"
    return ""


def _is_for(binding: Binding, person: Person) -> bool:
    if person.id in binding.users or person.groups & set(binding.groups):
        return True
    return bool(person.email) and any(_email_fits(person.email, p) for p in binding.emails)


def _email_fits(email: str, pattern: str) -> bool:
    """Return whether an address fits; a ``*`` stands for the local part only, never a domain.

    Plain ASCII only: some letters beyond it become ASCII when lowered.
    """
    local, at, domain = email.lower().rpartition("@")
    wanted_local, _, wanted_domain = pattern.rpartition("@")
    if not at or "@" in local or not email.isascii():
        return False
    return domain == wanted_domain and fnmatchcase(local, wanted_local)


def _fits(value: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, glob) for glob in globs)


def _no_role(right: Right, asked: Question) -> LocalText:
    if right == "approve":
        return LocalText(
            en=f"None of your roles may approve {asked.action} (R{asked.risk}) there.",
            zh=f"您的角色均无权在此批准 {asked.action}（R{asked.risk}）。",
        )
    return LocalText(
        en=f"None of your roles may ask for {asked.action} (R{asked.risk}) there. "
        "Ask an administrator of this bot.",
        zh=f"您的角色均无权在此申请 {asked.action}（R{asked.risk}）。请联系本机器人的管理员。",
    )


def _closed(policy: Policy, asked: Question, now: datetime, trace: list[str]) -> LocalText | None:
    risk = f"R{asked.risk}"
    concerned = [w for w in policy.windows if risk in w.risks and _fits(asked.control, w.control)]
    for window in concerned:
        if window.kind == "freeze" and window.holds(now):
            trace.append(f"window {window.name}: frozen now")
            return LocalText(
                en=f"Frozen now by window “{window.name}”.", zh=f"当前处于冻结窗口“{window.name}”。"
            )
    allowing = [w for w in concerned if w.kind == "allow"]
    if allowing and not any(w.holds(now) for w in allowing):
        names = ", ".join(w.name for w in allowing)
        trace.append(f"windows {names}: none is open now")
        return LocalText(
            en=f"Only within the windows: {names}. None is open now.",
            zh=f"仅允许在以下窗口内进行：{names}。当前均未开放。",
        )
    return None
