"""Without a real API server its tests are skipped in one line, and in CI they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
A_TEST = "tests/clusters/test_contract.py::TestGetting::test_an_adapter_is_a_reader[live]"


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "KUBEBUILDER_ASSETS"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:xdist", A_TEST],
        cwd=ROOT,
        env={**inherited, "MTC_BOT_APISERVER_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_they_are_skipped_with_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path, CI="", MTC_BOT_REQUIRE_APISERVER="")
    assert done.returncode == 0
    assert "run tests/apiserver/build.sh" in done.stdout
    assert "1 skipped" in done.stdout


def test_they_fail_where_they_must_run(tmp_path: Path) -> None:
    done = run(tmp_path, CI="true", MTC_BOT_REQUIRE_APISERVER="1")
    assert done.returncode == 1
    assert "run tests/apiserver/build.sh" in done.stdout
