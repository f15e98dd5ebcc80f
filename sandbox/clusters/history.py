"""What changed in a cluster, for as long as it is remembered.

One counter numbers all changes of a cluster, as etcd's revision does. Only so many are kept:
who asks for more has to list again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from bot.clusters.kinds import Kind
from bot.clusters.port import Expired, Json

KEPT = 20_000
"""Changes remembered for watches."""

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change; ``object`` is how it then was."""

    version: int
    kind: Kind
    type: ChangeType
    object: Json


class History:
    """The changes of one cluster, oldest first. The caller holds the lock."""

    def __init__(self, kept: int = KEPT) -> None:
        """Begin at version 1 (0 means "any" to a watch) and remember ``kept`` changes."""
        self._changes: deque[Change] = deque(maxlen=kept)
        self.version = 1
        """The latest resourceVersion that was given."""

    def record(self, kind: Kind, type_: ChangeType, obj: Json) -> None:
        """Remember a change under the next version; ``obj`` must not change any more."""
        self.version += 1
        self._changes.append(Change(self.version, kind, type_, obj))

    def start(self, resource_version: str, cluster: str) -> int:
        """Return the version to watch from. Raises ``Expired`` where it is of no use.

        A version from the future is one of another life of the cluster.
        """
        if not resource_version.isdigit() or int(resource_version) > self.version:
            raise Expired(f"resourceVersion {resource_version} is not known here", cluster=cluster)
        self._require(int(resource_version), cluster)
        return int(resource_version)

    def since(
        self, version: int, kind: Kind, namespace: str, cluster: str
    ) -> tuple[list[Change], int]:
        """Return the changes of a kind after a version, and the version they lead up to.

        Raises ``Expired`` when some of them are forgotten.
        """
        self._require(version, cluster)
        found: list[Change] = []
        for change in reversed(self._changes):
            if change.version <= version:
                break
            place = change.object["metadata"].get("namespace", "")
            if change.kind == kind and (not namespace or place == namespace):
                found.append(change)
        return found[::-1], self.version

    def _require(self, version: int, cluster: str) -> None:
        if self._changes and version < self._changes[0].version - 1:
            raise Expired(
                f"resourceVersion {version} is too old; the oldest kept is "
                f"{self._changes[0].version}",
                cluster=cluster,
            )
