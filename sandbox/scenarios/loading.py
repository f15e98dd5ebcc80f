"""Scenarios and templates from the YAML files beside this module."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from knowledge.safe_yaml import load_yaml
from sandbox.scenarios.schema import Scenario
from sandbox.scenarios.twins import like_its_twin


def folder() -> Path:
    """Return where the scenarios lie."""
    return Path(str(resources.files("sandbox") / "scenarios"))


@cache
def load_scenarios() -> tuple[Scenario, ...]:
    """Return all scenarios by their offset and id.

    Raises ``ValueError`` naming the file in which something is wrong.
    """
    found = [parse_scenario(path) for path in sorted(folder().glob("*.yaml"))]
    return tuple(sorted(found, key=lambda scenario: (scenario.offset, scenario.id)))


def parse_scenario(path: Path) -> Scenario:
    """Return the scenario in a file. Raises ``ValueError`` naming the file.

    The twin of a look-alike is looked for beside it.
    """
    try:
        told = _read(path)
        if "like" in told:
            told = like_its_twin(told, _read(path.with_name(f"{told['like']}.yaml")))
        scenario = Scenario.model_validate(told)
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    if scenario.id != path.stem:
        raise ValueError(f"{path.name}: holds id {scenario.id}")
    return scenario


def _read(path: Path) -> dict[str, Any]:
    told = load_yaml(path.read_text(encoding="utf-8"))
    if not isinstance(told, dict):
        raise ValueError("holds no scenario")
    return told


@cache
def templates(name: str) -> dict[str, Any]:
    """Return the templates of one file (``app``, ``cluster``, ``run``, ``logs``, ``phases``).

    They are shared: fill them, do not change them.
    """
    path = folder() / "templates" / f"{name}.yaml"
    loaded: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return loaded
