"""What the command line says, it says in both languages.

In: the source of ``bot.cli``. A sentence that is printed, or that ends a command, must come from
``choose`` (or from another place that holds both); help texts stay English.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import TROUBLES, terminal
from bot.clusters.port import ClusterError

FOLDER = Path(terminal.__file__).parent
FILES = sorted(FOLDER.glob("*.py"))
SAYING = {"fail", "print", "add_task", "add_column", "append"}
FOR_DEVELOPERS = {"demo_check"}
"""Where the differences of a scenario are gathered: for those who work on the bot itself."""
BOTH = {"choose", "say", "name_of", "get", "line", "LocalText"}
SENTENCE = re.compile(r"[A-Za-z]{2,}[,:]? [a-z]{2,}")
REASONS = {"why"}
"""Variables that hold the English words of a cluster, of which one language may do without."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def name_of_call(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def sentences(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the English sentences in an expression that no call with both languages holds."""
    if isinstance(node, ast.Call) and name_of_call(node) in BOTH:
        return
    if isinstance(node, ast.IfExp) and "zh" in ast.dump(node.test):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if SENTENCE.search(node.value):
            yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from sentences(child)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_sentence_that_is_printed_is_there_in_both_languages(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    saying = SAYING - {"append"} if file.stem in FOR_DEVELOPERS else SAYING
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and name_of_call(n) in saying]
    alone = [
        f"{file.name}:{text.lineno}: {text.value!r}"
        for call in calls
        for argument in (*call.args, *(k.value for k in call.keywords))
        for text in sentences(argument)
    ]
    assert alone == []


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_what_is_chosen_by_language_is_really_two_languages(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and name_of_call(node) == "choose"):
            continue
        if len(node.args) != 3 or not all(_literal(part) for part in node.args[1:]):
            continue
        en, zh = (_words(part) for part in node.args[1:])
        where = f"{file.name}:{node.lineno}"
        assert not CHINESE.search(en), where
        assert CHINESE.search(zh) or not SENTENCE.search(en), where
        missing = _names(node.args[1]) - _names(node.args[2])
        assert missing <= REASONS, f"{where}: Chinese does not say {missing}"


def _literal(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _words(node: ast.expr) -> str:
    return "".join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def _names(node: ast.expr) -> set[str]:
    """Return the variables a text fills in, without a suffix for the language."""
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return {re.sub(r"_(?:en|zh)$", "", name) for name in found}


def test_every_kind_of_trouble_with_a_cluster_has_words_in_both_languages() -> None:
    def below(kind: type[ClusterError]) -> Iterator[type[ClusterError]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    reasons = {kind.reason for kind in below(ClusterError)}
    assert reasons <= TROUBLES.keys()
