"""The command line and the composition root: the only place that sees every part."""

from __future__ import annotations

import sys

from bot.cli.app import app
from bot.cli.terminal import fail


def main() -> None:
    """Run ``mtc-bot``; an expected error is one sentence with a next step, and exit code 2."""
    from bot.clusters.port import ClusterError

    try:
        app()
    except ClusterError as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


__all__ = ["app", "main"]
