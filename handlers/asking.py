"""Asking for fixes: what can be done, the form for it, and the request that comes of it.

Asking is no privilege: whatever a button or a form says is taken as if it had been typed, and the
desk of requests judges it anew, with the rights of the person whom Slack vouches for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from rapidfuzz import process
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.access.cluster_identity import identity_of
from bot.access.people import DirectoryUnreachable
from bot.clusters.port import ObjectRef
from bot.diagnosis.findings import Diagnosis
from bot.incidents.model import Incident
from bot.questions.naming import parse_target
from bot.remediation.offers import Offer
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.remediation.requests import Asked
from bot.store.approval_records import Approval
from handlers.askers import Asker
from handlers.failures import explain_failure
from handlers.forms import FormValues, fields_of, read_form, wrong_fields
from handlers.services import Remediation, Services
from handlers.views import errors, forms
from handlers.views.fixes import fixes, refused, who_you_are
from handlers.views.help import said, whoami
from handlers.views.kit import Message, channel_link, context_markup, notice, when
from handlers.views.words import say
from knowledge.texts import Lang

_ALIKE = 70.0
RUNS = ("stage", "cutover", "state-transfer")
_VERBS = {
    "rerun": "rerun-migration",
    "rollback": "rollback-migration",
    "cancel": "cancel-migration",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A fix somebody wants to ask for, as a button or a form says it."""

    action: str
    target: str
    """``kind/name``."""
    about: str
    """What was asked about, ``kind/name@control``: its diagnosis gives the proposals."""
    params: tuple[tuple[str, str], ...] = ()
    """Values that were typed."""

    @property
    def control(self) -> str:
        """Return the control cluster."""
        return self.about.rpartition("@")[2]

    def kept(self) -> str:
        """Return it as a form keeps it."""
        return orjson.dumps([self.action, self.target, self.about]).decode()


def parse_wish(value: str) -> Wish | None:
    """Return what a button says; None for anything odd."""
    parts = value.split("|")
    return Wish(parts[0], parts[1], parts[2]) if len(parts) == 3 and all(parts) else None


def parse_kept(text: str) -> Wish | None:
    """Return what a form kept; None for anything odd."""
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    known = isinstance(parts, list) and len(parts) == 3 and all(isinstance(p, str) for p in parts)
    return Wish(parts[0], parts[1], parts[2]) if known and all(parts) else None


