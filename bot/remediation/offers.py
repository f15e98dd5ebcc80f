"""What can be done about a diagnosis, and by whom: the list behind ``/mtc fix``.

Findings name actions and fill in their parameters; what belongs to the life of a migration (run
again, roll back, cancel, remove) comes on top where it fits. Each offer says whether this person
may ask for it now, and if not, why: policy first, then what stands in the way, then the clusters'
own word. Nothing is written, and nothing is named that the person may not see.

Guard G5: for one plan and cause the bot proposes at most twice; after that the offer is still
there for who asks for it, but no longer suggested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.access.cluster_identity import identity_of, refused_by_clusters
from bot.access.deciding import Question, decide, sees
from bot.access.people import Directory, DirectoryUnreachable, Person
from bot.access.policy import Policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import AccessRequest, ClusterError, ControlPlane, NotFound, ObjectRef
from bot.diagnosis.dossier import mapping
from bot.diagnosis.findings import Diagnosis, Finding
from bot.redaction import redact
from bot.remediation.actions.base import Action
from bot.remediation.ground import Ground, ended, look, started
from bot.remediation.permissions import permissions_of
from bot.remediation.planning import draft_plan
from bot.remediation.plans import Risk
from bot.remediation.recorded import question_of
from bot.remediation.refusals import BadParams, Refused
from bot.store.approvals import StoredApprovals
from knowledge.texts import LocalText, fill, placeholders

MOST_PROPOSALS = 2
"""Proposals of the bot for one plan and cause (G5)."""
_TRIED = ("approved", "running", "done", "failed")
"""States of a request that count as an attempt."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be asked for."""

    action: str
    title: LocalText
    risk: Risk
    target: ObjectRef
    control: str
    entry: str = ""
    """The knowledge entry that names it; empty for what belongs to a migration's life."""
    params: dict[str, Any] = field(default_factory=dict)
    """Proposed values; what is missing a person fills in."""
    schema: dict[str, Any] = field(default_factory=dict)
    """JSON schema of the parameters, for a form."""
    complete: bool = True
    """Whether the proposed values are enough to ask for it."""
    destroys_data: bool = False
    allowed: bool = True
    """Whether this person may ask for it now."""
    reason: LocalText | None = None
    """Why not; also, where it is allowed, why it is not suggested, or not much longer."""
    suggested: bool = False
    """Whether the bot proposes it by itself (G5)."""


_RUNS = frozenset(
    {
        "rerun-migration",
        "rollback-migration",
        "cancel-migration",
        "remove-unstarted-migration",
    }
)
"""What is done with a migration itself: after what mends its cause, or it would fail again."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    action: Action[Any]
    target: ObjectRef
    entry: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)


class Offers:
    """Makes offers for people. May be shared by threads."""

    def __init__(
        self,
        planes: Sequence[ControlPlane],
        approvals: StoredApprovals,
        *,
        policy: Callable[[], Policy],
        directory: Directory,
        actions: Mapping[str, Action[Any]],
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts that ``Requests`` has too, so that both say the same."""
        self._planes = {plane.name: plane for plane in planes}
        self._approvals = approvals
        self._policy = policy
        self._directory = directory
        self._actions = actions
        self._clock = clock

    def __call__(self, person_id: str, diagnosis: Diagnosis) -> tuple[Offer, ...]:
        """Return the offers, those that lead to the root cause first; none for strangers.

        An action that cannot be judged, since a cluster does not answer, is offered as not
        allowed, with that reason.
        """
        try:
            person = self._directory(person_id)
        except (LookupError, DirectoryUnreachable):
            return ()
        plane = self._planes.get(diagnosis.control)
        policy = self._policy()
        if plane is None or not sees(policy, person, diagnosis.control, ""):
            return ()
        offers: dict[tuple[str, ObjectRef], Offer] = {}
        for candidate in self._candidates(plane, diagnosis):
            key = (candidate.action.id, candidate.target)
            if key not in offers:
                offer = self._offer(candidate, plane, person, policy)
                if offer is not None:
                    offers[key] = self._suggested(offer, diagnosis)
        return tuple(sorted(offers.values(), key=lambda offer: offer.action in _RUNS))

    # ----------------------------------------------------------------------------------------

    def _candidates(self, plane: ControlPlane, diagnosis: Diagnosis) -> Iterator[_Candidate]:
        for finding in _with_symptoms(diagnosis.findings):
            for named in finding.entry.remediation:
                action = self._actions.get(named.action)
                if action is None:
                    continue
                target = _target(action, finding, diagnosis)
                if target is not None:
                    given = _filled(action, named.params, finding.params)
                    yield _Candidate(action, target, finding.entry.id, given)
        yield from self._of_its_life(plane, diagnosis)

    def _of_its_life(self, plane: ControlPlane, diagnosis: Diagnosis) -> Iterator[_Candidate]:
        target = _plain(diagnosis.target)
        wanted: tuple[str, ...] = ()
        if target.kind == k.MIGPLAN.kind:
            wanted = ("rerun-migration", "rollback-migration")
        elif target.kind == k.MIGMIGRATION.kind:
            wanted = self._for_migration(plane, target)
        for name in wanted:
            if name in self._actions:
                yield _Candidate(self._actions[name], target)

    def _for_migration(self, plane: ControlPlane, target: ObjectRef) -> tuple[str, ...]:
        try:
            migration = look(plane, target, self._clock()).subject
        except ClusterError:
            return ()
        spec = mapping(migration, "spec")
        if ended(migration):
            if spec.get("rollback"):
                return ("rollback-migration",)
            return ("rerun-migration", "rollback-migration")
        if started(migration):
            return ("cancel-migration",)
        return ("remove-unstarted-migration",)

    def _offer(
        self, candidate: _Candidate, plane: ControlPlane, person: Person, policy: Policy
    ) -> Offer | None:
        """Return the offer; None where the target is not there or not this person's to see."""
        action, now = candidate.action, self._clock()
        offer = Offer(
            action.id,
            action.title,
            action.risk,
            candidate.target,
            plane.name,
            candidate.entry,
            dict(candidate.given),
            action.params.model_json_schema(),
            destroys_data=action.destroys_data,
        )
        try:
            ground = look(plane, candidate.target, now)
            about = ground.as_target()
            if not sees(policy, person, plane.name, about.plan, about.namespaces):
                return None
            question = Question(
                action.id, int(action.risk), plane.name, about.plan, about.namespaces,
                action.destroys_data,
            )  # fmt: skip
            return self._judged(offer, action, ground, question, person, policy, now)
        except NotFound:
            return None
        except ClusterError as error:
            said = redact(str(error))
            return _not(
                offer,
                LocalText(en=f"Not to be said now: {said}", zh=f"目前无法判断：{said}"),
            )

    def _judged(
        self,
        offer: Offer,
        action: Action[Any],
        ground: Ground,
        question: Question,
        person: Person,
        policy: Policy,
        now: datetime,
    ) -> Offer:
        try:
            offer = replace(offer, params={**action.propose(ground), **offer.params})
            offer, question, rights = _planned(offer, action, ground, question)
        except Refused as refused:
            decision = decide(policy, person, "request", question, now)
            return _not(offer, refused.reason if decision.allowed else decision.reason)
        decision = decide(policy, person, "request", question, now)
        if not decision.allowed:
            return _not(offer, decision.reason)
        return _by_clusters(offer, rights, ground, person, policy)

    def _suggested(self, offer: Offer, diagnosis: Diagnosis) -> Offer:
        if not offer.entry or not offer.allowed:
            return offer
        tried = sum(
            1
            for approval in self._approvals.of_plan(diagnosis.control, diagnosis.plan)
            if approval.plan.get("entry") == offer.entry and approval.state in _TRIED
        )
        if not tried:
            return replace(offer, suggested=True)
        if tried < MOST_PROPOSALS:
            near = LocalText(
                en=f"Tried for this cause already; it is proposed {MOST_PROPOSALS} times at most.",
                zh=f"针对此原因已尝试过；最多建议 {MOST_PROPOSALS} 次。",
            )
            return replace(offer, suggested=True, reason=near)
        why = LocalText(
            en=f"Tried {tried} times for this cause already; look for what else is wrong first.",
            zh=f"针对此原因已尝试 {tried} 次；请先查找其他问题。",
        )
        return replace(offer, reason=why)


