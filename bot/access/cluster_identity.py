"""Chat rights never exceed cluster rights: whom a Slack user is on the clusters, and what the
clusters themselves let that user do.

Names from Slack go into impersonation headers, so only plain names pass: nothing with white
space, control characters or the prefix ``system:``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.access.people import Person
from bot.access.policy import ClusterIdentity
from bot.clusters.port import AccessRequest, ClusterReader, Identity
from bot.redaction import redact
from knowledge.texts import LocalText

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+@:/-]{0,252}")
_EMAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")


def identity_of(person: Person, mapping: ClusterIdentity) -> Identity | None:
    """Return the cluster user of a Slack user; None where there is none or its name is odd."""
    if not person.trusted:
        return None
    name = mapping.table.get(person.id, "")
    local, _, domain = person.email.partition("@")
    ours = not mapping.domains or domain in mapping.domains
    if not name and mapping.user and ours and _EMAIL.fullmatch(person.email):
        name = mapping.user.replace("{email}", person.email).replace("{local}", local)
    if not _PLAIN.fullmatch(name) or name.lower().startswith("system:"):
        return None
    groups = [
        group
        for pair in mapping.groups
        for slack_group, _, group in [pair.partition("=")]
        if slack_group in person.groups and _PLAIN.fullmatch(group)
    ]
    return Identity(name, tuple(groups))


def refused_by_clusters(
    identity: Identity,
    needed: Iterable[tuple[str, AccessRequest]],
    reader: Callable[[str], ClusterReader],
) -> tuple[LocalText, ...]:
    """Return a redacted sentence for each right that a cluster denies; empty: all are there.

    ``needed`` are (cluster, request) pairs. Raises the ``ClusterError`` of a cluster that cannot
    be asked: no answer is not a yes.
    """
    denied: list[LocalText] = []
    for cluster, request in dict.fromkeys(needed):
        asked = replace(request, user=identity.user, groups=identity.groups)
        answer = reader(cluster).allowed(asked)
        if not answer.allowed:
            what = f"{request.verb} {request.resource}"
            place = f" in {request.namespace}" if request.namespace else ""
            there = f" 的命名空间 {request.namespace}" if request.namespace else ""
            why = redact(answer.reason)
            en = f"{identity.user} may not {what}{place} on {cluster}"
            zh = f"{identity.user} 无权在集群 {cluster}{there} 执行 {what}"
            denied.append(
                LocalText(
                    en=f"{en} ({why})" if why else en,
                    zh=f"{zh}（{why}）" if why else zh,
                )
            )
    return tuple(denied)
