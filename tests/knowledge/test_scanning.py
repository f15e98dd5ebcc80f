"""Logs as bytes in, lines with their signatures out; Hyperscan and ``re`` are the real ones.

What the automaton finds is held to what ``re`` finds line by line, wherever chunks end.
"""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.logs import controller_lines, velero_lines
from knowledge.loading import load_builtin
from knowledge.matching.automaton import BLOCK, Automaton, LineHit
from knowledge.matching.compiling import compiled
from knowledge.matching.engine import Engine, Match
from knowledge.matching.literals import cover, required
from knowledge.matching.patterns import confirming, for_automaton
from knowledge.schema import Entry, Signature

SIGNATURES = tuple(
    Signature(pattern=pattern, ignore_case=fold)
    for pattern, fold in (
        (r"no space left on device", True),
        (r"(restic|velero).*no space left on device", True),
        (r"\bOOMKilled\b", False),
        (r"backup (?P<name>\S+) failed", True),
        (r"^\W*Unauthorized\W*$", True),
        (r'secret "(?P<name>[^"]+)" not found', False),
        (r"code\d+end", False),
    )
)
AUTOMATON = Automaton([(for_automaton(s), s.ignore_case) for s in SIGNATURES])

_WORDS = st.sampled_from(
    [
        "restic",
        "velero",
        "no space left on device",
        "No Space Left on device",
        "OOMKilled",
        "backup web-1 failed",
        "Unauthorized",
        'secret "a" not found',
        r"secret \"a\" not found",
        "code1end",
        "code",
        " ",
        ".",
        "\r",
        "\t",
        'level=error msg="',
        "\u2026",
    ]
)
LOGS = st.lists(st.lists(_WORDS, max_size=6).map("".join), max_size=12).map(
    lambda lines: "\n".join(lines).encode()
)
CUTS = st.lists(st.integers(min_value=1, max_value=400), max_size=20)


