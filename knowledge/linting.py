"""Checks over all entries: references, languages, placeholders, and the examples themselves.

An error means that the entry would mislead or could not be used; a warning is for its author.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from knowledge.contradicting import compile_all
from knowledge.loading import Entries
from knowledge.matching.engine import Engine, Match
from knowledge.matching.patterns import expression
from knowledge.observations import Observation
from knowledge.observing import observe, observe_line
from knowledge.ranking import Ranked, rank
from knowledge.schema import Entry, Example
from knowledge.texts import Lang, LocalText, placeholders

CONTEXT = frozenset(
    [
        "migration",
        "plan",
        "namespace",
        "target_namespace",
        "source",
        "destination",
        "storage",
        "name",
        "kind",
        "cluster",
        "control",
    ]
)
"""Placeholders that every finding can fill, besides an entry's own named groups."""

UNFINISHED = ("CHANGE ME", "请修改")
"""What a skeleton says where its author has to."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_GROUP = re.compile(r"\(\?P<([a-z][a-z0-9_]*)>")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with one entry (or file)."""

    entry: str
    what: LocalText
    level: Literal["error", "warning"] = "error"

    def line(self, lang: Lang) -> str:
        """Return one line for a terminal."""
        if lang == "zh":
            level = {"error": "错误", "warning": "警告"}[self.level]
            return f"{level}：{self.entry}：{self.what.zh}"
        return f"{self.level}: {self.entry}: {self.what.en}"

    def __str__(self) -> str:
        """Return one line in English."""
        return self.line("en")


def _complaint(
    entry: str, en: str, zh: str, level: Literal["error", "warning"] = "error"
) -> Complaint:
    return Complaint(entry, LocalText(en=en, zh=zh), level)


def lint(entries: Entries, only: Collection[str] | None = None) -> tuple[Complaint, ...]:
    """Return all complaints, errors first; empty means green.

    With ``only``, the entries of these ids are checked and all others are taken to be good; then
    it is a warning, too, where one of them takes the place of another in that one's own example.
    """
    complaints = [
        _complaint(problem.file, problem.what, f"文件无法使用：{problem.what}")
        for problem in entries.problems
    ]
    checked = entries.by_id.keys() if only is None else set(only) & entries.by_id.keys()
    unusable: set[str] = set()
    for entry_id, error in _uncompilable([entries.by_id[entry_id] for entry_id in checked]):
        complaints.append(
            _complaint(
                entry_id, f"a matcher cannot be compiled: {error}", f"匹配规则无法编译：{error}"
            )
        )
        unusable.add(entry_id)
    engine = Engine(e for e in entries.by_id.values() if e.id not in unusable)
    for entry_id in checked - unusable:
        entry = entries.by_id[entry_id]
        complaints.extend(_references(entry, entries))
        complaints.extend(_unfinished(entry))
        complaints.extend(_texts(entry))
        complaints.extend(_examples(entry, engine))
    if only is not None:
        complaints.extend(_usurped(entries, engine, checked - unusable))
    return tuple(sorted(complaints, key=lambda c: (c.level != "error", c.entry, c.what.en)))


def _uncompilable(entries: Collection[Entry]) -> Iterator[tuple[str, Exception]]:
    """Yield the entries of which a matcher cannot be compiled, and why.

    They are compiled together, which takes a fraction of the time, and one by one only where that
    fails.
    """
    try:
        compile_all(entries)
    except Exception:
        for entry in entries:
            try:
                compile_all([entry])
            except Exception as error:
                yield entry.id, error


def _usurped(entries: Entries, engine: Engine, usurpers: Collection[str]) -> Iterator[Complaint]:
    """Yield where an entry comes first in an example of another that is not its symptom."""
    for entry in entries.by_id.values():
        if entry.id in usurpers or entry.role != "cause":
            continue
        for number, example in enumerate(entry.examples.match, 1):
            ranked = rank(engine.match(observations(example)))
            if ranked and ranked[0].entry.id in usurpers:
                yield _complaint(
                    ranked[0].entry.id,
                    f"comes before {entry.id} in its positive example {number}; is it too wide?",
                    f"在 {entry.id} 的第 {number} 个正例中排在其前面；匹配范围是否过宽？",
                    "warning",
                )
                break


def _references(entry: Entry, entries: Entries) -> Iterator[Complaint]:
    for name, ids in (("explains", entry.explains), ("supersedes", entry.supersedes)):
        for other in ids:
            if other not in entries.by_id:
                yield _complaint(
                    entry.id,
                    f"{name} names {other}, and there is no such entry",
                    f"{name} 引用了 {other}，但没有这个条目",
                )
    for other in entry.supersedes:
        if other in entries.by_id and entry.id in entries.by_id[other].supersedes:
            yield _complaint(
                entry.id,
                f"supersedes {other}, which supersedes it; neither will",
                f"与 {other} 互相取代，结果都不会生效",
                "warning",
            )


