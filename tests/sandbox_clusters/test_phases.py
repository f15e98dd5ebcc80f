"""Phases as the real controllers passed through them, in that order (MTC 1.8)."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json
from sandbox.playing import Player, build_plane
from tests.sandbox_clusters.conftest import START, play, scenario

OPENING = """
    Started StartRefresh WaitForRefresh CleanStaleAnnotations CleanStaleResticCRs
    CleanStaleVeleroCRs RestartVelero CleanStaleStagePods WaitForStaleStagePodsTerminated
    WaitForVeleroReady EnsureCloudSecretPropagated
"""
CLOSING = """
    EnsureInitialBackupReplicated EnsureFinalRestore FinalRestoreCreated
    UnQuiesceDestApplications DeleteRegistries Completed
"""
WITHOUT_VOLUMES = f"""
    {OPENING} EnsureInitialBackup InitialBackupCreated QuiesceSourceApplications EnsureSrcQuiesced
    {CLOSING}
"""
BY_RESTIC = f"""
    {OPENING} EnsureInitialBackup InitialBackupCreated QuiesceSourceApplications EnsureSrcQuiesced
    EnsureStagePodsFromRunning EnsureStagePodsFromTemplates EnsureStagePodsFromOrphanedPVCs
    StagePodsCreated RestartRestic AnnotateResources WaitForResticReady EnsureStageBackup
    StageBackupCreated EnsureStageBackupReplicated EnsureStageRestore StageRestoreCreated
    EnsureStagePodsDeleted EnsureStagePodsTerminated EnsureAnnotationsDeleted {CLOSING}
"""
BY_RSYNC = f"""
    {OPENING} CreateDirectVolumeMigrationStage EnsureInitialBackup InitialBackupCreated
    QuiesceSourceApplications EnsureSrcQuiesced WaitForResticReady
    CreateDirectVolumeMigrationFinal WaitForDirectVolumeMigrationToComplete {CLOSING}
"""
TRANSFER = """
    Started Prepare CleanStaleRsyncResources WaitForStaleRsyncResourcesTerminated VerifyVMs
    CreateDestinationNamespaces DestinationNamespacesCreated CreateDestinationPVCs
    DeleteStaleVirtualMachineInstanceMigrations CreateRsyncRoute EnsureRsyncRouteAdmitted
    CreateRsyncConfig CreateStunnelConfig CreatePVProgressCRs CreateRsyncTransferPods
    WaitForRsyncTransferPodsRunning RunRsyncOperations DeleteRsyncResources
    WaitForRsyncResourcesTerminated CleanupStaleVirtHandlerPods Completed
