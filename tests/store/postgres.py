"""A PostgreSQL server of our own: Debian's binaries, a folder that goes away, a Unix socket.

It never runs as root (the server refuses that), never listens on a port, and is stopped at once
when the tests end.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from bot.store.database import open_database

USER = "mtc"
_BLANK = "blank"


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, newest version first."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found:
        folders.append(Path(found).resolve().parent)
    return next((f for f in folders if (f / "pg_ctl").exists() and (f / "initdb").exists()), None)


def required() -> bool:
    """Return whether its absence is a failure."""
    return os.environ.get("CI") == "true" and os.environ.get("MTC_BOT_REQUIRE_POSTGRES") == "1"


class Postgres:
    """A running server."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._programs = programs
        self._user = _other_user()
        self._blank = False

    def start(self) -> None:
        self.folder.chmod(0o755)
        self.data.mkdir()
        if self._user:
            account = pwd.getpwnam(self._user)
            for path in (self.folder, self.data):
                os.chown(path, account.pw_uid, account.pw_gid)
        self._run("initdb", "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync", "--no-locale")
        self.resume()

    def resume(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=50"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def database(self, name: str) -> str:
        """Return the URL of a new database, with all tables and nothing in them."""
        if not self._blank:
            self._blank = True
            open_database(self._create(_BLANK, "template1")).close()
        return self._create(name, _BLANK)

    def _create(self, name: str, template: str) -> str:
        asked = f'CREATE DATABASE "{name}" TEMPLATE "{template}"'
        folder = str(self.folder)
        with psycopg.connect(host=folder, user=USER, dbname="postgres", autocommit=True) as server:
            server.execute(asked.encode())
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), "-D", str(self.data), *arguments],
            user=self._user or None,
            cwd=self.folder,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            pytest.fail(f"{program} failed: {done.stdout or (self.folder / 'log').read_text()}")


def _other_user() -> str:
    """Return the user to run as: another than root, which the server refuses."""
    if os.getuid() != 0:
        return ""
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def short_folder() -> Path:
    """Return a new folder whose path is short enough for a socket's."""
    return Path(tempfile.mkdtemp(prefix="mtcpg-"))
