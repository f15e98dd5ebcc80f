"""The sentences about remediations, in English and Simplified Chinese, side by side."""

from __future__ import annotations

REMEDY_CATALOGUE: dict[str, tuple[str, str]] = {
    # Risk and state
    "risk.0": ("R0: reads only", "R0：仅读取"),
    "risk.1": ("R1: reversible, touches no workload", "R1：可撤销，不影响工作负载"),
    "risk.2": (
        "R2: restarts MTC's own pods, or changes how a namespace is scheduled",
        "R2：会重启 MTC 自身的 pod，或更改命名空间的调度方式",
    ),
    "risk.3": (
        "R3: destroys data, stops or starts applications, or grants trust or privileges",
        "R3：会删除数据、启停应用，或授予信任或特权",
    ),
    "request.pending": ("Approval needed", "等待批准"),
    "request.approved": ("Approved, about to begin", "已批准，即将执行"),
    "request.running": ("Being executed", "正在执行"),
    "request.verifying": ("Done, being verified", "已执行，正在验证"),
    "request.verified": ("Verified", "已验证"),
    "request.not-fixed": ("Not fixed", "未解决"),
    "request.failed": ("Failed", "执行失败"),
    "request.rejected": ("Rejected", "已拒绝"),
    "request.expired": ("Expired: nobody decided in time", "已过期：无人及时处理"),
    "request.stale": ("Void: its target has changed", "已失效：目标已变化"),
    "request.void": (
        "This request was altered in the database and is void.",
        "该申请在数据库中被篡改，已作废。",
    ),
    # The card of a request
    "request.notice": (
        "{state}: {action} for {target}, control cluster {control}",
        "{state}：{action}，目标 {target}，控制集群 {control}",
    ),
    "request.target": ("Target", "目标"),
    "request.risk": ("Risk", "风险"),
    "request.who": ("Asked for by", "申请人"),
    "request.expires": ("Expires", "过期时间"),
    "request.votes": ("Approvals ({have} of {need})", "批准（{have}/{need}）"),
    "request.nobody": ("none yet", "尚无"),
    "request.changes": ("What will change", "将要更改的内容"),
    "request.changed": ("What was to change", "计划更改的内容"),
    "request.calls": ("Exact calls", "具体调用"),
    "request.effects": ("Other effects", "其他影响"),
    "request.data": ("Data is deleted for good.", "数据将被永久删除。"),
    "request.compare": (
        "Get the fingerprint from the owner of the certificate by another way, compare it, and "
        "type it when you approve:",
        "请通过其他途径向证书所有者索取指纹并比对，批准时输入该指纹：",
    ),
    "request.may_approve": ("May approve: {who}", "可批准：{who}"),
    "request.not_requester": (" (anybody but {who})", "（不能是 {who} 本人）"),
    "request.also_requester": (
        ", the person who asked, if their role may",
        "，申请人本人（若角色允许）",
    ),
    "request.nobody_may": (
        "nobody by the present policy",
        "按当前策略无人可批准",
    ),
    "request.steps": ("Progress", "执行进度"),
    "request.seen": ("Seen", "观察结果"),
    "request.remains": ("What remains", "仍存在的问题"),
    "request.why": ("Why", "原因"),
    "request.undoes": ("This puts back what request {id} did.", "此操作撤销申请 {id} 的更改。"),
    "request.undone": (
        "To be put back by request {id}: {state}",
        "由申请 {id} 撤销：{state}",
    ),
    "request.footer": (
        "Control cluster {control} · by command: {command}",
        "控制集群 {control} · 命令方式：{command}",
    ),
    "step_state.done": ("done", "完成"),
    "step_state.started": ("under way", "进行中"),
    "step_state.failed": ("failed", "失败"),
    "step_state.waiting": ("not yet", "未开始"),
    "vote.approve": ("approved by {who}", "{who} 已批准"),
    "vote.reject": ("rejected by {who}", "{who} 已拒绝"),
    "button.approve": ("Approve", "批准"),
    "button.reject": ("Reject", "拒绝"),
    "button.undo": ("Undo…", "撤销…"),
    "button.again": ("Run again…", "重新运行…"),
    "button.next": ("What else helps?", "还有什么办法？"),
    "button.ask_again": ("Ask again…", "重新申请…"),
    "button.fix": ("Fix…", "修复…"),
    "button.cancel": ("Cancel", "取消"),
    "confirm.title": ("Approve this?", "确认批准？"),
    "confirm.text": (
        "{action} for {target}. It begins as soon as enough people have approved.",
        "{action}，目标 {target}。批准人数足够后立即开始执行。",
    ),
    # Notes under the card
    "note.reminder": (
        "{who} waits for an approval of “{action}”; the request expires at {at}. {groups}",
        "{who} 正在等待批准“{action}”；申请将于 {at} 过期。{groups}",
    ),
    "note.expired": (
        "{who} nobody decided on “{action}” in time; ask again if it is still needed: {command}",
        "{who} “{action}”无人及时处理；如仍需要请重新申请：{command}",
    ),
    "note.rejected": (
        "{who} “{action}” was rejected. {why}",
        "{who} “{action}”已被拒绝。{why}",
    ),
    "note.stale": (
        "{who} “{action}” is void, nothing was changed: {why}",
        "{who} “{action}”已失效，未作任何更改：{why}",
    ),
    "note.failed": ("{who} “{action}” failed: {why}", "{who} “{action}”执行失败：{why}"),
    "note.verified": ("{who} “{action}” helped: {why}", "{who} “{action}”已生效：{why}"),
    "note.not-fixed": (
        "{who} “{action}” was done, and it did not help: {why}",
        "{who} “{action}”已执行，但问题未解决：{why}",
    ),
    # What can be done
    "fix.title": ("What can be done: {name}", "可采取的措施：{name}"),
    "fix.none": (
        "There is nothing the bot could do about it. What a person can do: {command}",
        "机器人没有可执行的措施。人工处理方法：{command}",
    ),
    "fix.suggested": ("suggested", "建议"),
    "fix.not_now": ("not now: {why}", "目前不可：{why}"),
    "fix.note": ("note: {why}", "提示：{why}"),
    "fix.ask": ("Ask: {action}", "申请：{action}"),
    "fix.next": (
        "Nothing happens before it is approved; each request shows first what would change.",
        "批准之前不会执行任何操作；每个申请都会先显示将要更改的内容。",
    ),
    "form.title": ("Ask for a fix", "申请修复"),
    "form.reading": ("Looking at what can be done…", "正在检查可采取的措施…"),
    "form.submit": ("Ask", "提交"),
    "form.working": (
        "Planning it, with a dry run on the clusters…",
        "正在制定计划，并在集群上试运行…",
    ),
    "form.asked": (
        "Asked. The request is in {channel}. Approvals needed: {need}; it expires {until}.",
        "已提交。申请位于 {channel}，需要 {need} 个批准，{until} 过期。",
    ),
    "form.for": ("For {target} on control cluster {control}", "目标 {target}，控制集群 {control}"),
    "form.gone": (
        "This is no longer on offer. See what is: {command}",
        "该措施已不可用。查看当前措施：{command}",
    ),
    "form.no_params": (
        "It needs no parameters. The request will show each change before anybody approves.",
        "无需参数。批准前申请会显示每一项更改。",
    ),
    "form.wrong": ("Not like this: {why}", "请更正：{why}"),
    "form.optional": ("{label} (may stay empty)", "{label}（可不填）"),
    "form.more": ("{label} (continued)", "{label}（续）"),
    "form.yes": ("yes", "是"),
    "form.no": ("no", "否"),
    "compare.title": ("Compare and approve", "比对并批准"),
    "compare.label": ("SHA-256 fingerprint", "SHA-256 指纹"),
    "compare.hint": (
        "As its owner told you, by phone for example. With or without colons.",
        "由证书所有者告知，例如电话。可带或不带冒号。",
    ),
    "reject.title": ("Reject", "拒绝申请"),
    "reject.label": ("Why", "原因"),
    "decided.approved": ("Your approval is recorded.", "已记录您的批准。"),
    "decided.rejected": ("Your rejection is recorded.", "已记录您的拒绝。"),
    "decided.working": ("Checking it once more…", "正在再次检查…"),
    # Lists
    "approvals.title": ("Open requests ({n})", "未决申请（{n}）"),
    "approvals.facts": (
        "Asked for by {who} · control cluster {control} · {approvals} · expires {at}",
        "申请人 {who} · 控制集群 {control} · {approvals} · {at} 过期",
    ),
    "approvals.begun": (
        "Asked for by {who} · control cluster {control} · {approvals}",
        "申请人 {who} · 控制集群 {control} · {approvals}",
    ),
    "approvals.none": ("No request is open that you may see.", "没有您可查看的未决申请。"),
    "audit.title": ("Audit", "审计记录"),
    "audit.none": ("There is no record of it.", "没有相关记录。"),
    "audit.whole": ("The chain of records is whole.", "记录链完整。"),
    "audit.broken": ("The chain of records is broken: {why}", "记录链已损坏：{why}"),
    "audit.refused": (
        "None of your roles lets you read the audit; approver and admin do. Yours: {command}",
        "您的角色均无权查看审计记录；approver 和 admin 可以。您的角色：{command}",
    ),
    # Refusals of our own
    "remedy.off": (
        "This bot only reads: remediation is off in its configuration. The steps with their "
        "commands: {command}",
        "该机器人为只读：配置中已关闭修复功能。处理步骤与命令：{command}",
    ),
    "remedy.refused": ("Not done", "未执行"),
    "remedy.refused_next": (
        "Nothing was changed. See what can be done: {command}",
        "未作任何更改。查看可采取的措施：{command}",
    ),
    "remedy.undecided_next": (
        "Nothing was changed. The card says who may approve; the open requests: {command}",
        "未作任何更改。可批准的人员见卡片；未决申请：{command}",
    ),
    "remedy.which_run": (
        "Which run? {example}",
        "哪种运行方式？{example}",
    ),
    "remedy.which_request": (
        "Which request? Its id stands on the card: {example}",
        "请指定申请编号（见卡片）：{example}",
    ),
    # Help
    "help.fix": ("what can be done about it, and by whom", "可采取的措施及可由谁执行"),
    "help.rerun": (
        "ask to run the plan again: stage, cutover or state-transfer",
        "申请重新运行计划：stage、cutover 或 state-transfer",
    ),
    "help.rollback": ("ask to roll the plan back", "申请回滚计划"),
    "help.cancel": ("ask to cancel a running migration", "申请取消正在运行的迁移"),
    "help.approvals": ("requests that wait or are under way", "等待中或执行中的申请"),
    "help.approve": ("approve a request", "批准申请"),
    "help.reject": ("reject a request, or take back your own", "拒绝申请，或撤回自己的申请"),
    "help.audit": ("who did what, when and why", "何人何时因何做了什么"),
    "whoami.roles": ("Roles", "角色"),
    "whoami.no_roles": ("none: you may ask, not change", "无：可查询，不可更改"),
    "whoami.cluster_user": ("On the clusters", "集群用户"),
    "whoami.no_cluster_user": ("not known", "未知"),
    "whoami.fixes": (
        "Fixes are asked for with {command}; each is approved, then made as you on the clusters.",
        "用 {command} 申请修复；获批后以您在集群上的身份执行。",
    ),
    # What a parameter means that stays empty
    "hint.only": (
        "Such as Deployment shop/web; separate several by commas. Empty: all that MTC stopped.",
        "例如 Deployment shop/web，多个以逗号分隔。留空：MTC 停止的全部工作负载。",
    ),
    "hint.selector": (
        "Empty: the value of the source's namespace.",
        "留空：使用源命名空间的值。",
    ),
    "hint.run_as_root": (
        "Empty: as MTC is set.",
        "留空：按 MTC 的设置。",
    ),
    "hint.quiesce": (
        "Empty: as this kind of run does by itself.",
        "留空：按该运行方式的默认行为。",
    ),
    # Parameters
    "param.namespace": ("Namespace", "命名空间"),
    "param.selector": ("Node selector, as key=value", "节点选择器，如 key=value"),
    "param.timeout": ("Hours Velero waits for volumes, as 4h", "Velero 等待卷的时长，如 4h"),
    "param.groups": ("Group numbers, separated by commas", "组编号，以逗号分隔"),
    "param.limit": ("Memory, as 2Gi", "内存，如 2Gi"),
    "param.namespaces": ("Namespaces in one plan", "单个计划的命名空间数"),
    "param.volumes": ("Volumes", "卷"),
    "param.pods": ("Pods in one plan", "单个计划的 pod 数"),
    "param.bandwidth_kb_per_s": ("Bandwidth in KB/s", "带宽（KB/s）"),
    "param.attempts": ("Attempts for each volume", "每个卷的尝试次数"),
    "param.delete_extra_files": (
        "Delete files that are only on the target",
        "删除仅存在于目标端的文件",
    ),
    "param.resize_volumes": ("Make target volumes large enough", "自动扩大目标卷"),
    "param.client_memory": ("Memory of rsync clients, as 1Gi", "rsync 客户端内存，如 1Gi"),
    "param.server_memory": ("Memory of the rsync server, as 1Gi", "rsync 服务端内存，如 1Gi"),
    "param.client_cpu": ("CPU of rsync clients, as 1 or 500m", "rsync 客户端 CPU，如 1 或 500m"),
    "param.server_cpu": ("CPU of the rsync server, as 1 or 500m", "rsync 服务端 CPU，如 1 或 500m"),
    "param.type": ("Type", "类型"),
    "param.pem": ("CA certificates in PEM form", "PEM 格式的 CA 证书"),
    "param.secret": (
        "Secret in openshift-migration that holds the new token",
        "openshift-migration 中存放新令牌的 Secret",
    ),
    "param.on": ("Where that Secret is", "该 Secret 所在集群"),
    "param.key": ("Key in the Secret", "Secret 中的键"),
    "param.cluster": ("Cluster", "集群"),
    "param.name": ("Name", "名称"),
    "param.restore": ("Restore", "恢复对象"),
    "param.only": ("Only these workloads", "仅限这些工作负载"),
    "param.run": ("Kind of run", "运行方式"),
    "param.run_as_root": ("Run rsync as root", "以 root 运行 rsync"),
    "param.quiesce": ("Stop the source's applications", "停止源集群上的应用"),
}
"""English and Chinese, by message id; a part of the catalogue in ``words``."""
