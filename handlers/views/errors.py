"""What went wrong, as a sentence with a next step."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clusters.port import ClusterError
from bot.questions.asking import Unknown
from handlers.views.kit import (
    Message,
    Page,
    context,
    notice,
    paragraph,
    rich,
    untrusted,
    verbatim,
    words,
)
from handlers.views.parts import asks
from handlers.views.words import CATALOGUE, say
from knowledge.texts import Lang


def trouble(
    what: str,
    then: str,
    lang: Lang,
    *,
    raw: str = "",
    closest: Sequence[tuple[str, str]] = (),
    offered: Sequence[tuple[str, str]] = (),
) -> Message:
    """Return a sentence, the words of whoever refused, a next step, and lines to ask as buttons.

    ``closest`` are what may have been meant, ``offered`` what helps to go on.
    """
    page = Page()
    page.add(rich(paragraph(words(f"⚠️ {what}", bold=True))))
    if raw:
        page.add(rich(verbatim(untrusted(raw, 600))))
    if closest:
        page.add(rich(paragraph(words(say(lang, "error.closest")))), asks(closest))
    elif offered:
        page.add(asks(offered))
    page.add(context(then))
    return Message(notice(f"⚠️ {what} {then}"), page.blocks)


def unknown(error: Unknown, verb: str, lang: Lang) -> Message:
    """Return that nothing has that name; ``verb`` is what the buttons ask (status, diagnose)."""
    closest = [(untrusted(name, 60), f"{verb} {name}") for name in error.closest]
    what = say(lang, f"unknown.{error.why}", name=untrusted(error.typed, 80))
    return trouble(what, _naming(verb, lang), lang, closest=closest)


def no_subcommand(typed: str, closest: Sequence[str], lang: Lang) -> Message:
    """Return that there is no such sub-command; ``closest`` are lines that may be meant."""
    what = say(lang, "error.subcommand", name=untrusted(f"/mtc {typed}", 80))
    near = [(untrusted(f"/mtc {line}", 70), line) for line in closest]
    return trouble(
        what, say(lang, "error.subcommand_next", command="/mtc help"), lang, closest=near
    )


def which(verb: str, lang: Lang) -> Message:
    """Return that a name is missing."""
    example = f"/mtc {verb} {'shop' if verb == 'preflight' else 'shop-1'}"
    offered = [(say(lang, "button.list"), "list")]
    return trouble(
        say(lang, "error.which", example=example), _naming(verb, lang), lang, offered=offered
    )


def not_understood(name: str, lang: Lang) -> Message:
    """Return that a question in free words was not understood, but for a name in it."""
    lines = [f"{verb} {name}" for verb in ("diagnose", "status")]
    what = say(lang, "error.words", name=untrusted(name, 80))
    after = say(lang, "error.subcommand_next", command="/mtc help")
    return trouble(what, after, lang, offered=[(untrusted(f"/mtc {x}", 70), x) for x in lines])


def no_action(typed: str, name: str, closest: Sequence[str], lang: Lang) -> Message:
    """Return that there is no such fix; ``closest`` are ids of those that may be meant."""
    what = say(lang, "error.action", name=untrusted(typed, 80))
    near = [(untrusted(action, 70), f"fix {name} {action}") for action in closest]
    after = say(lang, "error.action_next", command=f"/mtc fix {untrusted(name, 120)}")
    return trouble(what, after, lang, closest=near)


def _naming(verb: str, lang: Lang) -> str:
    key = "error.plan_next" if verb == "preflight" else "error.unknown_next"
    return say(lang, key, command="/mtc list")


def cluster_error(error: ClusterError, lang: Lang) -> Message:
    """Return what a cluster refused, in its own words too, and what helps."""
    reason = error.reason if f"cluster_error.{error.reason}" in CATALOGUE else "error"
    then = reason if f"cluster_next.{reason}" in CATALOGUE else "error"
    what = say(lang, f"cluster_error.{reason}", name=untrusted(error.cluster or "–", 80))
    after = say(lang, f"cluster_next.{then}", command="/mtc list")
    return trouble(what, after, lang, raw=str(error))


def gone(lang: Lang) -> Message:
    """Return that the incident of a button is not known any more."""
    said = say(lang, "error.gone", command="/mtc list")
    return trouble(say(lang, "error.title"), said, lang)


def over(lang: Lang) -> Message:
    """Return that the incident of a button is resolved already."""
    return trouble(say(lang, "error.title"), say(lang, "error.over"), lang)


def busy(lang: Lang) -> Message:
    """Return that too much is asked at once."""
    return trouble(say(lang, "error.title"), say(lang, "error.busy"), lang)


def unexpected(error_id: str, lang: Lang) -> Message:
    """Return that something broke, with the id under which the log holds the details."""
    return trouble(say(lang, "error.title"), say(lang, "error.unexpected", id=error_id), lang)
