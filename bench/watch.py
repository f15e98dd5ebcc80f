"""Watching at scale, on a real API server: ``python -m bench watch [SIZE ...]``.

A control cluster with so many finished migrations and a source cluster, each a kube-apiserver
with etcd, kwok for pods and their logs; the Slack sandbox; ``mtc-bot run`` as a process of its own
with the rights in ``deploy/rbac.yaml`` and the environment in ``deploy/bot.yaml``, without a cache
as in a container. For each size it prints: time from the start of the process
to the first full picture, requests and bytes a minute when nothing happens, time from a condition
written to its post in Slack, resident memory.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import yaml

from bench.crowd import ROOMS, Crowd, failure, live, live_plan
from bench.metering import Audit, Forwarder
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from sandbox.slack import DEFAULT_SEED, Room, SlackSandbox
from tests.apiserver import crds
from tests.apiserver.kwok import Kwok
from tests.apiserver.loading import load, path_of
from tests.apiserver.pairing import pair
from tests.apiserver.process import ApiServer, NoBinaryError
from tests.apiserver.rights import ACCOUNT, bot_token
from tests.apiserver.running import run_bot

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 5_000, 10_000)
_USER = f"system:serviceaccount:{ACCOUNT}:{ACCOUNT}"
_MERGE = "application/merge-patch+json"
_LOG_BYTES = 1 << 20
_COLUMNS = (
    ("migrations", 10),
    ("objects", 8),
    ("read s", 7),
    ("known s", 8),
    ("lists", 6),
    ("idle req/min", 12),
    ("idle KB/min", 11),
    ("p50 s", 6),
    ("p99 s", 6),
    ("max s", 6),
    ("RSS MB", 7),
    ("peak MB", 8),
)


@dataclass(frozen=True)
class Sizes:
    """How long and how often is measured."""

    samples: int
    idle_seconds: float
    pause: float = 3.0
    """Mean seconds between two conditions written; several rooms keep this from being a storm."""


@contextmanager
def _clusters(folder: Path, audit: Audit) -> Iterator[tuple[ApiServer, ApiServer]]:
    control = ApiServer(folder / "control", extra=audit.flags)
    source = ApiServer(folder / "source")
    kwoks = []
    try:
        for server in (control, source):
            server.start()
            crds.install(server)
            kwok = Kwok(server)
            kwok.start()
            kwoks.append(kwok)
            _pods(server, kwok)
        pair(control, source, bot_token(source))
        yield control, source
    finally:
        for kwok in kwoks:
            kwok.stop()
        source.stop()
        control.stop()


def _pods(server: ApiServer, kwok: Kwok) -> None:
    """Let MTC's own pods run, with a megabyte of healthy log each."""
    names = {"migration-controller-1": "mtc", "velero-1": "velero", "node-agent-1": "node-agent"}
    line = (
        'time="2026-01-01T00:00:00Z" level=info msg="Backed up 1 items out of 20" backup=%s/b-%d\n'
    )
    pods = []
    logs = {}
    for name, container in names.items():
        meta = {"name": name, "namespace": MTC_NAMESPACE}
        spec = {"containers": [{"name": container}]}
        pods.append({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
        content = "".join(line % (MTC_NAMESPACE, n) for n in range(_LOG_BYTES // len(line)))
        logs[MTC_NAMESPACE, name, container] = content.encode()
    load(server, pods, kwok, logs)


class Bot:
    """``mtc-bot run`` as a process of its own."""

    def __init__(self, folder: Path, server: ApiServer, port: int, slack: SlackSandbox) -> None:
        self._log = folder / "bot.log"
        kubeconfig = server.kubeconfig(folder / "kubeconfig", bot_token(server), "prod")
        kubeconfig.write_text(kubeconfig.read_text().replace(f":{server.port}", f":{port}"))
        settings = {
            "control_clusters": [
                {"name": "prod", "context": "prod", "kubeconfig": str(kubeconfig)}
            ],
            "slack": {
                "channel": room(0).id,
                "routes": [{"plan": f"*{n}", "channel": room(n).id} for n in range(ROOMS)],
            },
            "database": f"sqlite:///{folder}/mtc-bot.sqlite3",
        }
        (folder / "mtc-bot.yaml").write_bytes(orjson.dumps(settings))
        self.began = time.monotonic()
        environment = {"XDG_CACHE_HOME": os.devnull, **_allocation()}
        self._process = run_bot(folder, slack, environment)

    def said(self, words: str, seconds: float = 600) -> float:
        """Return how long after its start the bot logged these words."""
        while words not in self._log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() - self.began > seconds:
                raise RuntimeError(f"never said {words!r}:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.05)
        return time.monotonic() - self.began

    def memory(self, field: str) -> float:
        """Return ``VmRSS`` or ``VmHWM`` in MB."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
        raise LookupError(field)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _allocation() -> dict[str, str]:
    """Return how memory is allocated, as the Deployment sets it."""
    documents = yaml.safe_load_all((ROOT / "deploy" / "bot.yaml").read_text())
    (deployment,) = (found for found in documents if found["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    named = {each["name"]: each.get("value", "") for each in container["env"]}
    return {name: value for name, value in named.items() if name.startswith("MALLOC_")}


def room(number: int) -> Room:
    """Return one of the channels that alerts go to."""
    return Room(f"C0BENCH{number:03}", f"bench-{number}")


def measure(size: int, wanted: Sizes) -> dict[str, float]:
    """Return the figures for a control cluster of one size."""
    seed = replace(DEFAULT_SEED, rooms=(*DEFAULT_SEED.rooms, *map(room, range(ROOMS))))
    with tempfile.TemporaryDirectory(prefix="mtc-bot-bench-") as place:
        folder = Path(place)
        audit = Audit(folder / "audit")
        with _clusters(folder, audit) as (control, _), SlackSandbox(seed=seed) as slack:
            began = time.monotonic()
            objects = Crowd(size, wanted.samples).load(control)
            _say(f"{size}: {objects} objects were made in {time.monotonic() - began:.0f} s")
            forwarder = Forwarder(control.port)
            mark = audit.mark()
            bot = Bot(folder, control, forwarder.port, slack)
            try:
                read = bot.said("is read:")
                known = bot.said("is known:")
                lists = audit.requests(_USER, mark)["list"]
                _say(f"{size}: read after {read:.1f} s, known after {known:.1f} s")
                idle, received = _idle(audit, forwarder, wanted.idle_seconds)
                resting = bot.memory("VmRSS")
                _say(f"{size}: idle: {dict(idle)}, {resting:.0f} MB")
                times = sorted(_alerts(control, slack, wanted))
                minutes = wanted.idle_seconds / 60
                return {
                    "migrations": size,
                    "objects": objects,
                    "read s": read,
                    "known s": known,
                    "lists": lists,
                    "idle req/min": sum(idle.values()) / minutes,
                    "idle KB/min": received / 1024 / minutes,
                    "p50 s": statistics.median(times),
                    "p99 s": times[min(len(times) - 1, int(len(times) * 0.99))],
                    "max s": times[-1],
                    "RSS MB": max(resting, bot.memory("VmRSS")),
                    "peak MB": bot.memory("VmHWM"),
                }
            finally:
                bot.stop()
                forwarder.close()


def _idle(audit: Audit, forwarder: Forwarder, seconds: float) -> tuple[dict[str, int], int]:
    time.sleep(45)  # the first bookmarks come within a minute of a watch's start
    mark, received = audit.mark(), forwarder.received
    time.sleep(seconds)
    return dict(audit.requests(_USER, mark)), forwarder.received - received


def _alerts(control: ApiServer, slack: SlackSandbox, wanted: Sizes) -> Iterator[float]:
    """Yield how long each condition took from being written to being posted, in seconds."""
    order = list(range(wanted.samples))
    rng = random.Random(7)
    rng.shuffle(order)
    for number in order:
        status = failure(datetime.now(UTC))
        path = path_of(k.MIGMIGRATION, MTC_NAMESPACE, live(number))
        began = time.time()
        control.done("PATCH", path, {"status": status}, _MERGE)
        channel = room(int(live_plan(number)[-1])).id
        yield slack.wait_for(_posted(slack, channel, live(number)), 60) - began
        time.sleep(wanted.pause * rng.uniform(0.5, 1.5))


def _posted(slack: SlackSandbox, channel: str, name: str) -> Callable[[], float]:
    def look() -> float:
        for message in slack.messages(channel):
            if name in orjson.dumps(message).decode():
                return float(message["ts"])
        return 0.0

    return look


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Measure the sizes asked for, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench watch", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--idle-seconds", type=float, default=120)
    given = parser.parse_args(arguments)
    rows = []
    for size in given.sizes:
        try:
            rows.append(measure(size, Sizes(given.samples, given.idle_seconds)))
        except NoBinaryError as error:
            print(f"watch: not run: {error}")
            return 0
    print(" | ".join(name.rjust(width) for name, width in _COLUMNS))
    for row in rows:
        print(" | ".join(_shown(row[name]).rjust(width) for name, width in _COLUMNS))
    return 0


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"
