"""The image that the manifests run is made from what is in the repository, in its version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MANIFEST = (ROOT / "deploy" / "bot.yaml").read_text(encoding="utf-8")


def copied() -> set[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_all_that_is_copied_is_there() -> None:
    assert copied()
    assert [source for source in copied() if not (ROOT / source).exists()] == []


def test_every_package_is_copied() -> None:
    packages = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.rstrip("*") for name in packages} <= copied()


def test_the_version_is_the_same_everywhere() -> None:
    named = set(re.findall(r"mtc-bot:(\d[\w.]*)", CONTAINERFILE + MANIFEST))
    assert named == {PROJECT["project"]["version"]}


def test_the_container_has_what_a_root_file_system_without_writing_takes() -> None:
    documents = [each for each in yaml.safe_load_all(MANIFEST) if each["kind"] == "Deployment"]
    [container] = documents[0]["spec"]["template"]["spec"]["containers"]
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert {"/data", "/tmp"} <= mounts
    assert container["args"][0] == "run"
    assert 'ENTRYPOINT ["/opt/mtc-bot/bin/mtc-bot"]' in CONTAINERFILE