def _unfinished(entry: Entry) -> Iterator[Complaint]:
    said = [(name, f"{text.en} {text.zh}") for name, text in _own_texts(entry)]
    said += [(f"source {number}", text) for number, text in enumerate(entry.source, 1)]
    said += [
        (f"matcher {number}", m.signature.text or m.signature.pattern or "")
        for number, m in enumerate(entry.matchers, 1)
        if m.signature
    ]
    said += [
        (f"negative example {number}", example.text or "")
        for number, example in enumerate(entry.examples.no_match, 1)
    ]
    for name, text in said:
        if any(mark in text for mark in UNFINISHED):
            yield _complaint(
                entry.id,
                f"{name}: still holds the words of the skeleton",
                f"{name}：仍是骨架中的占位文字",
            )


def _own_texts(entry: Entry) -> Iterator[tuple[str, LocalText]]:
    yield "title", entry.title
    yield "cause", entry.cause
    for number, step in enumerate(entry.steps, 1):
        yield f"step {number}", step.text
    if entry.verify:
        yield "verify", entry.verify


def _texts(entry: Entry) -> Iterator[Complaint]:
    own: set[str] = set()
    for matcher in entry.matchers:
        for pattern in (
            expression(matcher.signature) if matcher.signature else "",
            matcher.condition.message if matcher.condition else "",
            matcher.event.message if matcher.event else "",
            matcher.pod.message if matcher.pod else "",
        ):
            own.update(_GROUP.findall(pattern or ""))
        if matcher.probe:
            for example in entry.examples.match:
                own.update(example.probe or {})
    known = CONTEXT | own
    for name, text in _own_texts(entry):
        if not _CHINESE.search(text.zh):
            yield _complaint(
                entry.id, f"{name}: the Chinese text is not in Chinese", f"{name}：中文文本不是中文"
            )
        if _CHINESE.search(text.en):
            yield _complaint(
                entry.id, f"{name}: the English text has Chinese in it", f"{name}：英文文本含有中文"
            )
        missing = placeholders(text.en) ^ placeholders(text.zh)
        if missing:
            names = ", ".join(sorted(missing))
            yield _complaint(
                entry.id,
                f"{name}: only one language names {names}; is one stale?",
                f"{name}：只有一种语言用到 {names}；是否有一种已过时？",
            )
        for unknown in sorted((placeholders(text.en) | placeholders(text.zh)) - known):
            yield _complaint(
                entry.id,
                f"{name}: nothing fills {{{unknown}}}",
                f"{name}：没有任何内容可填入 {{{unknown}}}",
            )
    for number, step in enumerate(entry.steps, 1):
        for unknown in sorted(placeholders(step.command or "") - known):
            yield _complaint(
                entry.id,
                f"command {number}: nothing fills {{{unknown}}}",
                f"第 {number} 条命令：没有任何内容可填入 {{{unknown}}}",
            )


def observations(example: Example) -> tuple[Observation, ...]:
    """Return an example as observations."""
    if example.object is not None:
        return tuple(observe(example.object))
    if example.probe is not None:
        return (Observation("probe", example.probe.get("text", ""), fields=dict(example.probe)),)
    hint = {"log": "log", "event": "event", "status": "cr"}[example.kind]
    component = example.component or ""
    return tuple(
        observe_line(line, hint, component, f"line {number}")
        for number, line in enumerate((example.text or "").splitlines(), 1)
        if line.strip()
    )


def _examples(entry: Entry, engine: Engine) -> Iterator[Complaint]:
    for number, example in enumerate(entry.examples.match, 1):
        matches = _matches(entry, engine, example)
        if entry.id not in {match.entry.id for match in matches}:
            yield _complaint(
                entry.id,
                f"positive example {number} does not match",
                f"第 {number} 个正例不匹配",
            )
        elif led := _misled(entry, matches):
            en = f"positive example {number} {led.en}"
            yield _complaint(entry.id, en, f"第 {number} 个正例{led.zh}", "warning")
    for number, example in enumerate(entry.examples.no_match, 1):
        if entry.id in _ids(rank(_matches(entry, engine, example))):
            yield _complaint(
                entry.id, f"negative example {number} matches", f"第 {number} 个反例也匹配"
            )


def _matches(entry: Entry, engine: Engine, example: Example) -> list[Match]:
    found = engine.match(observations(example))
    if entry.role == "general" and not found:
        return engine.match_general(observations(example))
    return found


def _misled(entry: Entry, matches: list[Match]) -> LocalText | None:
    ranked = rank(matches)
    if not ranked:
        return LocalText(
            en="leads to nothing: the entries it matches supersede each other",
            zh="没有结果：匹配的条目互相取代",
        )
    first = ranked[0].entry
    if first.id == entry.id or entry.role == "symptom":
        return None
    return LocalText(en=f"leads to {first.id} first", zh=f"首先指向 {first.id}")


def _ids(findings: Iterable[Ranked]) -> set[str]:
    ids: set[str] = set()
    for finding in findings:
        ids.add(finding.entry.id)
        ids |= _ids(finding.symptoms)
    return ids
