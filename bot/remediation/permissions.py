"""The rights that a plan needs, cluster by cluster."""

from __future__ import annotations

from bot.clusters import kinds as k
from bot.clusters.port import AccessRequest
from bot.remediation.plans import Plan


def permissions_of(plan: Plan) -> tuple[tuple[str, AccessRequest], ...]:
    """Return (cluster, right) for every call, and for every secret that a call copies."""
    needed: dict[tuple[str, AccessRequest], None] = {}
    for call in plan.calls:
        needed[call.cluster, call.permission] = None
        for source in call.secrets.values():
            reading = AccessRequest(
                "get", k.SECRET.group, k.SECRET.plural, source.namespace, source.name
            )
            needed[source.cluster, reading] = None
    return tuple(needed)