def cut(log: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield log[at : at + size]
        at += size
    yield log[at:]


def by_re(log: bytes) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for number, line in enumerate(log.split(b"\n"), 1):
        text = line.decode("utf-8", "replace").rstrip("\r")
        ids = {i for i, s in enumerate(SIGNATURES) if confirming(s).search(text)}
        if ids:
            found[number] = ids
    return found


def hits(log: bytes, *chunks: bytes) -> list[LineHit]:
    return list(AUTOMATON.lines(chunks or (log,)))


@given(log=LOGS, sizes=CUTS)
def test_finds_what_re_finds_wherever_chunks_end(log: bytes, sizes: list[int]) -> None:
    lines = log.split(b"\n")
    found = list(AUTOMATON.lines(cut(log, sizes)))
    assert {hit.number: set(hit.ids) for hit in found} == by_re(log)
    assert [hit.number for hit in found] == sorted({hit.number for hit in found})
    assert all(hit.line == lines[hit.number - 1] for hit in found)


@given(log=st.binary(max_size=3000), sizes=CUTS)
def test_takes_any_bytes(log: bytes, sizes: list[int]) -> None:
    whole = [(hit.number, hit.line, hit.ids) for hit in AUTOMATON.lines([log])]
    assert [(h.number, h.line, h.ids) for h in AUTOMATON.lines(cut(log, sizes))] == whole


@given(log=LOGS)
def test_says_the_same_without_numbers(log: bytes) -> None:
    numbered = [(hit.line, hit.ids) for hit in AUTOMATON.lines([log])]
    plain = list(AUTOMATON.lines([log], numbered=False))
    assert [(hit.line, hit.ids) for hit in plain] == numbered
    assert not any(hit.number for hit in plain)


@pytest.mark.parametrize("size", [1, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_counts_lines_over_blocks_of_any_size(size: int) -> None:
    quiet = b"level=info msg=listing items of a kind\n"
    log = b"".join(quiet * 9999 + b"pod OOMKilled %d\n" % n for n in range(3))
    chunks = (log[at : at + size] for at in range(0, len(log), size)) if size > 1 else [log]
    found = list(AUTOMATON.lines(chunks))
    assert [hit.number for hit in found] == [10_000, 20_000, 30_000]
    assert [hit.line for hit in found] == [b"pod OOMKilled %d" % n for n in range(3)]


def test_finds_both_ends_of_a_line_of_megabytes() -> None:
    filler = b"a" * (3 * BLOCK)
    line = b'time="t" level=error pod OOMKilled ' + filler + b" backup web-1 failed " + filler
    found = hits(b"", b"first\n" + line, b"\nrestic: no space left on device\n")
    assert [(hit.number, hit.ids) for hit in found] == [(2, (2,)), (2, (3,)), (3, (0, 1))]
    assert b"backup web-1 failed" in found[1].line
    assert all(len(hit.line) <= 8192 for hit in found)
    assert found[1].lead.startswith(b'time="t" level=error')


def test_reports_a_signature_once_in_a_line_however_often_it_stands_there() -> None:
    line = b"pod OOMKilled; " * (2 * BLOCK // 10)
    found = hits(line + b"\n" + line)
    assert [(hit.number, hit.ids) for hit in found] == [(1, (2,)), (2, (2,))]


def test_scans_a_line_that_never_ends_in_bounded_memory() -> None:
    chunk = b"x" * BLOCK
    list(AUTOMATON.lines([chunk]))
    tracemalloc.start()
    try:
        found = list(AUTOMATON.lines(chunk for _ in range(100)))
        found += list(AUTOMATON.lines(b"y" * 1000 for _ in range(30_000)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not found
    assert peak < 16 << 20


def test_takes_signatures_that_need_no_text_at_all() -> None:
    automaton = Automaton([(rb"\d{3}-\d{3}", False), (rb"OOMKilled", False)])
    found = list(automaton.lines([b"call 123-456\nnothing\nOOMKilled 123-45\n"]))
    assert [(hit.number, hit.ids) for hit in found] == [(1, (0,)), (3, (1,))]


def test_finds_nothing_without_signatures() -> None:
    automaton = Automaton([])
    assert list(automaton.lines([b"anything\n"])) == []
    assert automaton.find(b"anything") == frozenset()


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        (r"No Space left", {"no space left"}),
        (r"(restic|velero).*quota exceeded", {"quota exceeded"}),
        (r"(restic|\d+) (quota|limit)", {" quota", " limit"}),
        (r"\d+\s*", set()),
        (r"(?:abcdef|\d+)", set()),
        (r"(?:abcdefgh)?", set()),
        (r"abcd|b\S+efgh", {"abcd", "efgh"}),
        (r"(?i:Zebras)+[^x]lions", {"zebras"}),
    ],
)
def test_tells_which_texts_a_pattern_needs(pattern: str, needs: set[str]) -> None:
    assert required(pattern) == needs


def _repeated(pair: tuple[str, str]) -> str:
    text, times = pair
    return f"({text}){times}"


_PATTERNS = st.recursive(
    st.sampled_from(["ab", "c", "D", r"\.", "[ef]", "[^g]", r"\d", r"\s", ".", "^h", r"i\b"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map("|".join).map("(?:{})".format)
        | st.tuples(inner, st.sampled_from(["?", "{2}", "{0,2}"])).map(_repeated)
        # In others, alternatives and repetitions within would take ``re`` years of going back.
        | st.tuples(
            inner.filter(lambda text: not set(text) & set("|*+?{")),
            st.sampled_from(["*", "+", "+?"]),
        ).map(_repeated)
    ),
    max_leaves=12,
)


@given(data=st.data(), pattern=_PATTERNS)
def test_each_match_of_a_pattern_holds_a_text_that_it_needs(
    data: st.DataObject, pattern: str
) -> None:
    needs = required(pattern)
    match = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=False))
    assert not needs or any(text in match.lower() for text in needs)


@given(texts=st.sets(st.text("abc ", min_size=1, max_size=14), max_size=30))
def test_each_text_holds_one_of_those_that_cover_all(texts: set[str]) -> None:
    short = cover(texts)
    assert all(any(part in text for part in short) for text in texts)
    assert len(short) <= len(texts)


@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    return tuple(load_builtin().by_id.values())


def test_never_misses_an_example_that_re_confirms(entries: tuple[Entry, ...]) -> None:
    signatures = [m.signature for e in entries for m in e.matchers if m.signature is not None]
    automaton = Automaton([(for_automaton(s), s.ignore_case) for s in signatures])
    confirm = [confirming(s) for s in signatures]
    owners = [e.id for e in entries for m in e.matchers if m.signature is not None]
    texts = {
        (line, entry.id)
        for entry in entries
        for example in (*entry.examples.match, *entry.examples.no_match)
        for line in (example.text or "").splitlines()
        if line.isascii()
    }
    assert len(texts) > 1000
    found = {
        hit.line.decode(): hit.ids for hit in automaton.lines(f"{t}\n".encode() for t, _ in texts)
    }
    missed = [
        (text, signatures[number].pattern)
        for text, owner in texts
        for number, pattern in enumerate(confirm)
        if (number % 20 == 0 or owners[number] == owner)
        and pattern.search(text)
        and number not in found.get(text, ())
    ]
    assert missed == []


def test_every_signature_of_ours_needs_a_text(entries: tuple[Entry, ...]) -> None:
    patterns = [
        (for_automaton(m.signature), m.signature.ignore_case)
        for e in entries
        for m in e.matchers
        if m.signature is not None
    ]
    assert [pattern for pattern, _ in patterns if not required(pattern.decode())] == []
    assert compiled(patterns).loose


def looked_for(entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """Return the texts that are looked for in logs."""
    scanned = [entry for entry in entries if entry.role != "general"]
    signatures = [m.signature for entry in scanned for m in entry.matchers if m.signature]
    needed = [required(for_automaton(s).decode()) for s in signatures if "row" not in s.where]
    return cover(text for texts in needed for text in texts)


def test_texts_that_are_looked_for_are_long(entries: tuple[Entry, ...]) -> None:
    """Of a few short ones Hyperscan makes a group apart, and all bytes then cost more."""
    texts = looked_for(entries)
    assert [text for text in texts if len(text) < 7] == []
    assert len([text for text in texts if len(text) == 7]) < 25


def test_no_healthy_line_is_looked_at_closely(entries: tuple[Entry, ...]) -> None:
    """What is looked for is rare where all is well; otherwise scanning takes twice as long."""
    texts = looked_for(entries)
    lines = [*islice(velero_lines(7), 1000), *islice(controller_lines(7), 300)]
    said = b"".join(lines).decode().lower()
    assert [text for text in texts if text in said] == []


def scan(*lines: str) -> list[Match]:
    engine = Engine(
        [
            Entry.model_validate(
                {
                    "id": "space",
                    "title": {"en": "t", "zh": "t"},
                    "cause": {"en": "c", "zh": "c"},
                    "severity": "error",
                    "source": ["restic"],
                    "matchers": [{"signature": {"pattern": "no space left on device"}}],
                    "steps": [{"text": {"en": "s", "zh": "s"}}],
                    "examples": {
                        "match": [{"text": "no space left on device"}] * 3,
                        "no_match": [{"text": "fine"}] * 2,
                    },
                }
            )
        ]
    )
    return list(engine.scan(["\n".join(lines).encode()]))


class TestRecordsOfSeveralLines:
    HEAD = (
        'time="2024-11-24T06:00:00Z" level=error msg="restic failed" backup=ns/web-1 error="exit 1'
    )

    def test_a_second_line_has_the_time_and_level_of_the_first(self) -> None:
        [match] = scan(self.HEAD, 'stderr: no space left on device"')
        assert match.observation.time == datetime(2024, 11, 24, 6, tzinfo=UTC)
        assert match.observation.level == "error"
        assert match.observation.text == 'stderr: no space left on device"'
        assert match.observation.where == "line 2"
        assert "backup=ns/web-1" in match.observation.fields["lead"]

    def test_a_stack_trace_lies_between(self) -> None:
        [match] = scan(self.HEAD, *["\tgoroutine 1 at main.go:1"] * 30, "no space left on device")
        assert match.observation.level == "error"

    def test_a_line_that_begins_a_record_has_its_own(self) -> None:
        [match] = scan(self.HEAD, '{"level":"info","msg":"no space left on device"}')
        assert match.observation.level == "info"
        assert "lead" not in match.observation.fields

    def test_a_record_in_json_is_complete(self) -> None:
        [match] = scan('{"level":"error","ts":1732428000,"msg":"a"}', "no space left on device")
        assert (match.observation.level, match.observation.time) == ("", None)

    def test_a_level_that_calms_down_is_not_passed_on(self) -> None:
        [match] = scan(self.HEAD.replace("=error", "=info"), "no space left on device")
        assert match.observation.level == ""
        assert match.observation.time is not None

    def test_a_time_before_each_line_is_no_beginning(self) -> None:
        stamp = "2024-11-24T06:00:01.123456789Z "
        [match] = scan(stamp + self.HEAD, stamp + "no space left on device")
        assert match.observation.level == "error"

    def test_the_first_line_may_be_in_the_block_before(self) -> None:
        filler = 'time="2024-11-24T05:00:00Z" level=info msg="listing"\n'
        log = filler * (BLOCK // len(filler)) + self.HEAD + "\n"
        chunks = [log.encode(), b"no space left on device\n"]
        assert [hit.lead[:25] for hit in AUTOMATON.lines(chunks)] == [self.HEAD[:25].encode()]


def test_both_forms_of_a_pattern_agree_on_line_ends() -> None:
    signature = Signature(pattern=r"^Unauthorized$")
    automaton = Automaton([(for_automaton(signature), False)])
    found = [
        hit.number for hit in automaton.lines([b"Unauthorized\r\nno\nUnauthorized\nUnauthorized!"])
    ]
    assert found == [1, 3]
    assert re.search(rb"\r", for_automaton(signature)) is None
