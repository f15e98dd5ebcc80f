"""Deciding on requests: approve, reject, undo, and the lists of what is open and what was done.

The person is whom Slack names in the payload; the request is found by its opaque id. Everything
else is judged by the desk of requests, at the moment it counts.
"""

from __future__ import annotations

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.access.deciding import may_read_audit
from bot.access.people import DirectoryUnreachable
from bot.remediation.recorded import plan_of
from bot.remediation.refusals import Refused
from bot.store.audit import AuditRecord
from handlers.askers import Asker
from handlers.failures import explain_failure
from handlers.services import Remediation, Services
from handlers.views import forms
from handlers.views.actions import Form, RequestAction
from handlers.views.help import said
from handlers.views.kit import Message
from handlers.views.request_lists import approvals, audit
from handlers.views.words import say
from knowledge.texts import Lang

_NEWEST = 200


class Deciding:
    """Votes, undos and lists."""

    def __init__(self, services: Services, remediation: Remediation, client: WebClient) -> None:
        """Decide on these requests; open modals with this client."""
        self._services = services
        self._remedy = remediation
        self._client = client

    def click(self, action_id: str, request_id: str, asker: Asker, lang: Lang) -> Message | None:
        """Do what a button on a request's card says. Raises ``Refused`` and ``ClusterError``."""
        if action_id == RequestAction.REJECT:
            return self._open(forms.reject_form(request_id, lang), asker, lang)
        if action_id == RequestAction.UNDO:
            self._undo(request_id, asker)
            return None
        prints = self._to_compare(request_id)
        if prints:
            return self._open(forms.compare_form(request_id, prints, lang), asker, lang)
        self._remedy.requests.approve(asker.user, request_id)
        return said(say(lang, "decided.approved"))

    def submit(
        self, form: str, request_id: str, typed: str, view_id: str, asker: Asker, lang: Lang
    ) -> None:
        """Take the vote of a modal, and tell in it how that went."""
        comparing = form == Form.COMPARE
        title = say(lang, "compare.title" if comparing else "reject.title")
        try:
            if comparing:
                self._remedy.requests.approve(asker.user, request_id, typed=typed)
            else:
                self._remedy.requests.reject(asker.user, request_id, typed)
            message = said(say(lang, f"decided.{'approved' if comparing else 'rejected'}"))
        except Exception as error:
            message = explain_failure(error, lang, "approve")
        self._client.views_update(view_id=view_id, view=forms.told(title, message, lang))

    def approve(self, words: str, asker: Asker, lang: Lang) -> Message:
        """Approve by command: the id, then a reason, or the fingerprint that was compared."""
        request_id, _, reason = words.partition(" ")
        if not request_id:
            return self._which("approve", lang)
        self._remedy.requests.approve(asker.user, request_id, typed=reason, reason=reason.strip())
        return said(say(lang, "decided.approved"))

    def reject(self, words: str, asker: Asker, lang: Lang) -> Message:
        """Reject by command: the id, then a reason."""
        request_id, _, reason = words.partition(" ")
        if not request_id:
            return self._which("reject", lang)
        self._remedy.requests.reject(asker.user, request_id, reason.strip())
        return said(say(lang, "decided.rejected"))

    def list_open(self, asker: Asker, lang: Lang) -> Message:
        """Return the open requests that the person may see."""
        return approvals(self._remedy.requests.visible(asker.user), lang)

    def show_audit(self, words: str, asker: Asker, lang: Lang) -> Message:
        """Return what the audit holds, of one migration or plan or of all, for who may read it."""
        try:
            person = self._remedy.directory(asker.user)
        except (LookupError, DirectoryUnreachable):
            person = None
        if person is None or not may_read_audit(self._remedy.policy(), person):
            return said(say(lang, "audit.refused", command="/mtc whoami"))
        records = self._records(words.strip())
        return audit(records, self._remedy.audit.verify(), lang)

    # ----------------------------------------------------------------------------------------

    def _records(self, words: str) -> tuple[AuditRecord, ...]:
        if not words:
            return self._remedy.audit.records(newest=_NEWEST)
        known = self._remedy.approvals.get(words)
        if known is not None:
            return self._remedy.audit.records(words)
        plane, target = self._services.questions.find(words)
        plan = target.name
        if target.kind != "MigPlan":
            plan = self._services.questions.status(words).row.plan or target.name
        found: list[AuditRecord] = []
        for approval in self._remedy.approvals.of_plan(plane.name, plan):
            if target.kind == "MigPlan" or approval.target == str(target):
                found += self._remedy.audit.records(approval.id)
        found += self._remedy.audit.records(f"{plane.name}:{target}")
        return tuple(sorted(found, key=lambda record: record.number))

    def _undo(self, request_id: str, asker: Asker) -> None:
        done = self._remedy.approvals.get(request_id)
        channel = done.channel if done else asker.channel
        self._remedy.requests.request_undo(asker.user, request_id, channel)

    def _to_compare(self, request_id: str) -> tuple[str, ...]:
        approval = self._remedy.approvals.get(request_id)
        if approval is None or approval.state != "pending":
            return ()
        try:
            return plan_of(approval).compare
        except Refused:
            return ()

    def _open(self, view: forms.View, asker: Asker, lang: Lang) -> Message | None:
        try:
            self._client.views_open(trigger_id=asker.trigger_id, view=view)
        except SlackClientError:
            example = "/mtc approvals"
            return said(say(lang, "remedy.which_request", example=example))
        return None

    def _which(self, verb: str, lang: Lang) -> Message:
        return said(say(lang, "remedy.which_request", example=f"/mtc {verb} <id>"))
