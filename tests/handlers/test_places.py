"""Where evidence stands, and what could not be read, as people of both languages see it."""

from __future__ import annotations

import pytest

from handlers.views.places import place, unread, unread_line


@pytest.mark.parametrize(
    ("where", "english", "chinese"),
    [
        (
            "velero-1/velero on ocp3:83",
            "velero-1/velero on ocp3, line 83",
            "ocp3 上的 velero-1/velero，第 83 行",
        ),
        ("backup/x log on ocp3", "backup/x log on ocp3", "ocp3 上的 backup/x log"),
        ("reading edge-1", "when edge-1 was read", "读取 edge-1 时"),
        ("migplan/shop status.phase", "migplan/shop status.phase", "migplan/shop status.phase"),
        ("clusters/a/current.log:2", "clusters/a/current.log:2", "clusters/a/current.log:2"),
    ],
)
def test_a_log_is_told_with_its_cluster_and_line(where: str, english: str, chinese: str) -> None:
    assert place(where, "en") == english
    assert place(where, "zh") == chinese


@pytest.mark.parametrize(
    ("what", "english", "chinese"),
    [
        ("pods in shop on host", "pods in shop on host", "host 上命名空间 shop 的 pods"),
        ("nodes on host", "nodes on host", "host 上的 nodes"),
        ("source cluster ocp3", "source cluster ocp3", "源集群 ocp3"),
        ("destination cluster b", "destination cluster b", "目标集群 b"),
        ("something else", "something else", "something else"),
    ],
)
def test_what_could_not_be_read_is_told_in_the_readers_language(
    what: str, english: str, chinese: str
) -> None:
    assert unread(what, "en") == english
    assert unread(what, "zh") == chinese
    assert unread_line(f"{what}: dial tcp: refused", "zh") == f"{chinese}：dial tcp: refused"
