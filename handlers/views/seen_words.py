"""What was seen of a fix, in Chinese: the bot records it in English, for the audit and for all.

A sentence of ours becomes a Chinese one here, names and MTC's own words kept; a cluster's own
words stay as they are. A test holds this to the sentences that are recorded.
"""

from __future__ import annotations

import re

from bot.mtc.outcome_words import Word
from bot.store.approval_records import Approval
from handlers.views.words import name_of
from knowledge.texts import Lang

_WORDS = "|".join(re.escape(word) for word in sorted(Word, key=len, reverse=True))
_ENDED = re.compile(rf"(?P<name>\S+): (?P<word>{_WORDS})(?P<rest>(?:, \S+(?: \(\d+/\d+\))?)?)")

_SENTENCES = tuple(
    (re.compile(english, re.DOTALL), chinese)
    for english, chinese in (
        # Around other sentences
        (
            r"(?P<why>.+); what came before it was done and stays \(steps 1 to (?P<a>\d+)\)",
            "{why}；此前的步骤（1 至 {a}）已执行并保留",
        ),
        (
            r"(?P<why>.+); it was begun before, look whether it had an effect",
            "{why}；此前已开始执行，请确认是否已生效",
        ),
        (r"step (?P<a>\d+) of (?P<b>\d+) failed: (?P<why>.+)", "第 {a}/{b} 步失败：{why}"),
        (r"did not come about in time: (?P<a>.+)", "未在期限内达到：{a}"),
        (r"not in time: (?P<why>.+)", "未在期限内：{why}"),
        (r"the requester may not any more: (?P<a>.+)", "申请人已无权执行：{a}"),
        # Runs
        (r"(?P<why>.+), yet (?P<a>.+)", "{why}，但 {a}"),
        (r"(?P<why>.+); on the destination (?P<more>.+)", "{why}；在目标集群上，{more}"),
        (r"(?P<a>.+) is still stopped", "{a} 仍未启动"),
        (r"(?P<a>.+) has pods that are not ready", "{a} 有 pod 未就绪"),
        (r"(?P<a>.+) is not bound", "{a} 未绑定"),
        (r"(?P<a>.+): image streams failed", "{a}：部分镜像流复制失败"),
        (r"(?P<a>.+) ended before it could be canceled", "{a} 在取消之前已结束"),
        (
            r"migration (?P<a>\S+) did not succeed; nothing after it is done",
            "迁移 {a} 未成功，后续步骤不再执行",
        ),
        # Objects and workloads
        (r"all (?P<a>\d+) change\(s\) are there", "{a} 项更改均已生效"),
        (r"(?P<a>.+) is still there", "{a} 仍存在"),
        (r"(?P<a>.+) is not as it was set", "{a} 与所设置的不符"),
        (r"(?P<a>.+): not Ready yet", "{a}：尚未就绪"),
        (
            r"the applications of plan (?P<a>\S+) run on (?P<b>\S+)",
            "计划 {a} 的应用已在 {b} 上运行",
        ),
        (r"still stopped: (?P<a>.+)", "仍未启动：{a}"),
        (r"starting: (?P<a>.+)", "正在启动：{a}"),
        (r"(?P<a>.+): rolled out", "{a}：已完成滚动更新"),
        (r"(?P<a>.+): rolling out", "{a}：正在滚动更新"),
        (r"(?P<a>.+): waiting", "{a}：等待中"),
        (r"the operator failed: (?P<a>.+)", "operator 执行失败：{a}"),
        (r"operator on (?P<a>.+): working", "{a} 上的 operator 正在处理"),
        (r"operator on (?P<a>.+): Successful", "{a} 上的 operator 已完成"),
        (
            r"velero on (?P<a>\S+) does not run with (?P<b>\S+) yet",
            "{a} 上的 velero 尚未以 {b} 运行",
        ),
        (
            r"velero on (?P<a>\S+) waits (?P<b>\S+) for volumes",
            "{a} 上的 velero 等待卷的时长为 {b}",
        ),
        (r"Velero prepares the results", "Velero 正在准备结果"),
        (r"ready: (?P<a>.+)", "已就绪：{a}"),
        # What has changed meanwhile
        (r"(?P<a>.+) is gone", "{a} 已不存在"),
        (r"(?P<a>.+) was deleted and made anew", "{a} 已被删除并重建"),
        (r"(?P<a>.+) was changed since the plan was made", "制定计划之后 {a} 已变化"),
        (r"(?P<a>.+) exists and was made by somebody else", "{a} 已存在，由他人创建"),
        (r"(?P<a>.+) has started since the plan was made", "制定计划之后 {a} 已开始运行"),
        (
            r"(?P<a>.+) changes faster than it can be (?:deleted|patched)",
            "{a} 变化过于频繁，无法更改",
        ),
        # Decisions and rights
        (r"the check itself failed; see the log", "检查本身出错，详见日志"),
        (r"an unexpected error; see the log", "发生意外错误，详见日志"),
        (r"the deadline has passed", "已超过期限"),
        (r"nobody decided in time", "无人及时处理"),
        (
            r"nothing can be written on (?P<a>\S+): remediation is off",
            "无法写入 {a}：修复功能已关闭",
        ),
        (r"secret (?P<a>.+) has no (?P<b>.+)", "secret {a} 中没有 {b}"),
        (
            r"control cluster (?P<a>\S+) is no longer configured",
            "控制集群 {a} 已不在配置中",
        ),
        (
            r"the requester is somebody else on the clusters now",
            "申请人在集群上的身份已变化",
        ),
        (
            r"one of those who decided is no longer a member of the workspace",
            "参与决定的人员中有人已不在工作区",
        ),
        (
            r"a record of this request in the audit was altered",
            "审计中关于该申请的记录已被篡改",
        ),
        (
            r"the audit does not know this request as it stands in the database",
            "审计中没有与数据库一致的该申请",
        ),
        (r"the audit does not know one of the approvals", "审计中没有其中一个批准的记录"),
        (r"an approver may not approve it any more \((?P<a>.+)\)", "批准人 {a} 已无权批准"),
        (
            r"policy asks for (?P<a>\d+) approval\(s\), there are (?P<b>\d+) that count",
            "策略要求 {a} 个批准，有效的只有 {b} 个",
        ),
        (r"(?P<a>\S+) may not (?P<b>.+) on (?P<c>\S+)", "{a} 无权在 {c} 上执行 {b}"),
    )
)
_DEEPEST = 4


def outcome_of(approval: Approval, lang: Lang) -> str:
    """Return what became of a request, in a language; empty where nothing is recorded yet."""
    if lang == "zh" and approval.outcome_zh:
        return approval.outcome_zh
    return seen(approval.outcome, lang)


def seen(text: str, lang: Lang, depth: int = 0) -> str:
    """Return what was recorded of a fix, in a language."""
    if lang != "zh" or depth > _DEEPEST:
        return text
    ended = _ENDED.fullmatch(text)
    if ended:
        return f"{ended['name']}：{name_of(lang, 'outcome', ended['word'])}{ended['rest']}"
    for english, chinese in _SENTENCES:
        found = english.fullmatch(text)
        if found:
            parts = found.groupdict()
            inner = {k: seen(v, lang, depth + 1) for k, v in parts.items() if k in ("why", "more")}
            return chinese.format_map({**parts, **inner})
    return text
