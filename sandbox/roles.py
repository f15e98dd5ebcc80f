"""Who may do what in the demo: its policy, and what its clusters let people do.

Olivia asks, Amir approves, everybody may look; where data is deleted Wang Fang, to whom it
belongs, must agree as well.
"""

from __future__ import annotations

from bot.access.policy import Policy, parse_policy
from bot.clusters.port import AccessAnswer, AccessRequest
from sandbox.clusters.plane import MemoryPlane

DEMO_POLICY = """
roles:
  data-owner:
    approve: R3
    actions: [rollback-migration, recreate-plan, delete-leftover-velero]
bindings:
  - {role: operator, groups: [S0OPERATE1]}
  - {role: approver, groups: [S0APPROVE1]}
  - {role: viewer, emails: ["*@example.com"]}
  - {role: data-owner, users: [U0WANG0001]}
identity:
  user: "{email}"
  domains: [example.com]
  groups: ["S0APPROVE1=migration-approvers"]
"""
_MIGRATORS = frozenset({"olivia@example.com", "amir@example.com"})


def demo_policy() -> Policy:
    """Return the demo's policy."""
    return parse_policy(DEMO_POLICY, "the demo's policy")


def let_migrators_write(plane: MemoryPlane) -> None:
    """Let the demo's clusters refuse what a person has no rights for, as RBAC does."""
    for cluster in plane.clusters.values():
        cluster.access = _allowed


def _allowed(request: AccessRequest) -> AccessAnswer:
    if not request.user or request.user in _MIGRATORS:
        return AccessAnswer(True, "")
    return AccessAnswer(False, "RBAC: no ClusterRoleBinding gives it")
