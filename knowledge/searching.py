"""Finding entries by words, in either language."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz

from knowledge.schema import Entry


def search(entries: Iterable[Entry], words: str, limit: int = 10) -> tuple[Entry, ...]:
    """Return the entries that fit ``words`` best; all, by id, where no words are given."""
    wanted = " ".join(words.split()).lower()
    if not wanted:
        return tuple(sorted(entries, key=lambda entry: entry.id))
    scored = [(_score(entry, wanted), entry) for entry in entries]
    good = [(score, entry) for score, entry in scored if score >= 60]
    good.sort(key=lambda pair: (-pair[0], pair[1].id))
    return tuple(entry for _, entry in good[:limit])


def _score(entry: Entry, wanted: str) -> float:
    if wanted == entry.id:
        return 200.0
    names = " ".join((entry.id, entry.id.replace("-", " "), *entry.tags)).lower()
    titles = f"{entry.title.en} {entry.title.zh}".lower()
    body = f"{entry.cause.en} {entry.cause.zh}".lower()
    types = " ".join(m.condition.type for m in entry.matchers if m.condition).lower()
    texts = " ".join(m.signature.text or "" for m in entry.matchers if m.signature).lower()
    words, whole = wanted.split(), set(names.split())
    score = 0.0
    for word in words:
        if word in whole:
            score += 120
        elif word in names or word in types:
            score += 100
        elif word in titles:
            score += 90
        elif word in body or word in texts:
            score += 70
        elif len(word) > 3:
            near = fuzz.partial_ratio(word, f"{names} {titles}")
            score += 60 if near >= 85 else 0
    return score / len(words)