_Rights = tuple[tuple[str, AccessRequest], ...]


def _planned(
    offer: Offer, action: Action[Any], ground: Ground, question: Question
) -> tuple[Offer, Question, _Rights]:
    """Return the offer as it would be planned, what policy is asked then, and the rights it takes.

    Where parameters are missing still, those that it takes whatever they are. Raises ``Refused``.
    """
    try:
        plan = draft_plan(action, offer.params, ground)
    except BadParams:
        return replace(offer, complete=False), question, action.rights(ground)
    offer = replace(offer, risk=plan.risk, destroys_data=plan.destroys_data)
    return offer, question_of(plan), permissions_of(plan)


def _by_clusters(
    offer: Offer,
    rights: _Rights,
    ground: Ground,
    person: Person,
    policy: Policy,
) -> Offer:
    """Return the offer as the clusters themselves let this person have it."""
    identity = identity_of(person, policy.identity)
    if identity is None:
        return _not(
            offer,
            LocalText(
                en="It is not known who you are on the clusters.",
                zh="无法确定您在集群上的用户身份。",
            ),
        )
    denied = refused_by_clusters(identity, rights, ground.reader)
    return _not(offer, denied[0]) if denied else offer


def _with_symptoms(findings: Sequence[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from _with_symptoms(finding.symptoms)


def _target(action: Action[Any], finding: Finding, diagnosis: Diagnosis) -> ObjectRef | None:
    """Return what the action would be for: the finding's subject, the target, or its plan."""
    plan = ObjectRef(k.MIGPLAN.kind, diagnosis.plan, MTC_NAMESPACE)
    for ref in (finding.subject, diagnosis.target, plan):
        if ref.kind in action.targets and ref.name:
            return _plain(ref)
    return None


def _plain(ref: ObjectRef) -> ObjectRef:
    """Return the reference by kind and name only: every target lives in MTC's namespace."""
    return ObjectRef(ref.kind, ref.name, MTC_NAMESPACE)


def _filled(
    action: Action[Any], named: Mapping[str, str], found: Mapping[str, str]
) -> dict[str, Any]:
    """Return an entry's parameters with the finding's values; what is not known is left out."""
    return {
        name: fill(value, found)
        for name, value in named.items()
        if name in action.params.model_fields and all(found.get(p) for p in placeholders(value))
    }


def _not(offer: Offer, reason: LocalText) -> Offer:
    return replace(offer, allowed=False, reason=reason)
