"""What a scenario may say.

A scenario is data: which applications and clusters there are, which migrations run, where they
depart from a run in which all goes well, and what a diagnosis must then say. A run that is only
named is a healthy one; each lever changes one thing in it, and ``changes`` patches anything else.
Strings in ``changes`` may hold ``{placeholders}``: the names of the run they belong to.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.mtc.outcome_words import Word
from knowledge.schema import EntryId
from knowledge.texts import LocalText

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$")]
Role = Literal["host", "source", "destination"]
Copy = Literal["none", "restic", "direct"]
RunKind = Literal["stage", "cutover", "rollback"]
HookPhase = Literal["PreBackup", "PostBackup", "PreRestore", "PostRestore"]
Fault = Literal["unreachable", "untrusted", "unauthorized", "denied"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClusterSpec(_Strict):
    """A cluster beside the host. One that is not described is an ordinary one of MTC 1.8."""

    name: Name
    mtc: Literal["1.7", "1.8"] = "1.8"
    uid_base: int = 1_000_700_000
    """First UID that the cluster gives to namespaces."""


class Volume(_Strict):
    """A claim of an application and the volume behind it."""

    name: Name = "data"
    size: str = "10Gi"
    bytes: int = 2_400_000_000
    """How much data is in it."""
    storage_class: str = "standard"
    zone: str = "zone-a"
    selection: dict[str, Any] = Field(default_factory=dict)
    """Choices in the plan that differ from copying the files to the same class."""


class HookSpec(_Strict):
    """A hook of the plan."""

    name: Name
    phase: HookPhase
    cluster: Literal["source", "destination"] = "source"


class App(_Strict):
    """An application on the source and the plan (of the same name) that moves it."""

    name: Name
    namespaces: tuple[str, ...] = ()
    """``source`` or ``source:target``; empty: one of the application's name."""
    source: Name = "ocp3"
    destination: Name = "host"
    storage: Name = "minio"
    copy_by: Copy = "none"
    volumes: tuple[Volume, ...] = ()
    """Empty: one claim called ``data`` where volumes are copied."""
    replicas: int = 2
    hooks: tuple[HookSpec, ...] = ()

    @property
    def claims(self) -> tuple[Volume, ...]:
        """Return the volumes, the one by default included."""
        return self.volumes or ((Volume(),) if self.copy_by != "none" else ())

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the namespaces as (source, target)."""
        names = [item.partition(":") for item in self.namespaces or (self.name,)]
        return tuple((source, target or source) for source, _, target in names)


class VeleroEnd(_Strict):
    """How a backup, a restore or the volume copies of one end."""

    phase: Literal[
        "Completed", "PartiallyFailed", "Failed", "FailedValidation", "InProgress", "New"
    ] = "Completed"
    errors: int = 0
    warnings: int = 0
    message: str = ""
    share: float = 1.0
    """How much of each volume was copied, 0 to 1."""


class Transfer(_Strict):
    """How the direct volume migration of a run goes."""

    hold: str = ""
    """The phase in which it stays."""
    seconds: dict[str, float] = Field(default_factory=dict)
    fails_in: str = ""
    """The phase whose error ends it."""
    error: str = ""
    exit_code: int | None = None
    """Every attempt of rsync ends with this code."""
    attempts: int = 20
    succeeds: bool = False
    """Whether the attempt after those copies everything."""
    warns_after: float | None = None
    """Seconds in the held phase after which the controller itself mentions it."""
    warning: dict[str, str] = Field(default_factory=dict)
    """The condition it then sets: type, reason, message."""


class Run(_Strict):
    """One migration. Without any lever it succeeds as real ones did."""

    name: Name
    app: str = ""
    """Empty: the scenario's first application."""
    kind: RunKind = "cutover"
    at: float = 2.0
    """Seconds after the scenario's start at which it is made."""
    hold: str = ""
    """The phase in which it stays."""
    seconds: dict[str, float] = Field(default_factory=dict)
    """How long phases last, where that differs."""
    fails_in: str = ""
    """The phase that fails."""
    reason: str = ""
    """Reason of the condition Failed; empty: the phase."""
    errors: tuple[str, ...] = ()
    cancel_in: str = ""
    """The phase in which somebody cancels it."""
    warns: tuple[dict[str, str], ...] = ()
    """Warn conditions (type, message) it ends with."""
    initial_backup: VeleroEnd = VeleroEnd()
    stage_backup: VeleroEnd = VeleroEnd()
    volume_backups: VeleroEnd = VeleroEnd()
    stage_restore: VeleroEnd = VeleroEnd()
    volume_restores: VeleroEnd = VeleroEnd()
    final_restore: VeleroEnd = VeleroEnd()
    transfer: Transfer = Transfer()


class ConditionChange(_Strict):
    """Conditions to set on, and types to take off, an object of MTC."""

    kind: str
    name: str
    set: tuple[dict[str, Any], ...] = ()
    clear: tuple[str, ...] = ()


