"""Who keeps pods running while MTC waits for them to stop, seen on a real mig-controller.

A ReplicaSet that an Argo Rollout owns is left alone, since it has an owner, and waited for.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from tests.diagnosis.world import NOW, SHOP_1, Thing, going, plan, plane, pod, thing
from tests.knowledge.builtin import builtin_engine


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW + timedelta(hours=1))


def owned(by: tuple[str, str], **parts: Any) -> dict[str, Any]:
    kind, name = by
    ref = {"apiVersion": "x/v1", "kind": kind, "name": name, "controller": True}
    return {"metadata": {"ownerReferences": [ref], **parts}}


def replicas(kind: str, name: str, count: int, **parts: Any) -> Thing:
    return thing("apps/v1", kind, name, "shop", spec={"replicas": count}, **parts)


WEB = pod("web-5d8-9zw4j", "shop", **owned(("ReplicaSet", "web-5d8")))


def seen(diagnoser: Diagnoser, *source: Thing) -> Diagnosis:
    return diagnoser(plane(going("EnsureSrcQuiesced"), plan(), source=source), SHOP_1)


def test_a_controller_that_mtc_does_not_know_is_named(diagnoser: Diagnoser) -> None:
    rollout = replicas("ReplicaSet", "web-5d8", 1, **owned(("Rollout", "web")))
    root = seen(diagnoser, WEB, rollout).root
    assert root is not None
    assert root.title("en") == "Rollout web keeps pods running that MTC wants to stop"
    assert "ReplicaSet web-5d8 of Rollout web" in root.quotes[0].text
    assert [s.entry.id for s in root.symptoms] == ["stalled-quiesce"]


def test_one_that_scales_up_again_is_named(diagnoser: Diagnoser) -> None:
    again = [
        replicas("ReplicaSet", "web-5d8", 1, **owned(("Deployment", "web"))),
        replicas("Deployment", "web", 1, **owned(("WebApp", "web"))),
    ]
    root = seen(diagnoser, WEB, *again).root
    assert root is not None
    assert "WebApp web" in root.title("en")


@pytest.mark.parametrize(
    "pods",
    [
        pytest.param(WEB, id="scaled to zero, on its way"),
        pytest.param(
            pod(
                "web-5d8-9zw4j",
                "shop",
                **owned(("ReplicaSet", "x"), deletionTimestamp="2026-03-01T11:31:00Z"),
            ),
            id="in deletion",
        ),
        pytest.param(pod("debug", "shop"), id="bare, not waited for"),
    ],
)
def test_nobody_is_blamed_for_pods_that_are_on_their_way(diagnoser: Diagnoser, pods: Thing) -> None:
    down = [
        replicas("ReplicaSet", "web-5d8", 0, **owned(("Deployment", "web"))),
        replicas("Deployment", "web", 0),
    ]
    found = seen(diagnoser, pods, *down)
    assert "quiesce-held-by-owner" not in [f.entry.id for f in found.findings]
