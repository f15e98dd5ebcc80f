"""What a person pastes or pipes in, as observations.

Log text, one or more YAML or JSON objects, a fragment of a status, rows of ``oc get events``:
it says itself what it is, and the hint is only a hint. What a screen adds (colours, wrapped
lines, a cut at the end) does no harm, nor does UTF-16, which PowerShell writes to files, nor what
text editors and web pages make of quotes.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from knowledge.blocks import blocks
from knowledge.contradicting import doubts, weighed
from knowledge.describing import described
from knowledge.eventtables import overcome
from knowledge.fragments import CONTAINER, closed, whole
from knowledge.matching.engine import Engine, Match
from knowledge.matching.playbooks import answered, ignored
from knowledge.observations import Observation
from knowledge.observing import MAX_TEXT, observe, observe_line
from knowledge.programs import spoken_by
from knowledge.ranking import rank
from knowledge.safe_yaml import load_yaml_documents
from knowledge.startlogs import came_about
from knowledge.volumelogs import settled
from knowledge.wrapping import (
    SHORT,
    paragraphs,
    refilled,
    rejoined,
    requoted,
    uncommented,
    unmarked,
    unwrapped,
)

_OBJECT_KEYS = frozenset({"kind", "status", "items", "metadata", "type"})
MAX_YAML = 16 << 20
"""Bytes of YAML that are parsed; a longer text is read as lines."""
MAX_LINES = 4 << 20
"""Bytes that are read line by line; a longer text is a log, and is scanned."""
_COLOUR = re.compile(r"(?:\x1b|\u2190)\[[0-9;]*[A-Za-z]")
_QUOTED = re.compile(r"^> ?", re.MULTILINE)
"""What a mail or a chat puts before each line that it quotes."""
_OBJECT = re.compile(r"^\s*\"?(?:apiVersion|kind)\"?: *\"?\w", re.MULTILINE)
_TYPESET = str.maketrans("\u201c\u201d\u201e\u2018\u2019\u201a", "\"\"\"'''")
"""The quotes that a text editor or a chat sets, and what was typed."""
_DOUBLED = re.compile(r'^"[^\n]*""[^\n]*"\r?$', re.MULTILINE)
_ESCAPED = re.compile(r"&(?:quot|apos|lt|gt|amp|#x?[0-9a-fA-F]{2,4});")
_SCREEN = re.compile(
    r"^\s*(?:```|~~~|[$\u276f\u279c\u00bb] |# oc |\[[^\]]*@[^\]]*\] ?[#$]|[\w.-]+@[\w.-]+:\S* ?[#$]"
    r"|(?:oc|kubectl|velero) (?:-\S+|get|describe|logs)\b)"
)
"""A prompt or a command with what was typed, or the fence of a chat."""
_EDGES = re.compile(r"\A(?:---\n)+|(?:\n---\s*)+\Z")
_LEFT_OUT = re.compile(r"^\s*\W*(?:\.\.\.|\u2026|snip|omitted|truncated)\W*$")
"""What stands where somebody left lines out."""
_ALIASES = 100
"""Aliases in a YAML text that is parsed; each could stand for much."""
_CUTS = 4
"""How often a text that is no YAML as a whole is cut before the line that spoils it."""
_KUBERNETES = re.compile(r"\W*[IWEF]\d{4} \d\d:\d\d:")
"""What a line begins with that a program of Kubernetes wrote."""
_TYPED = re.compile(r"^(\s*(?:[a-z0-9][\w-]*\s{2,})?)[a-z]+(?:\.[a-z0-9.-]+)?/(?=[\w.-]+\s{2,}\S)")
"""What ``oc get all`` writes before the name in a row: pod/, deployment.apps/."""


def match_text(engine: Engine, data: bytes, kind: str = "", component: str = "") -> list[Match]:
    """Return the matches in what was given, whatever it is; never raises for odd content.

    What speaks in it against a match lowers the confidence of that match.
    """
    found = _matched(engine, data, kind, component)
    if (plain := _as_typed(data)) is not None:
        more = _matched(engine, plain, kind, component)
        if all(match.entry.benign for match in found) or _tells_more(more, found):
            data, found = plain, more
    if not found:
        return _generally(engine, data, kind, component)
    return weighed(found, doubts(engine, found, lambda e: _matched(e, data, kind, component)))


def _as_typed(data: bytes) -> bytes | None:
    """Return a text with the quotes as they were, and what HTML escapes; None where it has none.

    Editors set quotes, and tables of CSV double those within a cell.
    """
    if len(data) > MAX_LINES:
        return None
    text = data.decode("utf-8", "replace")
    plain = _DOUBLED.sub(lambda row: row[0].replace('""', '"'), text.translate(_TYPESET))
    if _ESCAPED.search(plain):
        plain = html.unescape(plain)
    return plain.encode("utf-8", "replace") if plain != text else None


def _matched(engine: Engine, data: bytes, kind: str, component: str) -> list[Match]:
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        data = data.decode("utf-16", "replace").encode()
    text = _COLOUR.sub("", data.decode("utf-8-sig", "replace")).replace("\u00a0", " ")
    text = _QUOTED.sub("", text)
    objects = parse_objects(text, kind, broken=False)
    if not objects and (found := _among_others(engine, text, kind, component)):
        return found
    if objects or (objects := parse_objects(text, kind)):
        facts = list(_observations(objects, component))
        if any(o.kind != "object" or o.subject.kind for o in facts):
            found = engine.match(facts)
            if all(match.entry.benign for match in found):
                found += _match_lines(engine, _after_cut(text), "condition", component)
            return found
    if len(data) > MAX_LINES and kind in ("", "log"):
        return list(engine.scan([data], component=component))
    component = component or spoken_by(text)
    broken = uncommented(text.splitlines())
    lines = requoted(broken)
    found = _match_lines(engine, lines, kind, component)
    if answers := answered(lines):
        more = _match_lines(engine, answers, kind, component)
        found = more if _tells_more(more, found) else found
    quiet = all(match.entry.benign for match in found)
    if not quiet and len(lines) > SHORT:
        return found
    bare = unwrapped(requoted(unmarked(broken)))
    for read in (
        unwrapped(lines),
        _spoken(text, kind),
        requoted(rejoined(broken)),
        requoted(refilled(broken)),
        paragraphs(lines),
        bare,
    ):
        if read and (read is bare or len(read) < len(broken)):
            more = _match_lines(engine, read, kind, component)
            if quiet:
                found += more
            elif _tells_more(more, found):
                found = more
    return found


def _tells_more(more: Sequence[Match], found: Sequence[Match]) -> bool:
    """Return whether one reading of a text names what is vague in another, or behind it.

    A cause that only this reading shows is behind what is but a symptom in the other.
    """
    roots, others = ({one.entry.id: one.entry for one in rank(each)} for each in (found, more))
    vaguer, known = (
        {other for one in each for other in (*one.entry.supersedes, *one.entry.explains)}
        for each in (more, found)
    )
    new = {name for name, entry in others.items() if entry.role == "cause"} - roots.keys()
    if new - known:
        vaguer |= {name for name, entry in roots.items() if entry.role == "symptom"}
    lost = roots.keys() - others.keys()
    return bool(others) and bool(lost) and lost <= vaguer


def _among_others(engine: Engine, text: str, kind: str, component: str) -> list[Match]:
    """Return the matches in objects and in the text around them; nothing where no object speaks."""
    if len(text) > MAX_LINES or _aliases(text) > _ALIASES:
        return []
    lines = [line for line in text.splitlines() if not _LEFT_OUT.match(line)]
    objects: list[Any] = []
    around: list[str] = []
    broken: list[str] = []
    at = 0
    for block in blocks(lines):
        parsed = [o for o in map(whole, _documents(block.text)) if _telling(o)]
        if parsed:
            objects += parsed
            around += [*lines[at : block.begin], ""]
            broken += _after_cut(block.text)
            at = block.end
    found = engine.match(list(_observations(objects, component)))
    if all(match.entry.benign for match in found):
        return []
    around += lines[at:]
    found += _match_lines(engine, requoted(around), kind, component)
    return found + _match_lines(engine, requoted(broken), "condition", component)


def _match_lines(engine: Engine, lines: Sequence[str], kind: str, component: str) -> list[Match]:
    conditions, taken = described(lines, component)
    taken |= _past(lines)
    found = engine.match(conditions)
    for number, line in enumerate((_TYPED.sub(r"\1", line) for line in lines), 1):
        if number - 1 in taken or not line.strip():
            continue
        where = f"line {number}"
        if len(line) > MAX_TEXT:
            found += engine.scan([line.encode()], component=component, where=where)
        else:
            found += engine.match([observe_line(line, kind, component, where)])
    return found


def _past(lines: Sequence[str]) -> set[int]:
    """Return the numbers, from 0, of lines that say what came right or was to be ignored."""
    return overcome(lines) | ignored(lines) | settled(lines) | came_about(lines)


def _generally(engine: Engine, data: bytes, kind: str, component: str) -> list[Match]:
    """Return what sort of error a short text tells of, of which no entry knows more.

    An errno, a deadline or a right that is lacking is the same whoever says it. In objects, in long
    logs and in what Kubernetes' own programs write such words stand where all is well, too.
    """
    text = data.decode("utf-8-sig", "replace")
    if len(text) > MAX_TEXT or parse_objects(text, kind):
        return []
    lines = requoted(uncommented(text.splitlines()))
    taken = _past(lines)
    return engine.match_general(
        observe_line(line, kind, component, f"line {number + 1}")
        for number, line in enumerate(lines)
        if number not in taken and line.strip() and not _KUBERNETES.match(line)
    )


def _spoken(text: str, kind: str) -> list[str]:
    """Return the messages of a piece of YAML that is no object: each on one line, as it was."""
    if kind == "log" or len(text) > MAX_TEXT or "message" not in text:
        return []
    pieces = [d for d in _documents(text) if isinstance(d, dict)]
    return [" ".join(d["message"].split()) for d in pieces if isinstance(d.get("message"), str)]


def parse_objects(text: str, kind: str = "", *, broken: bool = True) -> list[Any]:
    """Return the mappings and lists of a YAML or JSON text; nothing where it is not one.

    Of a text that is broken somewhere what stands before that, unless not even this is wanted.
    """
    stripped = text.lstrip()
    if not stripped or len(text) > MAX_YAML or (kind == "log" and not _OBJECT.search(text)):
        return []
    if _aliases(text) > _ALIASES:
        return []
    for attempt in dict.fromkeys((text, bare := _without_screen(text), closed(bare))):
        documents = _documents(attempt, _CUTS if broken else 1)
        if any(isinstance(d, str) for d in documents):
            continue
        objects = [whole(d) for d in documents if isinstance(d, dict | list)]
        if any(_telling(o) for o in objects):
            return objects
    return []


def _documents(text: str, cuts: int = _CUTS) -> list[Any]:
    """Return the documents of a YAML text; of one that is cut off, what comes before the cut."""
    for _ in range(cuts):
        try:
            return list(load_yaml_documents(text))
        except yaml.MarkedYAMLError as error:
            unclosed = "quoted scalar" in (error.context or "")
            mark = error.context_mark if unclosed else error.problem_mark
            if mark is None or not _OBJECT.search(text):
                return []
            if unclosed and "end of stream" in (error.problem or ""):
                quoted = text.splitlines()[mark.line][mark.column :][:1]
                if quoted in ('"', "'") and text[-1:] != quoted:
                    text = text.rstrip().rstrip("\\") + quoted
                    continue
            text = "\n".join(text.splitlines()[: max(mark.line, 0)])
        except (yaml.YAMLError, RecursionError, ValueError):
            return []
    return []


def _after_cut(text: str) -> list[str]:
    """Return the lines of a YAML text that come after what spoils it; none where nothing does."""
    if len(text) > MAX_LINES:
        return []
    try:
        list(load_yaml_documents(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return text.splitlines()[mark.line :] if mark is not None else []
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    return []


def _without_screen(text: str) -> str:
    """Return a text without prompts and the fences of a chat around it.

    Between two objects a line stays that parts them.
    """
    lines = ("---" if _SCREEN.match(line) else line for line in text.splitlines())
    return _EDGES.sub("", "\n".join(lines))


def _aliases(text: str) -> int:
    return text.count(" *") if "&" in text else 0


def _telling(value: Any) -> bool:
    """Return whether this looks like an object or a part of one, not like a line with colons."""
    if isinstance(value, list):
        return any(isinstance(item, dict) and _telling(item) for item in value)
    if not isinstance(value, dict):
        return False
    if "msg" in value and "level" in value and not {"metadata", "status", "spec"} & value.keys():
        return False  # a record of a log that names the kind of what it speaks of, as KubeVirt's
    keys = {
        "kind",
        "status",
        "items",
        "conditions",
        "type",
        "involvedObject",
        "metadata",
        "phase",
    }
    if any(isinstance(value.get(key), dict) for key in CONTAINER):
        return True
    return bool(keys & {str(key) for key in value})


def _observations(objects: list[Any], component: str) -> Iterator[Observation]:
    for obj in objects:
        fragment = isinstance(obj, dict) and not _OBJECT_KEYS & obj.keys()
        if fragment and ("conditions" in obj or "phase" in obj):
            obj = {"status": obj}
        for observation in observe(obj):
            if component and not observation.component:
                yield Observation(
                    observation.kind,
                    observation.text,
                    observation.subject,
                    observation.where,
                    component,
                    observation.level,
                    observation.time,
                    observation.fields,
                    observation.object,
                )
            else:
                yield observation
