"""Every scenario leads to the finding it promises, live and from a must-gather of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.clusters import kinds as k
from bot.clusters.archive import open_archive
from bot.clusters.port import ControlPlane
from bot.diagnosis.findings import Diagnosis
from sandbox.must_gather import ClusterContent, plane_must_gather, write_must_gather
from sandbox.scenarios.loading import load_scenarios, parse_scenario
from sandbox.scenarios.schema import Scenario
from tests.sandbox_clusters.conftest import (
    SCENARIOS,
    SOCIABLE,
    Played,
    beneath,
    diagnose,
    engine,
    play,
    scenario,
)

each_scenario = pytest.mark.parametrize("story", SCENARIOS, ids=lambda story: story.id)
each_in_company = pytest.mark.parametrize("story", SOCIABLE, ids=lambda story: story.id)


def hold_to(story: Scenario, said: Diagnosis) -> None:
    """Compare a diagnosis with what the scenario expects."""
    root = said.root.entry.id if said.root else None
    assert (root, said.outcome.word) == (story.expect.finding, story.expect.outcome)
    if said.root is not None:
        assert set(story.expect.symptoms) <= beneath(said.root)
    found = {f.entry.id for f in said.findings}.union(*map(beneath, said.findings))
    assert set(story.expect.also) <= found
    assert set(story.expect.benign) <= {f.entry.id for f in said.findings if f.benign}


@each_scenario
def test_a_scenario_leads_to_its_finding_live_and_from_a_must_gather(
    story: Scenario, tmp_path: Path
) -> None:
    played = play([story])
    target = tmp_path / "must-gather.tar.gz"
    plane_must_gather(played.plane, target)
    hold_to(story, diagnose(played.plane, story.expect.target, played.player.now))
    hold_to(story, diagnose(open_archive(target), story.expect.target, played.player.now))


@each_in_company
def test_a_scenario_keeps_its_finding_among_all_the_others(
    story: Scenario, everything: Played
) -> None:
    hold_to(story, diagnose(everything.plane, story.expect.target, everything.player.now))


@pytest.fixture(scope="module")
def gathered(everything: Played, tmp_path_factory: pytest.TempPathFactory) -> ControlPlane:
    target = tmp_path_factory.mktemp("all") / "must-gather.tar.gz"
    plane_must_gather(everything.plane, target)
    return open_archive(target)


@each_in_company
def test_a_scenario_keeps_its_finding_in_one_must_gather_of_all(
    story: Scenario, everything: Played, gathered: ControlPlane
) -> None:
    hold_to(story, diagnose(gathered, story.expect.target, everything.player.now))


@pytest.fixture(scope="module")
def without_logs(everything: Played, tmp_path_factory: pytest.TempPathFactory) -> ControlPlane:
    """Return a must-gather for which every pod's log was lost."""
    target = tmp_path_factory.mktemp("silent") / "must-gather.tar.gz"
    silent: dict[str, ClusterContent | None] = {
        name: None if cluster.fault is not None else (cluster.content()[0], {})
        for name, cluster in everything.plane.clusters.items()
    }
    write_must_gather(silent, target)
    return open_archive(target)


@each_in_company
def test_without_logs_a_scenario_leads_to_its_finding_or_to_less_never_to_another(
    story: Scenario, everything: Played, without_logs: ControlPlane
) -> None:
    root = diagnose(without_logs, story.expect.target, everything.player.now).root
    assert (root is None) is (story.expect.finding is None)
    if root is not None and root.entry.role != "symptom":
        assert root.entry.id in {story.expect.finding, *story.expect.symptoms}


@pytest.mark.parametrize("migration", ["claims-1", "policies-1", "brokers-1"])
def test_an_outage_is_one_cause_in_the_store_for_every_migration_it_blocks(migration: str) -> None:
    played = play([scenario("storage-outage")])
    root = diagnose(played.plane, migration, played.player.now).root
    assert root is not None
    assert (root.subject.kind, root.subject.name) == ("MigStorage", "s3-west")


def test_a_chain_is_followed_to_the_cluster_with_the_refused_token() -> None:
    played = play([scenario("token-rotated-in-mid-run")])
    for target in ("loyalty-1", "migplan/loyalty", "migcluster/branch-7"):
        root = diagnose(played.plane, target, played.player.now).root
        assert root is not None
        assert (root.entry.id, root.subject.name) == ("cluster-token-refused", "branch-7")


