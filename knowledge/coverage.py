"""Which known messages the entries recognise.

Two tables, as CSV: the conditions that MTC sets, and the texts that logs and statuses are known
to hold. From every row the same object or line is made that a cluster would show, and asked of
the engine. A row is covered when an entry answers; a row that is named harmless only when no
entry would raise an alarm.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.matching.engine import Engine
from knowledge.observations import Observation
from knowledge.observing import observe, observe_line
from knowledge.ranking import rank
from knowledge.sampling import sample_texts

CONDITION_COLUMNS = frozenset({"kind", "type", "category", "reason", "message_template"})
SIGNATURE_COLUMNS = frozenset({"component", "match", "pattern", "severity"})
ALARMING = frozenset({"Critical", "Error", "Warn"})
"""Categories of conditions that need an entry; Required and Advisory ones tell of progress."""

_VERB = re.compile(r"%(?:%|[#+ 0-9.]*[a-zA-Z])")
_ANGLES = re.compile(r"<[^>]*>")
_FACT = re.compile(r"(?P<path>[A-Za-z][\w.]*)\s*(?:>=|==?)\s*(?P<value>\S+)")
_RULE_KINDS = {"DVMP": "DirectVolumeMigrationProgress", "DVM": "DirectVolumeMigration"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, and whether an entry answers to it."""

    name: str
    """What to call the row, in one line."""
    covered: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one table is covered."""

    rows: tuple[Row, ...]

    @property
    def missing(self) -> tuple[Row, ...]:
        """Return the rows that no entry answers to, or a wrong one."""
        return tuple(row for row in self.rows if not row.covered)

    @property
    def share(self) -> float:
        """Return the covered share, 0 to 1; a table without rows is covered."""
        return 1 - len(self.missing) / len(self.rows) if self.rows else 1.0


def read_table(path: Path, columns: frozenset[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file.

    Raises ``OSError`` where it cannot be read, ``ValueError`` where it lacks a column.
    """
    with path.open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(opened)
        if missing := columns - set(reader.fieldnames or ()):
            raise ValueError(f"{path} lacks the columns {', '.join(sorted(missing))}")
        return [{key: value or "" for key, value in row.items() if key} for row in reader]


def condition_coverage(engine: Engine, rows: Iterable[Mapping[str, str]]) -> Coverage:
    """Return the coverage of a table of conditions; a condition that never stands needs none."""
    return Coverage(tuple(_condition_row(engine, row) for row in rows))


def signature_coverage(engine: Engine, rows: Iterable[Mapping[str, str]]) -> Coverage:
    """Return the coverage of a table of texts."""
    return Coverage(tuple(_signature_row(engine, row) for row in rows))


def _condition_row(engine: Engine, row: Mapping[str, str]) -> Row:
    name = f"{row['kind']} {row['type']} ({row['category']} {row['reason']})".replace(" )", ")")
    if row["category"] not in ALARMING or row.get("status", "True") != "True":
        return Row(name, True)
    for obj in _objects(row):
        if all(match.entry.catches_all for match in engine.match(observe(obj))):
            message = obj["status"]["conditions"][0]["message"]
            return Row(name, False, f"no entry for: {message or 'an empty message'}")
    return Row(name, True)


def _objects(row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for message in row["message_template"].split(" || "):
        for reason in row["reason"].split("|"):
            yield {
                "kind": row["kind"],
                "metadata": {"name": "shop", "namespace": "openshift-migration"},
                "status": {
                    "conditions": [
                        {
                            "type": row["type"],
                            "status": "True",
                            "category": row["category"],
                            "reason": reason,
                            "message": _filled(message),
                        }
                    ]
                },
            }


def _filled(template: str) -> str:
    def value(found: re.Match[str]) -> str:
        return {"%%": "%", "%d": "3"}.get(found[0], "shop")

    text = _VERB.sub(value, template).replace("[]", "[shop]")
    return _ANGLES.sub("shop", text)


def _signature_row(engine: Engine, row: Mapping[str, str]) -> Row:
    name = f"{row['component']}: {row['pattern']}"
    harmless = row["severity"] == "benign"
    try:
        asked = list(_asked(row))
    except ValueError as error:
        return Row(name, False, str(error))
    for text, ways in asked:
        findings = [rank(engine.match(way)) for way in ways]
        if not any(findings):
            return Row(name, False, f"no entry for: {text}")
        alarms = {f.entry.id for found in findings for f in found if not f.entry.benign}
        if harmless and alarms:
            return Row(name, False, f"harmless, but raises {', '.join(sorted(alarms))}: {text}")
    return Row(name, True)


def _asked(row: Mapping[str, str]) -> Iterator[tuple[str, list[list[Observation]]]]:
    """Yield each text of a row with the ways in which it may be met."""
    if row["match"] == "rule":
        obj = _object_of_rule(row["pattern"])
        yield row["pattern"], [list(observe(obj))]
        return
    components = row["component"].replace("ui", "console").split("/")
    for texts in _texts(row):
        yield (
            texts[0],
            [
                [observe_line(line, kind, component)]
                for text in texts
                for line in _lines(text, row["severity"])
                for component in components
                for kind in ("log", "cr", "event", "pod-status")
            ],
        )


def _texts(row: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield each alternative of a pattern, in forms of which one must be recognised."""
    pattern = row["pattern"]
    if row["match"] == "substring":
        yield (pattern,)
        return
    plain = sample_texts(pattern)
    fuller = sample_texts(pattern, word="shop/orders", gap=" /shop/orders: ")
    for number, text in enumerate(plain):
        yield (text, fuller[number]) if number < len(fuller) else (text,)


def _lines(text: str, severity: str) -> tuple[str, ...]:
    """Return a text alone, with more behind it, and in a line of a log."""
    level = "info" if severity == "benign" else "error"
    return (text, f"{text} shop", f'level={level} msg="{text}"')


def _object_of_rule(rule: str) -> dict[str, Any]:
    """Return an object of which a rule such as ``DVMP.status.phase=Failed AND ...`` is true."""
    head, _, _ = rule.partition(".")
    if head not in _RULE_KINDS:
        raise ValueError(f"a rule begins with one of {', '.join(_RULE_KINDS)}: {rule}")
    status: dict[str, Any] = {}
    for fact in rule.split(" AND "):
        if found := _FACT.fullmatch(fact.strip()):
            value = found["value"]
            status[found["path"].rpartition(".")[2]] = int(value) if value.isdigit() else value
    return {"kind": _RULE_KINDS[head], "metadata": {"name": "shop"}, "status": status}
