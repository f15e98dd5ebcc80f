"""What Slack's own client says to a person, in the person's language; apps never see it."""

from __future__ import annotations

from collections.abc import Mapping

_ENGLISH: Mapping[str, str] = {
    "trouble": "We had some trouble connecting. Try again?",
    "required": "Please complete this required field.",
    "too_long": "Must be less than {0} characters.",
    "too_short": "Must be more than {0} characters.",
    "email": "Please enter a valid email address.",
    "url": "Please enter a valid URL.",
    "number": "Please enter a valid number.",
    "too_small": "Must be {0} or more.",
    "too_large": "Must be {0} or less.",
    "command_failed": '{0} failed with the error "{1}"',
    "no_command": (
        '{0} is not a valid command. In Slack, all messages that start with the "/" character '
        "are interpreted as commands."
    ),
}
_CHINESE: Mapping[str, str] = {
    "trouble": "连接出现问题，请重试。",
    "required": "请填写此必填项。",
    "too_long": "必须少于 {0} 个字符。",
    "too_short": "必须多于 {0} 个字符。",
    "email": "请输入有效的电子邮件地址。",
    "url": "请输入有效的网址。",
    "number": "请输入有效的数字。",
    "too_small": "必须大于或等于 {0}。",
    "too_large": "必须小于或等于 {0}。",
    "command_failed": "{0} 失败，错误为“{1}”",
    "no_command": "{0} 不是有效的命令。在 Slack 中，以“/”开头的消息都会被当作命令。",
}


def client_words(locale: str, key: str, *parts: object) -> str:
    """Return a sentence of the client; English for a language it does not speak.

    Raises ``KeyError`` for a sentence that does not exist.
    """
    words = _CHINESE if locale.startswith("zh") else _ENGLISH
    return words[key].format(*parts)
