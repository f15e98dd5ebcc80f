"""What YAML made of our own entries, kept in the user's cache directory."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from knowledge.loading import builtin_folder, load_builtin, load_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mtc-bot"


def test_entries_are_the_same_from_yaml_and_from_the_cache(cache: Path) -> None:
    from_yaml = load_folder(builtin_folder())
    first = load_builtin.__wrapped__()
    assert [file.name.partition("-")[0] for file in cache.iterdir()] == ["entries"]
    again = load_builtin.__wrapped__()
    assert first == again == from_yaml
    assert list(again.by_id) == list(from_yaml.by_id)


def test_what_is_kept_is_read(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_builtin.__wrapped__()

    def no_yaml(*_: object, **__: object) -> None:
        raise AssertionError("YAML was read again")

    monkeypatch.setattr("yaml.load", no_yaml)
    assert load_builtin.__wrapped__() == whole


def test_a_spoilt_file_is_as_none(cache: Path) -> None:
    whole = load_builtin.__wrapped__()
    [file] = cache.iterdir()
    file.write_bytes(orjson.dumps([]))
    assert load_builtin.__wrapped__() == whole
    assert file.stat().st_size > 1000
