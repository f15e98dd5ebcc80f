"""Every error a person may meet, as a message. The one place where exceptions become words."""

from __future__ import annotations

import logging
import secrets
import traceback

from bot.clusters.port import ClusterError
from bot.questions.asking import Unknown
from bot.redaction import redact
from bot.remediation.refusals import Refused
from handlers.views import errors
from handlers.views.fixes import refused
from handlers.views.kit import Message
from knowledge.texts import Lang

_log = logging.getLogger(__name__)


class IncidentGone(Exception):
    """The incident of a button is not known (any more)."""


class IncidentOver(Exception):
    """The incident of a button is resolved already."""


def explain_failure(error: BaseException, lang: Lang, verb: str = "diagnose") -> Message:
    """Return what to tell the person; an unexpected error is logged under an id they are given."""
    if isinstance(error, Unknown):
        return errors.unknown(error, verb, lang)
    if isinstance(error, Refused):
        return refused(error, lang, undecided=verb in ("approve", "reject"))
    if isinstance(error, ClusterError):
        return errors.cluster_error(error, lang)
    if isinstance(error, IncidentGone):
        return errors.gone(lang)
    if isinstance(error, IncidentOver):
        return errors.over(lang)
    error_id = secrets.token_hex(4)
    told = "".join(traceback.format_exception(error))
    _log.error("unexpected error %s: %s", error_id, redact(told))
    return errors.unexpected(error_id, lang)