class Asking:
    """Lists, forms and requests for people."""

    def __init__(self, services: Services, remediation: Remediation, client: WebClient) -> None:
        """Ask these services; open and fill modals with this client."""
        self._services = services
        self._remedy = remediation
        self._client = client

    def fix(self, words: str, asker: Asker, lang: Lang) -> Message | None:
        """Answer ``fix``: the list for a name, or the form of an action that is named as well.

        Raises ``Unknown``.
        """
        name, _, action = words.partition(" ")
        action = action.strip().lower()
        if not name:
            return errors.which("fix", lang)
        if action and action not in ACTIONS:
            self._services.questions.find(name)
            near = process.extract(action, list(ACTIONS), limit=3, score_cutoff=_ALIKE)
            return errors.no_action(action, name, [each for each, _, _ in near], lang)
        if not action or not asker.trigger_id:
            return self.list_fixes(name, asker, lang)
        plane, target = self._services.questions.find(name)
        return self.open_form(Wish(action, str(target), f"{target}@{plane.name}"), asker, lang)

    def list_fixes(self, typed: str, asker: Asker, lang: Lang) -> Message:
        """Return what can be done about what was typed. Raises ``Unknown``."""
        diagnosis = self._services.questions.diagnose(typed)
        return fixes(diagnosis, self._remedy.offers(asker.user, diagnosis), lang)

    def by_command(self, verb: str, words: str, asker: Asker, lang: Lang) -> Message | None:
        """Open the form of ``rerun``, ``rollback`` or ``cancel``."""
        name, _, run = words.partition(" ")
        run = run.strip().lower()
        if not name:
            return errors.which(verb, lang)
        if run and (verb != "rerun" or run not in RUNS):
            example = " | ".join(f"/mtc rerun {name} {each}" for each in RUNS)
            return said(say(lang, "remedy.which_run", example=example))
        plane, target = self._services.questions.find(name)
        about = f"{target}@{plane.name}"
        params = (("run", run),) if run else ()
        wish = Wish(_VERBS[verb], str(target), about, params)
        if not asker.trigger_id:
            return self.list_fixes(about, asker, lang)
        return self.open_form(wish, asker, lang)

    def open_form(self, wish: Wish | None, asker: Asker, lang: Lang) -> Message | None:
        """Open a form at once, since a trigger lives three seconds, and fill it in then.

        Returns the list of fixes where a modal can no longer be opened.
        """
        title = say(lang, "form.title")
        if wish is None:
            return self._gone("", lang)
        try:
            loading = forms.waiting(title, say(lang, "form.reading"), lang)
            opened = self._client.views_open(trigger_id=asker.trigger_id, view=loading)
            view_id = str(opened["view"]["id"])
        except (SlackClientError, OSError, ValueError, KeyError, TypeError):
            return self.list_fixes(wish.about, asker, lang)
        try:
            view = self._form(wish, asker, lang)
        except Exception as error:
            view = forms.told(title, self._why(error, lang), lang)
        self._client.views_update(view_id=view_id, view=view)
        return None

    def wrong(self, wish: Wish | None, values: FormValues, lang: Lang) -> dict[str, str]:
        """Return what is wrong with a form, by block id, without asking any cluster."""
        action = ACTIONS.get(wish.action) if wish else None
        if action is None:
            return {}
        fields = fields_of(action.params.model_json_schema(), {})
        return wrong_fields(action.params, read_form(values, fields), lang)

    def submit(
        self, wish: Wish | None, values: FormValues, view_id: str, asker: Asker, lang: Lang
    ) -> None:
        """Ask for what a form says, and tell in the form how that went."""
        title = say(lang, "form.title")
        try:
            if wish is None:
                message = self._gone("", lang)
            else:
                message = self._asked(self._ask(wish, values, asker), lang)
        except Exception as error:
            message = self._why(error, lang)
        try:
            self._client.views_update(view_id=view_id, view=forms.told(title, message, lang))
        except SlackClientError:
            self._client.chat_postMessage(
                channel=asker.user, text=message.text, blocks=message.blocks
            )

    def who(self, user: str, lang: Lang) -> Message:
        """Return a person's roles and cluster user."""
        try:
            person = self._remedy.directory(user)
        except (LookupError, DirectoryUnreachable):
            return whoami(user, lang)
        policy = self._remedy.policy()
        return who_you_are(person, policy, identity_of(person, policy.identity), lang)

    # ----------------------------------------------------------------------------------------

    def _form(self, wish: Wish, asker: Asker, lang: Lang) -> dict[str, Any]:
        diagnosis = self._services.questions.diagnose(wish.about)
        offer = self._offer(wish, asker, diagnosis)
        if offer is None:
            return forms.told(say(lang, "form.title"), self._gone(wish.about, lang), lang)
        if not offer.allowed and offer.reason is not None:
            reason = Refused(offer.reason.en, offer.reason.zh)
            return forms.told(say(lang, "form.title"), refused(reason, lang), lang)
        proposed = {**offer.params, **dict(wish.params)}
        fields = fields_of(offer.schema, proposed)
        return forms.ask_form(offer, offer.title, fields, wish.kept(), lang)

    def _offer(self, wish: Wish, asker: Asker, diagnosis: Diagnosis) -> Offer | None:
        """Return the offer that is meant.

        What is not offered can still be asked for; the desk of requests then says why not.
        """
        for offer in self._remedy.offers(asker.user, diagnosis):
            if offer.action == wish.action and str(offer.target) == wish.target:
                return offer
        action, target = ACTIONS.get(wish.action), parse_target(wish.target)
        if action is None or target is None:
            return None
        return Offer(
            action.id,
            action.title,
            action.risk,
            target,
            diagnosis.control,
            schema=action.params.model_json_schema(),
            destroys_data=action.destroys_data,
        )

    def _ask(self, wish: Wish, values: FormValues, asker: Asker) -> Approval:
        action, target = ACTIONS.get(wish.action), parse_target(wish.target)
        if action is None or target is None:
            raise Refused("There is no such action. See: /mtc help", "没有该操作。请看：/mtc help")
        diagnosis = self._services.questions.diagnose(wish.about)
        offer = self._offer(wish, asker, diagnosis)
        entry = offer.entry if offer else ""
        incident = self._incident(diagnosis, target, entry)
        plan = diagnosis.plan
        channel = incident.channel if incident else ""
        fields = fields_of(action.params.model_json_schema(), {})
        return self._remedy.requests.request(
            Asked(
                asker.user,
                wish.action,
                diagnosis.control,
                target,
                read_form(values, fields),
                channel or self._remedy.channel(diagnosis.control, plan),
                incident.id if incident else "",
                entry,
            )
        )

    def _incident(self, diagnosis: Diagnosis, target: ObjectRef, entry: str) -> Incident | None:
        """Return the open incident that a request belongs to: that of its cause, if there is."""
        about = diagnosis.target.name
        mine = [
            incident
            for incident in self._services.incidents.open(diagnosis.control)
            if incident.channel
            and (about in incident.members or incident.subject.name in (about, target.name))
        ]
        mine.sort(key=lambda incident: incident.entry_id != entry)
        return mine[0] if mine else None

    def _asked(self, approval: Approval, lang: Lang) -> Message:
        told = say(
            lang,
            "form.asked",
            channel=channel_link(approval.channel),
            need=approval.people_needed,
            until=when(approval.expires_at),
        )
        return Message(notice(told), [context_markup(f"✅ {told}")])

    def _gone(self, about: str, lang: Lang) -> Message:
        command = f"/mtc fix {about}".strip()
        return errors.trouble(
            say(lang, "error.title"), say(lang, "form.gone", command=command), lang
        )

    def _why(self, error: Exception, lang: Lang) -> Message:
        return explain_failure(error, lang, "fix")
