"""The data of Secrets, whatever its keys are called: as YAML, as JSON, or as JSON in a string.

Of a text that holds a Secret, the values of all maps named ``data`` and ``stringData`` are taken:
those of other objects beside it as well, since to mask too much there does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SECRET = re.compile(r"\bkind\\*[\"']?\s*[:=]\s*\\*[\"']?Secret\b")
_BLOCK = re.compile(
    r"^([ \t]*(?:- )?)(?:data|stringData):[ \t]*\n((?:[ \t]*\n|[ \t]+\S[^\n]*(?:\n|\Z))+)", re.M
)
_LINE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<key>[^\s:#][^\n:]*:[ \t]+)?(?P<value>[^\s][^\n]*)$", re.M
)
_FLOW = re.compile(r"\b(?:data|stringData)\\*[\"']?\s*:\s*\{([^{}]*)\}")
_ITEM = re.compile(r":\s*(?P<q>\\*[\"']?)(?P<value>[^\s\"'\\,{}][^\"'\\,{}\n]*)(?P=q)")
_BLOCK_SIGN = re.compile(r"[|>][+-]?\s*$")


def data_of_secrets(text: str) -> list[tuple[int, int]]:
    """Return from where to where the values in Secrets stand, in order."""
    if not _SECRET.search(text):
        return []
    return sorted({*_in_blocks(text), *_in_flow(text)})


def _in_blocks(text: str) -> Iterator[tuple[int, int]]:
    for block in _BLOCK.finditer(text):
        depth = len(block[1])
        for line in _LINE.finditer(text, *block.span(2)):
            if len(line["indent"]) <= depth:
                break
            if not _BLOCK_SIGN.fullmatch(line["value"]):
                yield line.span("value")


def _in_flow(text: str) -> Iterator[tuple[int, int]]:
    for flow in _FLOW.finditer(text):
        for item in _ITEM.finditer(text, *flow.span(1)):
            yield item.span("value")