def test_other_migrations_of_a_healthy_hour_stay_healthy(everything: Played) -> None:
    for name in ("web-1", "media-1", "ledger-1", "docs-stage", "blog-1"):
        said = diagnose(everything.plane, name, everything.player.now)
        assert [f.entry.id for f in said.findings if not f.benign] == []


class TestTheData:
    def test_there_are_enough_scenarios_and_all_say_who_they_are_in_both_languages(self) -> None:
        assert len(SCENARIOS) >= 60
        for story in SCENARIOS:
            assert story.title.en != story.title.zh
            assert any("\u4e00" <= letter <= "\u9fff" for letter in story.title.zh)

    def test_every_expected_entry_exists(self) -> None:
        known = engine().entries
        for story in SCENARIOS:
            expect = story.expect
            wanted = {*expect.symptoms, *expect.also, *expect.benign, expect.finding} - {None}
            assert wanted <= known.keys()

    def test_no_two_scenarios_share_a_name_of_their_own(self) -> None:
        apps = [app.name for story in SCENARIOS for app in story.apps]
        runs = [run.name for story in SCENARIOS for run in story.runs]
        assert len(set(apps)) == len(apps)
        assert len(set(runs)) == len(runs)

    def test_what_a_scenario_breaks_for_all_is_used_by_nobody_else(self) -> None:
        """A faulty cluster or store would take other scenarios down in a demo."""
        for story in SCENARIOS:
            faulty = {
                app.source
                for change in story.changes
                if change.fault is not None
                for app in story.apps
            }
            stores = {
                changed.name
                for change in story.changes
                for changed in change.conditions
                if changed.kind == "MigStorage"
            }
            others = [app for other in SCENARIOS if other is not story for app in other.apps]
            assert not faulty & {c for app in others for c in (app.source, app.destination)}
            assert not stores & {app.storage for app in others}

    def test_every_documented_issue_that_shows_in_clusters_has_a_scenario(self) -> None:
        found = {story.expect.finding for story in SCENARIOS}
        for story in SCENARIOS:
            found |= {*story.expect.benign, *story.expect.also, *story.expect.symptoms}
        assert found >= {
            "deprecated-internal-image",
            "dvm-node-selector-missing",
            "x509-unknown-authority",
            "x509-unknown-authority-store",
            "bsl-not-found-noise",
            "podvolumebackup-timeout",
            "restic-verify-errors",
            "restic-nfs-root-squash",
            "uid-range-collision",
            "cluster-scoped-resources-missing",
            "verification-slow",
            "volumes-in-several-zones",
            "pv-settings-lost",
        }

    def test_a_broken_file_is_named_with_what_is_wrong(self, tmp_path: Path) -> None:
        broken = tmp_path / "odd.yaml"
        broken.write_text("id: odd\napps: [{name: x, copy_by: tape}]\n", encoding="utf-8")
        with pytest.raises(ValueError, match=r"odd\.yaml.*(?s:.*)tape"):
            parse_scenario(broken)

    def test_scenarios_come_in_the_order_in_which_they_begin(self) -> None:
        offsets = [story.offset for story in load_scenarios()]
        assert offsets == sorted(offsets)


def test_a_cluster_that_refuses_the_login_is_not_in_the_must_gather(tmp_path: Path) -> None:
    played = play([scenario("token-rotated-in-mid-run")])
    target = tmp_path / "must-gather.tar.gz"
    plane_must_gather(played.plane, target)
    archive = open_archive(target)
    assert archive.cluster_names() == ("host", "branch-7")
    said = diagnose(archive, "loyalty-1", played.player.now)
    assert any("branch-7" in unread.what for unread in said.not_read)


def test_the_objects_of_a_must_gather_are_those_of_the_clusters(tmp_path: Path) -> None:
    played = play([scenario("healthy-restic")])
    target = tmp_path / "must-gather.tar.gz"
    plane_must_gather(played.plane, target)
    archive = open_archive(target)
    for kind in (k.MIGPLAN, k.MIGMIGRATION, k.RESTORE, k.PVR, k.DEPLOYMENT):
        live = {obj["metadata"]["uid"]: obj for obj in played.plane.host.list(kind).items}
        assert live
        there = archive.host.list(kind).items
        assert {obj["metadata"]["uid"]: obj for obj in there} == live
