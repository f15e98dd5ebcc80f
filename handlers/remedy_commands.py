"""What can be typed after ``/mtc`` about remediations; a bot that only reads says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slack_sdk import WebClient

from handlers.askers import Asker
from handlers.asking import Asking
from handlers.deciding import Deciding
from handlers.services import Services
from handlers.views.fixes import off
from handlers.views.help import whoami
from handlers.views.kit import Message
from knowledge.texts import Lang

Verb = Callable[[str, Asker, Lang], Message | None]
VERBS = ("fix", "rerun", "rollback", "cancel", "approvals", "approve", "reject", "audit")


class Remedies:
    """Asking and deciding, or neither where remediation is off."""

    def __init__(self, services: Services, client: WebClient) -> None:
        """Take what there is."""
        remediation = services.remediation
        self.asking = Asking(services, remediation, client) if remediation else None
        self.deciding = Deciding(services, remediation, client) if remediation else None
        self.verbs: Mapping[str, Verb] = {verb: self._verb(verb) for verb in VERBS}

    @property
    def on(self) -> bool:
        """Return whether fixes can be asked for."""
        return self.asking is not None

    def who(self, user: str, lang: Lang) -> Message:
        """Return what is known of a person."""
        return self.asking.who(user, lang) if self.asking else whoami(user, lang)

    def _verb(self, verb: str) -> Verb:
        asking, deciding = self.asking, self.deciding
        if asking is None or deciding is None:
            return lambda words, asker, lang: off(lang)
        match verb:
            case "fix":
                return asking.fix
            case "approvals":
                return lambda words, asker, lang: deciding.list_open(asker, lang)
            case "approve":
                return deciding.approve
            case "reject":
                return deciding.reject
            case "audit":
                return deciding.show_audit
        return lambda words, asker, lang: asking.by_command(verb, words, asker, lang)
