"""What is said when something went wrong, in English and Simplified Chinese, side by side."""

from __future__ import annotations

TROUBLE_CATALOGUE: dict[str, tuple[str, str]] = {
    "error.title": ("That did not work", "未能完成"),
    "unknown.name": ("Nothing here is called {name}.", "没有名为 {name} 的对象。"),
    "unknown.control": (
        "There is no control cluster of that name: {name}.",
        "没有该名称的控制集群：{name}。",
    ),
    "unknown.several": (
        "Several control clusters have {name}.",
        "多个控制集群都有 {name}。",
    ),
    "unknown.plan": (
        "A preflight looks at a plan, and {name} is none.",
        "预检针对迁移计划，而 {name} 不是迁移计划。",
    ),
    "error.closest": ("Did you mean:", "您是不是要找："),
    "error.unknown_next": (
        "Type a migration, or kind/name (migplan/shop); add @control-cluster where several have "
        "it. {command} shows what there is.",
        "请输入迁移名称或 kind/name（如 migplan/shop）；多个控制集群同名时加 @控制集群。{command} "
        "可查看现有迁移。",
    ),
    "error.plan_next": (
        "Type a plan; add @control-cluster where several have it. {command} shows the migrations "
        "with their plans.",
        "请输入迁移计划名称；多个控制集群同名时加 @控制集群。{command} 可查看迁移及其计划。",
    ),
    "error.words": (
        "I understand commands only, but I know {name}. Is it one of these?",
        "我只能理解命令，但我知道 {name}。您是否要：",
    ),
    "error.action": ("There is no fix called {name}.", "没有名为 {name} 的修复措施。"),
    "error.action_next": (
        "{command} shows what can be done.",
        "{command} 可查看可采取的措施。",
    ),
    "error.subcommand": ("There is no {name} command.", "没有 {name} 命令。"),
    "error.subcommand_next": ("{command} shows what you can ask.", "{command} 可查看可用命令。"),
    "error.which": (
        "Which one? Type a name: {example}",
        "请输入名称：{example}",
    ),
    "error.gone": (
        "This incident is not known any more; it may have been removed since the card was posted. "
        "{command} asks anew.",
        "该事件已不存在，可能在卡片发布后被删除。可用 {command} 重新查询。",
    ),
    "error.over": (
        "This incident is resolved already; there is nothing to do.",
        "该事件已解决，无需处理。",
    ),
    "error.busy": (
        "I have too many questions at once. Please ask again in a minute.",
        "当前请求过多，请一分钟后重试。",
    ),
    "error.unexpected": (
        "Something went wrong inside the bot. Ask again; if it stays, give the id {id} to whoever "
        "runs the bot: the log holds the details under it.",
        "机器人内部出错。请重试；如仍出错，请将编号 {id} 告知机器人管理员，日志中有对应详情。",
    ),
    "cluster_error.error": ("Cluster {name} refused the question.", "集群 {name} 无法完成该请求。"),
    "cluster_error.not-found": ("It is not there on cluster {name}.", "集群 {name} 上没有该对象。"),
    "cluster_error.denied": (
        "Cluster {name} does not allow the bot to read this.",
        "集群 {name} 不允许机器人读取该内容。",
    ),
    "cluster_error.unauthorized": (
        "Cluster {name} does not accept the bot's credentials.",
        "集群 {name} 不接受机器人的凭据。",
    ),
    "cluster_error.unreachable": ("Cluster {name} does not answer.", "集群 {name} 没有响应。"),
    "cluster_error.untrusted": (
        "The TLS certificate of cluster {name} is not trusted.",
        "集群 {name} 的 TLS 证书不受信任。",
    ),
    "cluster_error.not-served": (
        "Cluster {name} does not know this kind: is MTC installed there?",
        "集群 {name} 不支持该资源类型：是否已安装 MTC？",
    ),
    "cluster_next.error": ("Ask again in a minute.", "请一分钟后重试。"),
    "cluster_next.not-found": ("See what is there: {command}", "查看现有内容：{command}"),
    "cluster_next.denied": (
        "Bind the bot's ClusterRole to its service account there, then ask again.",
        "请在该集群上将机器人的 ClusterRole 绑定到其服务账号，然后重试。",
    ),
    "cluster_next.unauthorized": (
        "Renew the token of its MigCluster secret or kubeconfig, then ask again.",
        "请更新其 MigCluster 密钥或 kubeconfig 中的令牌，然后重试。",
    ),
    "cluster_next.unreachable": (
        "Check that its API server answers, then ask again. Other clusters are not affected.",
        "请检查其 API 服务器是否有响应，然后重试。其他集群不受影响。",
    ),
    "cluster_next.untrusted": (
        "Put the CA that signed it into the MigCluster's caBundle, then ask again.",
        "请将签发该证书的 CA 写入 MigCluster 的 caBundle，然后重试。",
    ),
    "cluster_next.not-served": (
        "Install the MTC operator there, or name another control cluster.",
        "请在该集群上安装 MTC Operator，或指定其他控制集群。",
    ),
}
"""English and Chinese, by message id; a part of the catalogue in ``words``."""
