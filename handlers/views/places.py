"""Where evidence stands, and what could not be read, in the reader's language.

Diagnoses and the database hold both as one text each; names in it are left as they are, and what
has another form is shown as it stands.
"""

from __future__ import annotations

import re

from handlers.views.words import name_of, pair, say
from knowledge.texts import Lang

_LOG = re.compile(r"(?P<log>\S.*) on (?P<cluster>[^\s:]+)(?::(?P<line>\d+))?")
_READING = re.compile(r"reading (?P<cluster>\S+)")
_OBJECTS = re.compile(r"(?P<kind>\S+) in (?P<namespace>\S+) on (?P<cluster>[^\s:]+)")
_CLUSTER_WIDE = re.compile(r"(?P<kind>\S+) on (?P<cluster>[^\s:]+)")
_CLUSTER = re.compile(r"(?P<role>source|destination) cluster (?P<cluster>\S+)")


def place(where: str, lang: Lang) -> str:
    """Return where a quote stands: a log with its cluster and line, or a field of an object."""
    if found := _READING.fullmatch(where):
        return say(lang, "place.reading", cluster=found["cluster"])
    found = _LOG.fullmatch(where)
    if found is None:
        return where
    said = say(lang, "place.log", log=found["log"], cluster=found["cluster"])
    return say(lang, "place.line", place=said, line=found["line"]) if found["line"] else said


def unread(what: str, lang: Lang) -> str:
    """Return what could not be read: objects of a kind, or a whole cluster."""
    if found := _OBJECTS.fullmatch(what):
        return say(lang, "place.objects", **found.groupdict())
    if found := _CLUSTER.fullmatch(what):
        return say(
            lang, "place.cluster", role=name_of(lang, "role", found["role"]), name=found["cluster"]
        )
    if found := _CLUSTER_WIDE.fullmatch(what):
        return say(lang, "place.cluster_wide", **found.groupdict())
    return what


def unread_line(line: str, lang: Lang) -> str:
    """Return the same for ``what: why``; why is told in the words of whoever refused."""
    what, colon, why = line.partition(": ")
    return pair(unread(what, lang), why, lang) if colon else unread(line, lang)
