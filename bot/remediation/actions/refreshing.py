"""Have MTC look again: a one-shot full validation of a cluster, a store or a plan."""

from __future__ import annotations

from typing import ClassVar

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.remediation.actions.base import Action, Draft, NoParams, patch, spec_of
from bot.remediation.ground import Ground
from bot.remediation.plans import Risk, Verification
from knowledge.texts import LocalText

_ASK = LocalText(en="Ask for a full validation.", zh="请求完整校验。")
_AGAIN = LocalText(
    en="Take back the refresh that was asked for before: the change makes MTC look at once.",
    zh="收回此前请求的刷新：该变更会让 MTC 立即重新检查。",
)


class _Refresh(Action[NoParams]):
    """Sets ``spec.refresh``; the controller sets it back by itself, once it gets so far.

    Where it does not (ReconcileFailed), an earlier refresh is still set. To set it again changes
    nothing, and the controller, which looks at once only where a spec has changed, waits on for up
    to 17 minutes between two attempts (mig-controller pkg/controller/migcluster/predicate.go).
    """

    risk = Risk.R1
    kind: ClassVar[Kind]
    takes_back: ClassVar[bool] = True
    """Whether an earlier refresh may be taken back; each look at it is a full validation then."""

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the one patch."""
        del params
        pending = self.takes_back and spec_of(ground.subject).get("refresh") is True
        why = _AGAIN if pending else _ASK
        return Draft(
            (patch(ground.subject, self.kind, {"spec": {"refresh": not pending}}, why),),
            Verification(
                check="object-ready",
                params={"kind": self.kind.kind, "name": ground.target.name},
                deadline_seconds=300,
            ),
        )


class RefreshCluster(_Refresh):
    """Test the connection to a cluster again."""

    id = "refresh-cluster"
    title = LocalText(en="Check the cluster again", zh="重新检查集群")
    kind = k.MIGCLUSTER
    targets = (k.MIGCLUSTER.kind,)


class RefreshStorage(_Refresh):
    """Test the replication repository again."""

    id = "refresh-storage"
    title = LocalText(en="Check the replication repository again", zh="重新检查复制仓库")
    kind = k.MIGSTORAGE
    targets = (k.MIGSTORAGE.kind,)


class RefreshPlan(_Refresh):
    """Validate a plan again; makes its Velero objects anew and lifts Suspended once."""

    id = "refresh-plan"
    title = LocalText(en="Validate the plan again", zh="重新校验计划")
    kind = k.MIGPLAN
    takes_back = False
    targets = (k.MIGPLAN.kind,)
