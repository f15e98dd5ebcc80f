"""The command line and the composition root: the only place that sees every part."""

from __future__ import annotations

import sys

from bot.cli.app import app
from bot.cli.terminal import choose, fail, language

TROUBLES = {
    "not-found": "没有该对象",
    "denied": "集群拒绝访问",
    "unauthorized": "集群不接受凭据",
    "unreachable": "集群无法访问",
    "untrusted": "集群的证书不受信任",
    "not-served": "没有该类资源",
    "conflict": "对象已被更改",
    "invalid": "集群拒绝了该内容",
    "expired": "读取位置已过期",
}
"""What goes before the words of a cluster, in Chinese, by ``ClusterError.reason``."""


def main() -> None:
    """Run ``mtc-bot``; an expected error is one sentence with a next step, and exit code 2."""
    from bot.clusters.port import ClusterError

    try:
        app()
    except ClusterError as error:
        trouble = TROUBLES.get(error.reason, "集群无法读取")
        fail(choose(language(), str(error), f"{trouble}：{error}"))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


__all__ = ["app", "main"]
