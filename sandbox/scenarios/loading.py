"""Scenarios and templates from the YAML files beside this module."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sandbox.scenarios.schema import Scenario


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
    """Return the scenario in a file. Raises ``ValueError`` naming the file."""
    try:
        scenario = Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    if scenario.id != path.stem:
        raise ValueError(f"{path.name}: holds id {scenario.id}")
    return scenario


@cache
def templates(name: str) -> dict[str, Any]:
    """Return the templates of one file (``app``, ``cluster``, ``run``, ``logs``, ``phases``).

    They are shared: fill them, do not change them.
    """
    path = folder() / "templates" / f"{name}.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
