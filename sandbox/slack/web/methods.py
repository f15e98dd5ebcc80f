"""The registry of Web API methods: name, kind of token, scope, function.

A method is a plain function from (backend, arguments) to the body of a good answer; it raises
``SlackError`` to refuse. Modules beside this one register theirs when imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.slack.backend import Backend
from sandbox.slack.web.arguments import Arguments

TokenKind = Literal["bot", "app", "either", "any"]
"""``either`` takes a bot or an app token; ``any`` needs none at all."""
Answer = dict[str, Any]
Function = Callable[[Backend, Arguments], Answer]


@dataclass(frozen=True, slots=True)
class Method:
    """One method. ``scopes``: any one of them will do; none are needed when empty."""

    name: str
    function: Function
    kind: TokenKind = "bot"
    scopes: tuple[str, ...] = ()
    post_only: bool = False


METHODS: dict[str, Method] = {}


def method(
    name: str,
    *,
    kind: TokenKind = "bot",
    scopes: tuple[str, ...] = (),
    post_only: bool = False,
) -> Callable[[Function], Function]:
    """Register a function under a method name."""

    def register(function: Function) -> Function:
        METHODS[name] = Method(name, function, kind, scopes, post_only)
        return function

    return register
