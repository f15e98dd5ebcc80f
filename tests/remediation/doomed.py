"""A process that carries out requests and is killed at a given moment (see ``test_kills``).

It is started once and forks for each order that comes on its standard input, so that every run is
a process of its own without waiting for imports. The clusters live in the test; they are spoken
to over a socket, so that they survive.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Client
from typing import Any

from sqlalchemy import event

from bot.access.policy import parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.remediation.running import Runner
from bot.store.approvals import StoredApprovals
from bot.store.database import Database, open_database
from tests.remediation.world import PEOPLE, POLICY

KEY = b"tests"
WRITES = ("patch", "create", "delete")


class Moment:
    """Counts what happens and ends the process when its time has come."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._at = (order.get("at"), order.get("moment"), order.get("number"))
        self.counts: dict[str, int] = {"write": 0, "commit": 0}

    def before(self, what: str) -> None:
        if (what, "before", self.counts[what] + 1) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, what: str) -> None:
        self.counts[what] += 1
        if (what, "after", self.counts[what]) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


class FarCluster:
    """A ``ClusterWriter`` whose objects are in another process."""

    def __init__(self, name: str, call: Callable[..., Any], moment: Moment) -> None:
        self.name = name
        self._call = call
        self._moment = moment
        for method in ("get", "list", "allowed", "watch", "logs", "attached_logs"):
            setattr(self, method, self._reading(method))
        for method in WRITES:
            setattr(self, method, self._writing(method))

    def _reading(self, method: str) -> Callable[..., Any]:
        return lambda *args, **more: self._call(self.name, method, args, more)

    def _writing(self, method: str) -> Callable[..., Any]:
        def write(*args: Any, **more: Any) -> Any:
            self._moment.before("write")
            answer = self._call(self.name, method, args, more)
            self._moment.after("write")
            return answer

        return write


class FarPlane:
    """A control plane of far clusters."""

    name = "wave-1"

    def __init__(self, clusters: dict[str, FarCluster]) -> None:
        self._clusters = clusters
        self.host = clusters["host"]

    def remote(self, migcluster: str) -> FarCluster:
        found = self.host.get(k.MIGCLUSTER, migcluster, MTC_NAMESPACE)  # type: ignore[attr-defined]
        if found["spec"].get("isHostCluster"):
            return self.host
        return self._clusters[migcluster]


def work(order: dict[str, Any]) -> dict[str, int]:
    """Carry out and verify what is approved; return how many writes and commits there were."""
    moment = Moment(order)
    line = Client(order["address"], "AF_UNIX", authkey=KEY)

    turn = threading.Lock()

    def call(*asked: Any) -> Any:
        with turn:
            line.send(asked)
            fine, answer = line.recv()
        if not fine:
            raise answer
        return answer

    clusters = {name: FarCluster(name, call, moment) for name in ("host", "ocp3")}
    now = [datetime.fromisoformat(order["now"])]
    database = open_database(order["url"])
    _count_commits(database, moment)
    approvals = StoredApprovals(database)
    policy = parse_policy(POLICY)
    runner = Runner(
        [FarPlane(clusters)],  # type: ignore[list-item]
        approvals,
        policy=lambda: policy,
        directory=PEOPLE.__getitem__,
        clock=lambda: now[0],
    )
    for _ in range(40):
        if not runner.turn():
            break
        now[0] += timedelta(seconds=6)
    runner.verify()
    database.close()
    return moment.counts


def _count_commits(database: Database, moment: Moment) -> None:
    event.listen(database.engine, "commit", lambda _connection: moment.before("commit"))
    write = database.write

    def counted(work: Callable[..., Any]) -> Any:
        answer = write(work)
        moment.after("commit")
        return answer

    database.write = counted  # type: ignore[method-assign]


def main() -> None:
    warm = open_database("sqlite://")  # so that no child has to import and map on its own
    StoredApprovals(warm).claim(datetime.now(UTC))
    warm.close()
    for line in sys.stdin:
        order = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.write(writer, json.dumps(work(order)).encode())
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(writer)
        with os.fdopen(reader) as said:
            counts = said.read()
        _, status = os.waitpid(child, 0)
        answer = {"code": os.waitstatus_to_exitcode(status), "counts": json.loads(counts or "{}")}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
