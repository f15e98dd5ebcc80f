"""A namespace of the destination that is stuck in its deletion, seen on a real Velero.

It waits ten minutes for it, for every object anew, takes no other restore meanwhile and logs
nothing.
"""

from __future__ import annotations

from datetime import timedelta

from bot.diagnosis.diagnosing import Diagnoser
from bot.mtc.outcome_words import Word
from tests.diagnosis.world import NOW, SHOP_1, going, plan, plane, thing
from tests.knowledge.builtin import builtin_engine


def test_a_restore_into_a_namespace_that_is_being_deleted_is_told_by_that() -> None:
    deleting = thing(
        "v1",
        "Namespace",
        "shop",
        "",
        metadata={"deletionTimestamp": "2026-03-01T11:00:00Z"},
        status={
            "phase": "Terminating",
            "conditions": [
                {
                    "type": "NamespaceFinalizersRemaining",
                    "status": "True",
                    "reason": "SomeFinalizersRemain",
                    "message": "Some content in the namespace has finalizers remaining: "
                    "example.com/keep in 1 resource instances",
                }
            ],
        },
    )
    migration = going("FinalRestoreCreated")
    migration["status"]["pipeline"] = [
        {
            "name": "Restore",
            "started": "2026-03-01T11:30:00Z",
            "progress": [
                "Restore openshift-migration/shop-1-final-76mjl: 0 out of estimated total of 0"
                " objects restored (30m0s)"
            ],
        }
    ]
    diagnoser = Diagnoser(builtin_engine(), lambda: NOW)
    found = diagnoser(plane(migration, plan(), destination=[deleting]), SHOP_1)
    assert found.outcome.word is Word.STALLED
    assert found.outcome.since == NOW - timedelta(minutes=30)
    assert found.root is not None
    assert found.root.entry.id == "namespace-terminating"
    assert "example.com/keep" in found.root.quotes[0].text
    assert [f.entry.id for f in found.findings if not f.benign] == ["namespace-terminating"]
