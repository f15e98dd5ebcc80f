"""A controller that crashes over one object, as a real one did, in a log of thousands of lines.

A direct volume migration whose plan lost its cluster in mid-run made mig-controller panic at each
start, after an outage that had filled its log with refused connections.
"""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import NOW, SHOP_1, Thing, going, plan, plane, pod, thing
from tests.knowledge.builtin import builtin_engine

POD = "migration-controller-0"
BEGUN = (NOW - timedelta(minutes=30)).timestamp()


def line(after: float, message: str, **parts: object) -> bytes:
    return orjson.dumps({"level": "info", "ts": BEGUN + after, "msg": message, **parts}) + b"\n"


REFUSED = "dial tcp 10.0.0.1:6443: connect: connection refused"
OUTAGE = b"".join(line(i / 10, f"Get failed for shop-1: {REFUSED}") for i in range(2500))
PANIC = line(
    900,
    "Observed a panic in reconciler: runtime error: invalid memory address or nil pointer"
    " dereference",
    controller="directvolumemigration-controller",
    object={"name": "bank-1-jvlvh", "namespace": MTC_NAMESPACE},
)


def controller(**state: object) -> list[Thing]:
    status = {"name": "mtc", "ready": False, "restartCount": 7, **state}
    labels = {"app": "migration-controller"}
    return [
        thing(
            "apps/v1",
            "Deployment",
            "migration-controller",
            spec={"replicas": 1, "selector": {"matchLabels": labels}},
            status={"replicas": 1, "availableReplicas": 1},
        ),
        pod(
            POD,
            metadata={"labels": labels},
            status={"phase": "Running", "containerStatuses": [status]},
        ),
    ]


LOOPS = controller(
    state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
    lastState={"terminated": {"exitCode": 2, "finishedAt": "2026-03-01T11:59:00Z"}},
)
UP = controller(ready=True, restartCount=0, state={"running": {}})


def root(log: bytes, program: list[Thing]) -> str:
    diagnoser = Diagnoser(builtin_engine(), lambda: NOW)
    world = plane(
        going("WaitForRefresh"), plan(), *program, logs={(MTC_NAMESPACE, POD, "mtc"): log}
    )
    found = diagnoser(world, SHOP_1).root
    if found is None:
        return ""
    return f"{found.entry.id} {found.params.get('object', '')} {found.subject}"


@pytest.mark.parametrize("before", [b"", OUTAGE], ids=["alone", "after an outage"])
def test_the_object_over_which_the_controller_crashes_is_named_to_all_that_wait(
    before: bytes,
) -> None:
    held = "deployment/migration-controller"
    assert root(before + PANIC, LOOPS) == f"controller-panics-over-object bank-1-jvlvh {held}"


def test_a_crash_over_another_object_that_it_got_over_is_nobodys_cause() -> None:
    assert "panic" not in root(PANIC, UP)