"""


def watched(id: str, kind: Kind, name: str) -> list[Json]:
    """Return every state in which a watch saw an object."""
    story = scenario(id)
    plane = build_plane([story])
    player = Player(plane, [story], START)
    since = plane.host.list(kind, MTC_NAMESPACE).resource_version
    player.advance(player.length)
    stops = iter([False])
    events = plane.host.watch(kind, MTC_NAMESPACE, since, lambda: next(stops, True))
    return [e.object for e in events if e.object["metadata"]["name"].startswith(name)]


def phases(states: list[Json]) -> list[str]:
    """Return the phases in the order in which they were seen, each once in a row."""
    found: list[str] = []
    for state in states:
        phase = state.get("status", {}).get("phase")
        if phase and phase != (found[-1] if found else ""):
            found.append(phase)
    return found


@pytest.mark.parametrize(
    ("id", "name", "expected"),
    [
        ("healthy-indirect", "web-1", WITHOUT_VOLUMES),
        ("healthy-restic", "ledger-1", BY_RESTIC),
        ("healthy-direct", "media-1", BY_RSYNC),
    ],
)
def test_a_cutover_passes_through_the_phases_of_a_real_one(
    id: str, name: str, expected: str
) -> None:
    assert phases(watched(id, k.MIGMIGRATION, name)) == expected.split()


def test_a_transfer_passes_through_the_phases_of_a_real_one() -> None:
    assert phases(watched("healthy-direct", k.DVM, "media-1-")) == TRANSFER.split()


def test_a_rollback_deletes_what_was_migrated_and_ends_as_succeeded() -> None:
    states = watched("healthy-rollback", k.MIGMIGRATION, "blog-back")
    order = phases(states)
    assert order[0] == "Rollback"
    places = [order.index(p) for p in ("EnsureStagePodsDeleted", "DeleteMigrated")]
    places += [order.index(p) for p in ("EnsureMigratedDeleted", "UnQuiesceSrcApplications")]
    assert places == sorted(places)
    assert states[-1]["status"]["itinerary"] == "Rollback"
    assert "Succeeded" in true_conditions(states[-1])


@pytest.mark.parametrize(
    ("phase", "step"),
    [
        ("WaitForRefresh", "Step: 4/50"),
        ("InitialBackupCreated", "Step: 19/50"),
        ("WaitForDirectVolumeMigrationToComplete", "Step: 39/50"),
        ("DeleteRegistries", "Step: 48/50"),
    ],
)
def test_steps_are_counted_over_the_whole_itinerary(phase: str, step: str) -> None:
    states = watched("healthy-direct", k.MIGMIGRATION, "media-1")
    there = next(s for s in states if s.get("status", {}).get("phase") == phase)
    running = next(c for c in there["status"]["conditions"] if c["type"] == "Running")
    assert (running["reason"], running["message"]) == (phase, step)


def test_a_transfer_waits_for_its_route_in_step_12_of_22() -> None:
    states = watched("route-never-admitted", k.DVM, "gateway-1-")
    running = next(c for c in states[-1]["status"]["conditions"] if c["type"] == "Running")
    assert (running["reason"], running["message"]) == ("EnsureRsyncRouteAdmitted", "Step: 12/22")


def test_a_cutover_without_volumes_takes_32_seconds() -> None:
    story = scenario("healthy-indirect")
    played = play([story])
    end = played.plane.host.get(k.MIGMIGRATION, "web-1", MTC_NAMESPACE)
    times = [step["completed"] for step in end["status"]["pipeline"]]
    took = at(max(times)) - at(end["metadata"]["creationTimestamp"])
    assert 31 <= took.total_seconds() <= 33


def test_running_tells_when_the_present_phase_was_entered() -> None:
    played = play([scenario("postponed-behind-another")])
    first = played.plane.host.get(k.MIGMIGRATION, "billing-1", MTC_NAMESPACE)
    running = next(c for c in first["status"]["conditions"] if c["type"] == "Running")
    waited = played.player.now - at(running["lastTransitionTime"])
    assert running["reason"] == "StageBackupCreated"
    assert waited.total_seconds() > 100


def test_the_pipeline_of_a_finished_run_is_complete_and_in_order() -> None:
    played = play([scenario("healthy-restic")])
    steps = played.plane.host.get(k.MIGMIGRATION, "ledger-1", MTC_NAMESPACE)["status"]["pipeline"]
    names = ["Prepare", "Backup", "StageBackup", "StageRestore", "Restore", "Cleanup"]
    assert [step["name"] for step in steps] == names
    assert {step["message"] for step in steps} == {"Completed"}
    begun = [step["started"] for step in steps]
    assert begun == sorted(begun)


def test_a_failed_step_takes_the_clean_up_with_it_and_skips_what_was_to_come() -> None:
    played = play([scenario("velero-restarted")])
    end = played.plane.host.get(k.MIGMIGRATION, "mail-1", MTC_NAMESPACE)
    found = {step["name"]: step["message"] for step in end["status"]["pipeline"]}
    assert found["Prepare"] == "Completed"
    assert found["Backup"] == found["Cleanup"] == "Failed"
    assert found["Restore"] == "Skipped"


def true_conditions(obj: Json) -> list[str]:
    return [c["type"] for c in obj["status"]["conditions"] if c["status"] == "True"]


def at(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
