"""``python -m bot.cli``: the same as ``mtc-bot``."""

from bot.cli import main

main()
