"""Every sentence the bot says in Slack, in English and Simplified Chinese, side by side.

MTC's own strings (phases, conditions, kinds, log lines) never stand here: they are shown as MTC
wrote them. Placeholders are the same in both languages; a test holds this.
"""

from __future__ import annotations

from handlers.views.remedy_words import REMEDY_CATALOGUE
from handlers.views.trouble_words import TROUBLE_CATALOGUE
from knowledge.texts import Lang

CATALOGUE: dict[str, tuple[str, str]] = {
    # Outcomes: our words for what became of a migration
    "outcome.running": ("running", "运行中"),
    "outcome.waiting": ("waiting", "等待中"),
    "outcome.blocked": ("blocked", "被阻塞"),
    "outcome.stalled": ("stalled", "停滞"),
    "outcome.succeeded": ("succeeded", "成功"),
    "outcome.succeeded with warnings": ("succeeded with warnings", "成功但有警告"),
    "outcome.failed": ("failed", "失败"),
    "outcome.canceled": ("canceled", "已取消"),
    "outcome.rolled back": ("rolled back", "已回滚"),
    "outcome.succeeded but volumes were not copied": (
        "succeeded but volumes were not copied",
        "显示成功，但卷数据没有复制",
    ),
    "outcome.source workloads left scaled to zero": (
        "source workloads left scaled to zero",
        "源端工作负载仍缩容为零",
    ),
    "outcome.ready": ("ready", "就绪"),
    "severity.critical": ("critical", "严重"),
    "severity.error": ("error", "错误"),
    "severity.warning": ("warning", "警告"),
    "severity.info": ("information", "提示"),
    "step.done": ("done", "已完成"),
    "step.running": ("running", "进行中"),
    "step.failed": ("failed", "失败"),
    "step.skipped": ("skipped", "已跳过"),
    "step.waiting": ("waiting", "未开始"),
    "in_brackets": (" ({text})", "（{text}）"),
    "cluster.host": ("on the control cluster", "在控制集群上"),
    "cluster.source": ("on the source cluster", "在源集群上"),
    "cluster.destination": ("on the destination cluster", "在目标集群上"),
    "cluster.both": ("on both clusters", "在两个集群上"),
    "cluster.workstation": ("on your workstation", "在您的工作站上"),
    # Labels
    "label.object": ("Where the cause lies", "原因所在"),
    "label.plan": ("Plan", "迁移计划"),
    "label.outcome": ("Outcome", "结果"),
    "label.phase": ("Phase", "阶段"),
    "label.since": ("Since", "开始时间"),
    "label.members": ("Migrations held up ({n})", "受影响的迁移（{n}）"),
    "label.recovered": ("Going on again ({n})", "已恢复（{n}）"),
    "label.state": ("State", "状态"),
    "label.clusters": ("From → to", "源 → 目标"),
    "label.namespaces": ("Namespaces ({n})", "命名空间（{n}）"),
    "label.control": ("Control cluster", "控制集群"),
    "label.progress": ("Progress", "进度"),
    "label.created": ("Created", "创建于"),
    "label.reported": ("What MTC reports", "MTC 报告的内容"),
    "label.proof": ("Proof", "证据"),
    "label.todo": ("What to do", "处理步骤"),
    "label.verify": ("How to see that it worked", "如何确认已解决"),
    "label.explains": ("It explains", "由此导致"),
    "label.others": ("Also wrong", "同时存在的问题"),
    "label.beside": (
        "It ails the application; how the migration fares does not depend on it.",
        "这是应用自身的问题，与迁移的结果无关。",
    ),
    "label.harmless": ("Harmless here", "此处无害"),
    "label.not_read": ("Could not be read", "未能读取"),
    "label.sources": ("Source: {sources}", "来源：{sources}"),
    "label.timeline": ("What happened so far", "经过"),
    "label.tags": ("Also found under: {tags}", "相关词：{tags}"),
    "labelled": ("{label}: {value}", "{label}：{value}"),
    "more": ("and {n} more", "另有 {n} 个"),
    "left_out": (
        "Cut to what Slack shows in one message. All of it: {command}",
        "Slack 单条消息放不下全部内容。完整内容：{command}",
    ),
    # The card
    "card.resolved": ("Resolved: {title}", "已解决：{title}"),
    "card.steps_below": (
        "Proof and ready commands are in the thread below.",
        "证据和可直接复制的命令见下方消息串。",
    ),
    "card.notice": (
        "{severity}: {title} ({object}, control cluster {control})",
        "{severity}：{title}（{object}，控制集群 {control}）",
    ),
    "card.telling": ("What tells most", "最有价值的线索"),
    "card.down": (
        "The application is down: MTC left its source workloads scaled to zero.",
        "应用当前不可用：MTC 将源端工作负载缩容为零后没有恢复。",
    ),
    "card.not_copied": (
        "MTC says it succeeded, but volume data was not copied. Do not delete the source.",
        "MTC 显示成功，但卷数据没有复制。请勿删除源端数据。",
    ),
    "card.footer": (
        "{severity} · {entry} · control cluster {control} · incident {id}",
        "{severity} · {entry} · 控制集群 {control} · 事件 {id}",
    ),
    "state.open": ("Open: nobody has acknowledged it", "待处理：尚无人确认"),
    "state.acknowledged": ("Acknowledged", "已确认"),
    "state.by": ("Acknowledged by {user}", "由 {user} 确认"),
    "state.resolved": ("Resolved", "已解决"),
    "state.silenced": ("{state}, silenced until {until}", "{state}，静默至 {until}"),
    "button.acknowledge": ("Acknowledge", "确认"),
    "button.details": ("Details", "详情"),
    "button.silence_1h": ("Silence 1 h", "静默 1 小时"),
    "button.silence_8h": ("Silence 8 h", "静默 8 小时"),
    "button.unsilence": ("End silence", "结束静默"),
    "button.diagnose": ("Diagnose {name}", "诊断 {name}"),
    "button.close": ("Close", "关闭"),
    "button.list": ("List migrations", "列出迁移"),
    "button.kb": ("Search the knowledge base", "查看知识库"),
    # Where no entry of the knowledge base tells
    "story.undiagnosed.title": (
        "{name} is not well, and the cause is not known",
        "{name} 状态异常，原因未知",
    ),
    "story.undiagnosed": (
        "Nothing in the knowledge base fits what was read.",
        "读到的内容与知识库均不匹配。",
    ),
    "story.forgotten.title": ("{entry}: {name}", "{entry}：{name}"),
    "story.forgotten": (
        "The knowledge entry {entry} is no longer there; this is what was stored of it.",
        "知识条目 {entry} 已不存在，以下为事件保存的内容。",
    ),
    "story.status": ("See at which step it stands.", "查看停在哪一步。"),
    "story.log": (
        "Read what mig-controller says of it.",
        "查看 mig-controller 日志中的相关内容。",
    ),
    "story.draft": (
        "Once the cause is known, make a knowledge entry of the line that shows it.",
        "查明原因后，由能说明原因的日志行生成知识条目。",
    ),
    # Why it counts as resolved
    "resolved.succeeded": ("The migration succeeded.", "迁移已成功。"),
    "resolved.successor": (
        "A later migration of the plan succeeded: {detail}.",
        "该计划的后续迁移已成功：{detail}。",
    ),
    "resolved.condition-gone": (
        "What was wrong is gone.",
        "问题已消失。",
    ),
    "resolved.canceled": ("The migration was canceled.", "迁移已取消。"),
    "resolved.rolled-back": ("The migration was rolled back.", "迁移已回滚。"),
    "resolved.other-cause": (
        "A later look found another cause: {detail}.",
        "后续检查发现是其他原因：{detail}。",
    ),
    "resolved.deleted": ("The object was deleted.", "对象已被删除。"),
    "resolved.other": ("Reason: {detail}", "原因：{detail}"),
    # Under the card
    "thread.joined": (
        "Now held up by this too: {detail}",
        "又有迁移受此影响：{detail}",
    ),
    "thread.recovered": ("No longer held up by this: {detail}", "不再受此影响：{detail}"),
    "thread.acknowledged": ("Acknowledged by {user}.", "{user} 已确认。"),
    "thread.silenced": ("Silenced until {until} by {user}.", "{user} 已静默至 {until}。"),
    "thread.unsilenced": ("{user} ended the silence.", "{user} 已结束静默。"),
    "thread.resolved": ("Resolved. {why}", "已解决。{why}"),
    "thread.reopened": (
        "It is back: the same cause, the same object.",
        "再次出现：原因和对象相同。",
    ),
    "thread.other": ("Changed: {detail}", "有变化：{detail}"),
    "timeline.opened": ("opened", "出现"),
    "timeline.changed": ("changed", "有变化"),
    "timeline.member-joined": ("one more held up", "又影响一个迁移"),
    "timeline.member-recovered": ("one goes on again", "一个迁移已恢复"),
    "timeline.acknowledged": ("acknowledged", "已确认"),
    "timeline.silenced": ("silenced", "已静默"),
    "timeline.unsilenced": ("silence ended", "已结束静默"),
    "timeline.until": ("silenced until {until}", "已静默至 {until}"),
    "timeline.resolved": ("resolved", "已解决"),
    "timeline.reopened": ("came back", "再次出现"),
    "details.title": ("Incident", "事件详情"),
    "details.loading": ("Reading…", "正在读取…"),
    # The answer to a diagnosis
    "answer.healthy": (
        "Nothing is wrong: there is no finding that calls for action.",
        "一切正常：没有需要处理的问题。",
    ),
    "answer.unknown": (
        "It is not well, but nothing in the knowledge base fits what was read. MTC's own words:",
        "状态异常，但读到的内容与知识库均不匹配。MTC 的原文：",
    ),
    "answer.unknown_next": (
        "Next: look at the steps with {status}; then read the mig-controller log.",
        "下一步：用 {status} 查看各步骤，然后查看 mig-controller 日志。",
    ),
    "answer.workloads": ("Scaled to zero on the source: {names}", "源端缩容为零：{names}"),
    "answer.volumes": ("Not copied: {names}", "未复制：{names}"),
    "answer.roll_back_first": (
        "MTC refuses another cutover of this plan until a rollback has succeeded.",
        "在回滚成功之前，MTC 会拒绝该计划的再次切换。",
    ),
    "answer.behind": ("behind {name}", "排在 {name} 之后"),
    "answer.at": ("at {name}", "停在 {name}"),
    "answer.blocked_by": ("blocked by {name}", "被 {name} 阻塞"),
    "answer.confidence": ("confidence {percent}", "置信度 {percent}"),
    "answer.incident": (
        "Its card is in {channel}. {state}.",
        "事件卡片在 {channel}。{state}。",
    ),
    "masked.private-key": ("private key", "私钥"),
    "masked.jwt": ("JSON web token", "JWT 令牌"),
    "masked.openshift-token": ("OpenShift token", "OpenShift 令牌"),
    "masked.slack-token": ("Slack token", "Slack 令牌"),
    "masked.aws-key-id": ("AWS key id", "AWS 密钥 ID"),
    "masked.url-user": ("user of a URL", "URL 中的用户信息"),
    "masked.authorization": ("authorization header", "认证头"),
    "masked.named-secret": ("value named as secret", "按名称识别的敏感值"),
    "masked.flag-secret": ("secret of a command line", "命令行中的敏感值"),
    # Where evidence stands, and what could not be read
    "place.log": ("{log} on {cluster}", "{cluster} 上的 {log}"),
    "place.line": ("{place}, line {line}", "{place}，第 {line} 行"),
    "place.reading": ("when {cluster} was read", "读取 {cluster} 时"),
    "place.objects": (
        "{kind} in {namespace} on {cluster}",
        "{cluster} 上命名空间 {namespace} 的 {kind}",
    ),
    "place.cluster_wide": ("{kind} on {cluster}", "{cluster} 上的 {kind}"),
    "place.cluster": ("{role} cluster {name}", "{role}集群 {name}"),
    "role.source": ("source", "源"),
    "role.destination": ("destination", "目标"),
    # Votes on a diagnosis
    "button.right": ("👍 Right", "👍 正确"),
    "button.wrong": ("👎 Wrong", "👎 不对"),
    "vote.right": (
        "Noted: the cause is right, you say ({entry}). The other button changes your vote.",
        "已记录：您认为原因正确（{entry}）。按另一个按钮可更改。",
    ),
    "vote.wrong": (
        "Noted: the cause is wrong, you say ({entry}). The other button changes your vote.",
        "已记录：您认为原因不对（{entry}）。按另一个按钮可更改。",
    ),
    "vote.help": (
        "So that the next diagnosis is right, say {place} what it really was; {command} makes a "
        "knowledge entry of the log that shows it.",
        "为使下次诊断正确，请{place}说明真正的原因；用 {command} 可由相关日志生成知识条目。",
    ),
    "vote.counts": ("The cause: 👍 {right} · 👎 {wrong}", "对原因的评价：👍 {right} · 👎 {wrong}"),
    "vote.thread": ("in the thread of its card", "在卡片的消息串中"),
    "vote.keeper": ("to whoever runs the bot", "向机器人管理员"),
    # List and status
    "list.title": ("Migrations", "迁移"),
    "list.summary": ("{shown} of {all} shown. {narrow}", "显示 {shown} / {all}。{narrow}"),
    "list.not_copied": ("not copied: {names}", "未复制：{names}"),
    "list.down": ("scaled to zero: {names}", "缩容为零：{names}"),
    "list.none": ("There is no migration yet.", "目前没有迁移。"),
    "list.none_fit": (
        "No migration fits {words}. Leave the words out to see all.",
        "没有符合 {words} 的迁移。去掉条件可查看全部。",
    ),
    "list.narrow": (
        "Narrow it down by name, plan, control cluster or outcome: {example}",
        "可按名称、计划、控制集群或结果筛选：{example}",
    ),
    "list.unreachable": (
        "Control cluster {name} could not be read; its migrations are missing here: {why}",
        "无法读取控制集群 {name}，其迁移未列出：{why}",
    ),
    "status.waits": ("Waiting for", "正在等待"),
    "status.copied": ("Copied", "已复制"),
    "status.eta": ("{percent}%, done about {at}", "{percent}%，预计 {at} 完成"),
    "answer.telling": (
        "No entry knows the cause. What tells most:",
        "没有条目能说明原因。最有价值的线索：",
    ),
    "answer.masked": ("Secrets masked here: {parts}", "此处已遮盖的敏感信息：{parts}"),
    "answer.against": ("But this speaks against it", "但以下情况与之不符"),
    "status.steps": ("Steps", "步骤"),
    "verdict.pass": ("nothing stands in the way", "没有发现阻碍"),
    "verdict.warn": ("something to look at first", "有需要先确认的问题"),
    "verdict.fail": ("a migration would fail", "迁移将会失败"),
    "verdict.not checked": (
        "nothing found, but not all could be checked",
        "未发现问题，但部分项目无法检查",
    ),
    "preflight.open": ("{check}? {why}", "{check}？{why}"),
    # Knowledge
    "kb.title": ("Knowledge base", "知识库"),
    "kb.found": ("{n} entries fit {words}", "{n} 条符合 {words}"),
    "kb.all": ("{n} entries", "共 {n} 条"),
    "kb.none": (
        "Nothing in the knowledge base fits {words}. Try a word of the error message, a condition "
        "type or a component.",
        "知识库中没有符合 {words} 的内容。可尝试错误消息中的词、状况类型或组件名。",
    ),
    "kb.benign": ("harmless", "无害"),
    # Help and whoami
    "help.title": ("What you can ask", "可用命令"),
    "help.intro": (
        "I watch MTC migrations, post what fails with its cause and proof, and answer:",
        "我监视 MTC 迁移，发现失败时给出原因和证据，并回答：",
    ),
    "help.list": (
        "migrations, those that need attention marked; words narrow it down",
        "列出迁移并标出需要处理的；可加词筛选",
    ),
    "help.status": ("where it stands, step by step", "逐步显示当前进展"),
    "help.diagnose": (
        "root cause, proof and fix; also {example}",
        "根本原因、证据和处理方法；也可用 {example}",
    ),
    "help.preflight": (
        "whether a migration of a plan would go well if it were started now",
        "检查现在启动某计划的迁移能否顺利完成",
    ),
    "help.kb": (
        "search what is known, or show an entry by its id",
        "搜索知识库，或按 id 显示条目",
    ),
    "help.whoami": ("what I know of you", "我所知道的您的信息"),
    "help.lang": ("the language I answer you in", "我回答您时使用的语言"),
    "help.cards": (
        "On a card: Acknowledge tells the others that you are on it; Silence stops messages about "
        "it for a while, it is still followed; Details shows all that is known; 👍 and 👎 say "
        "whether the cause is right, so that the knowledge gets better.",
        "卡片上：“确认”表示您已接手；“静默”在一段时间内不再发消息，但仍会跟踪；“详情”显示全部已知内容；"
        "👍 和 👎 评价原因是否正确，用于改进知识库。",
    ),
    "help.mention": (
        "Mention me in a channel, or write to me directly, to ask the same: {example}",
        "在频道中 @ 我或直接给我发消息，可提同样的问题：{example}",
    ),
    "whoami.title": ("You", "您的信息"),
    "whoami.user": ("Slack user", "Slack 用户"),
    "whoami.language": ("Language", "语言"),
    "whoami.language_is": ("English", "简体中文"),
    "whoami.rights": (
        "You may ask everything, acknowledge and silence. Nothing here changes a cluster.",
        "您可以使用所有查询，确认和静默事件。这里的操作不会更改任何集群。",
    ),
    "lang.set": (
        "I answer you in English from now on, until I am restarted. Your Slack profile decides "
        "otherwise.",
        "从现在起我用中文回答您，直到重新启动。此外以您 Slack 个人资料的语言为准。",
    ),
    "lang.which": (
        "Which language? {en} or {zh}.",
        "请选择语言：{en} 或 {zh}。",
    ),
    # Storm
    "rollup.title": ("{n} incidents at once", "同时出现 {n} 个事件"),
    "rollup.intro": (
        "To keep this channel readable they are summed up here. {command} lists the migrations.",
        "为避免刷屏，在此汇总。用 {command} 可列出迁移。",
    ),
    "rollup.line": (
        " · incidents: {n} · migrations held up: {m}",
        " · 事件 {n} 个 · 受影响的迁移 {m} 个",
    ),
    "rollup.none": ("All of them are resolved by now.", "目前均已解决。"),
    # App Home
    "home.title": ("Open incidents ({n})", "未解决的事件（{n}）"),
    "home.none": (
        "No open incident. All that is watched is well.",
        "没有未解决的事件，一切正常。",
    ),
    "working": ("Working on it…", "正在处理…"),
    **REMEDY_CATALOGUE,
    **TROUBLE_CATALOGUE,
}
"""English and Chinese, by message id."""


def say(lang: Lang, key: str, **values: object) -> str:
    """Return the sentence in ``lang``. Raises ``KeyError`` for a key that is not there."""
    english, chinese = CATALOGUE[key]
    return (chinese if lang == "zh" else english).format(**values)


def pair(label: str, value: str, lang: Lang) -> str:
    """Return a label and its value with the colon of the language."""
    return say(lang, "labelled", label=label, value=value)


def name_of(lang: Lang, group: str, value: str) -> str:
    """Return our word for a value (outcome, severity, ...); an unknown one stays as it is."""
    key = f"{group}.{value}"
    return say(lang, key) if key in CATALOGUE else value[:60]
