"""Takes every request below ``/api/``: reads it, checks the token, makes trouble if asked, answers.

Order as at Slack: body (invalid_json, json_not_object, invalid_form_data), method
(unknown_method), token (not_authed, invalid_auth, not_allowed_token_type), scope (missing_scope),
then the method's own checks. ``ok: false`` is still HTTP 200; only rate limits are 429.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from sandbox.slack.backend import Backend
from sandbox.slack.errors import SlackError
from sandbox.slack.faults import Call, Fault
from sandbox.slack.json_text import parsed
from sandbox.slack.web import chat, conversations, directory, files, validation, views
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.web.methods import METHODS, Method

FAMILIES = (chat, conversations, directory, files, validation, views)
"""Imported for the methods they register."""


class Dispatcher:
    """Answers Web API calls on one backend."""

    def __init__(self, backend: Backend) -> None:
        """Answer with this backend."""
        self._backend = backend

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        name = request.match_info["method"]
        call = Call(name, {}, self._backend.clock(), "none")
        self._backend.faults.calls.append(call)
        fault = self._backend.faults.take(name)
        if fault is not None and fault.kind == "drop_request":
            return _cut(request)
        try:
            given, warnings = await _read(request)
            call.arguments = {key: value for key, value in given.items() if key != "token"}
            call.token = self._token_kind(_token(request, given))
            match fault:
                case Fault(kind="fail" | "http_error"):
                    refused = {"ok": False, "error": fault.error or "internal_error"}
                    return self._finish(
                        call, refused, fault.status if fault.kind != "fail" else 200
                    )
                case Fault(kind="rate_limit"):
                    return self._rate_limited(call, fault)
                case Fault(kind="hang"):
                    await asyncio.sleep(fault.seconds)
            body = self._answer(name, request, given, call.token)
            if warnings:
                body.setdefault("warning", warnings)
                meta = body.setdefault("response_metadata", {})
                meta.setdefault("warnings", []).append(warnings)
        except SlackError as error:
            body = error.answer()
        if fault is not None and fault.kind == "drop_reply":
            call.error = "dropped"
            self._backend.changes.notify("calls")
            return _cut(request)
        return self._finish(call, body, 200, METHODS.get(name))

    def _answer(
        self, name: str, request: web.Request, given: dict[str, Any], token: str
    ) -> dict[str, Any]:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method")
        if method.post_only and request.method != "POST":
            raise SlackError("insecure_request")
        if method.kind != "any":
            _check_token(token, method)
        if method.scopes and not self._backend.bot_scopes.intersection(method.scopes):
            raise SlackError(
                "missing_scope",
                {
                    "needed": ",".join(method.scopes),
                    "provided": ",".join(sorted(self._backend.bot_scopes)),
                },
            )
        return {"ok": True, **method.function(self._backend, Arguments(given))}

    def _token_kind(self, token: str | None) -> str:
        if token is None:
            return "none"
        if token == self._backend.bot_token:
            return "bot"
        return "app" if token == self._backend.app_token else "bad"

    def _rate_limited(self, call: Call, fault: Fault) -> web.StreamResponse:
        response = self._finish(call, {"ok": False, "error": "ratelimited"}, 429)
        response.headers["Retry-After"] = str(max(0, round(fault.seconds)))
        return response

    def _finish(
        self, call: Call, body: dict[str, Any], status: int, method: Method | None = None
    ) -> web.Response:
        call.status, call.error, call.answer = status, str(body.get("error", "")), body
        self._backend.changes.notify("calls")
        headers = {"x-slack-req-id": f"sandbox-{len(self._backend.faults.calls)}"}
        if call.token == "bot":  # noqa: S105
            headers["x-oauth-scopes"] = ",".join(sorted(self._backend.bot_scopes))
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes if method else ())
        return web.json_response(body, status=status, headers=headers)


def _check_token(token: str, method: Method) -> None:
    if token == "none":  # noqa: S105 - a word for the kind of token
        raise SlackError("not_authed")
    if token == "bad":  # noqa: S105
        raise SlackError("invalid_auth")
    if method.kind not in (token, "either"):
        raise SlackError("not_allowed_token_type")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _token(request: web.Request, given: dict[str, Any]) -> str | None:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip() or None
    in_form = given.get("token") if request.content_type != "application/json" else None
    return in_form if isinstance(in_form, str) and request.method == "POST" else None


async def _read(request: web.Request) -> tuple[dict[str, Any], str]:
    """Return the arguments and the warning Slack gives about the charset."""
    given: dict[str, Any] = dict(request.query)
    given.pop("token", None)
    if request.method != "POST":
        return given, ""
    if request.content_type == "application/json":
        try:
            body = parsed(await request.read() or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return given | body, "" if request.charset else "missing_charset"
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        try:
            form = await request.post()
        except (ValueError, LookupError, AssertionError):
            raise SlackError("invalid_form_data") from None
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        return given | fields, "superfluous_charset" if request.charset else ""
    body_text = await request.read()
    if body_text:
        raise SlackError("invalid_post_type")
    return given, ""