class LogChange(_Strict):
    """Lines for a log: of a component of the cluster, or of one pod."""

    component: Literal["velero", "agent", "controller"] | None = None
    pod: str = ""
    namespace: str = ""
    container: str = ""
    kept_with: str = ""
    """``Backup/<name>`` or ``Restore/<name>``: Velero keeps the lines beside it as well."""
    lines: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_place(self) -> LogChange:
        if (self.component is None) != bool(self.pod and self.namespace and self.container):
            raise ValueError("a log has a `component`, or `namespace`, `pod` and `container`")
        return self


class EventChange(_Strict):
    """A Kubernetes Event."""

    kind: str
    name: str
    namespace: str
    reason: str
    message: str
    type: Literal["Normal", "Warning"] = "Warning"
    component: str = ""


class FaultChange(_Strict):
    """What every request to a cluster meets from now on; without a kind it is well again."""

    kind: Fault | None = None
    message: str = ""


class ObjectName(_Strict):
    """One object."""

    kind: str
    name: str
    namespace: str = ""


class Change(_Strict):
    """Something that happens beside the runs, at a time or when a run enters a phase."""

    at: float | None = None
    """Seconds after the scenario's start; 0 is how the world is found."""
    entering: str = ""
    """A phase of the run or of its volume migration (``dvm:<phase>``)."""
    after: float = 0.0
    """Seconds after that phase was entered."""
    run: str = ""
    """Whose phases and names are meant; empty: the first run."""
    cluster: str = "host"
    """host, source or destination (of the run), or a cluster's name."""
    apply: tuple[dict[str, Any], ...] = ()
    """Objects to create, or to merge into what is there."""
    delete: tuple[ObjectName, ...] = ()
    conditions: tuple[ConditionChange, ...] = ()
    logs: tuple[LogChange, ...] = ()
    events: tuple[EventChange, ...] = ()
    fault: FaultChange | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Change:
        if (self.at is None) == (not self.entering):
            raise ValueError("a change has either `at` or `entering`")
        return self


class Cure(_Strict):
    """What takes the fault away: an object as somebody must have made it."""

    cluster: str = "host"
    """host, source or destination (of the first run), or a cluster's name."""
    kind: str
    name: str
    namespace: str = ""
    when: str
    """A CEL expression over ``object``, true once it is mended."""


class Fix(_Strict):
    """One remediation on the way out."""

    action: EntryId
    target: str = ""
    """As in ``Expect.target``, which it is if empty."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Beside those that are proposed."""


class Expect(_Strict):
    """What a diagnosis must say once all of it has been played."""

    target: str
    """A migration, or ``migplan/x``, ``migcluster/x``, ``migstorage/x``."""
    finding: EntryId | None
    """The entry of the first finding that is not benign; null where nothing is wrong."""
    outcome: Word
    symptoms: tuple[EntryId, ...] = ()
    """Entries that must stand beneath it."""
    also: tuple[EntryId, ...] = ()
    """Entries that must be found too, wherever they stand."""
    benign: tuple[EntryId, ...] = ()
    """Entries of noise that must be explained."""
    fix: tuple[Fix, ...] = ()
    """What is asked for, approved and verified, one after the other."""
    mended: tuple[str, ...] = ()
    """Migrations that have succeeded after the last of them."""


class Scenario(_Strict):
    """One story, its clusters included."""

    id: EntryId
    title: LocalText
    because: str
    """What makes it so, with the upstream file or report it is taken from."""
    twin: EntryId | None = None
    """The scenario that it looks like (see ``twins``); another root cause than there."""
    offset: float = 0.0
    """Seconds after the start of a demo at which it begins."""
    lasts: float = 0.0
    """Seconds it takes at least, where waiting is what it is about."""
    alone: bool = False
    """Whether it takes away what all migrations share: not to be judged in company of others."""
    clusters: tuple[ClusterSpec, ...] = ()
    apps: tuple[App, ...] = Field(min_length=1)
    runs: tuple[Run, ...] = ()
    changes: tuple[Change, ...] = ()
    cures: tuple[Cure, ...] = ()
    """All of them must hold for the fault to be gone; see ``passes`` where there are none."""
    passes: bool = False
    """Whether the fault is gone by itself when it is looked at again, or run again."""
    expect: Expect

    def app(self, name: str = "") -> App:
        """Return an application by name, or the first. Raises ``ValueError`` for none such."""
        for app in self.apps:
            if name in ("", app.name):
                return app
        raise ValueError(f"{self.id}: no application is called {name}")

    @model_validator(mode="after")
    def _hangs_together(self) -> Scenario:
        for run in self.runs:
            self.app(run.app)
        names = {run.name for run in self.runs}
        for change in self.changes:
            if change.run and change.run not in names:
                raise ValueError(f"{self.id}: no run is called {change.run}")
            if change.entering and not self.runs:
                raise ValueError(f"{self.id}: waits for a phase, but nothing runs")
        return self
