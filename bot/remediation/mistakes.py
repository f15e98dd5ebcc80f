"""What is wrong with a parameter, in words for people, in both languages.

pydantic says it in English and in patterns; here each kind of error that parameters of actions can
have becomes a sentence that says what is wanted instead. Nothing of what was typed is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from knowledge.texts import LocalText

_MOST = 10


class WrongValue(ValueError):
    """What a validator of an action's own raises, so that it is said in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        """Keep what is wanted instead."""
        self.reason = LocalText(en=en, zh=zh)
        super().__init__(en)


class Mistake(NamedTuple):
    """One wrong parameter; ``field`` is empty where several are wrong together."""

    field: str
    wanted: LocalText


def mistakes(error: ValidationError) -> tuple[Mistake, ...]:
    """Return what is wrong, field by field, ten at most."""
    found = error.errors(include_url=False, include_input=False)[:_MOST]
    return tuple(_mistake(dict(each)) for each in found)


def _mistake(told: Mapping[str, Any]) -> Mistake:
    where = told["loc"]
    field = str(where[0]) if where else ""
    context: Mapping[str, Any] = told.get("ctx") or {}
    own = context.get("error")
    if isinstance(own, WrongValue):
        return Mistake(field, own.reason)
    kind = str(told["type"])
    if kind == "string_pattern_mismatch":
        return Mistake(field, FORMS.get(field, _OTHER))
    text = _WANTED.get(kind, _OTHER)
    expected = str(context.get("expected", ""))
    return Mistake(
        field,
        LocalText(
            en=text.en.format_map({**context, "expected": expected}),
            zh=text.zh.format_map({**context, "expected": expected.replace(" or ", " 或 ")}),
        ),
    )


def _both(en: str, zh: str) -> LocalText:
    return LocalText(en=en, zh=zh)


_OTHER = _both("This value does not fit here.", "该值不适用。")
_WHOLE = _both("Give a whole number.", "请填写整数。")
_YES_NO = _both("Say yes or no.", "请选择是或否。")
_TEXT = _both("Give a text.", "请填写文本。")
_WANTED = {
    "missing": _both("This must be given.", "此项必填。"),
    "extra_forbidden": _both("The action has no such parameter.", "该操作没有此参数。"),
    "greater_than_equal": _both("At least {ge}.", "不得小于 {ge}。"),
    "less_than_equal": _both("At most {le}.", "不得大于 {le}。"),
    "string_too_long": _both("At most {max_length} characters.", "最多 {max_length} 个字符。"),
    "string_type": _TEXT,
    "too_short": _both("Give at least {min_length}.", "至少填写 {min_length} 项。"),
    "too_long": _both("Give at most {max_length}.", "最多填写 {max_length} 项。"),
    "tuple_type": _both("Give a list.", "请填写列表。"),
    "literal_error": _both("Give {expected}.", "请填写 {expected}。"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _both("This number is too large.", "数值过大。"),
    "int_from_float": _WHOLE,
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
}
"""By pydantic's type of error; in braces what pydantic knows of it."""

_NAME = _both(
    "Give a Kubernetes name: lower-case letters, digits, dots and hyphens.",
    "请填写 Kubernetes 名称：小写字母、数字、点和连字符。",
)
_MEMORY = _both("Give memory in Mi or Gi, as 2Gi.", "请填写以 Mi 或 Gi 为单位的内存，如 2Gi。")
_CPU = _both(
    "Give cores or thousandths of a core, as 1 or 500m.", "请填写核数或千分之一核，如 1 或 500m。"
)
FORMS = {
    "timeout": _both(
        "Give whole hours from 1h to 99h, as 8h.", "请填写 1h 到 99h 的整小时数，如 8h。"
    ),
    "limit": _MEMORY,
    "client_memory": _MEMORY,
    "server_memory": _MEMORY,
    "client_cpu": _CPU,
    "server_cpu": _CPU,
    "selector": _both(
        "Give key=value, several separated by commas.", "请填写 key=value，多个用逗号分隔。"
    ),
    "only": _both(
        "Give kind and namespace/name, as Deployment shop/web.",
        "请填写类型和 namespace/name，如 Deployment shop/web。",
    ),
    "cluster": _NAME,
    "name": _NAME,
    "namespace": _NAME,
    "restore": _NAME,
    "secret": _NAME,
    "volumes": _NAME,
}
"""What is wanted of a text with a pattern, by the parameter's name."""
