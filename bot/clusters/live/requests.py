"""What is asked of a cluster: one value that gives both the path and the words for a person.

Names and namespaces come from people and from objects that people wrote. A text that no object
can be called by never becomes part of a path, so nothing typed in a chat can reach another
object than the one it names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from bot.clusters.kinds import Kind
from bot.clusters.port import NotFound
from bot.redaction import redact

_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\Z")
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?\Z")
"""Wider than DNS labels, since RBAC objects may have colons and capitals in their names."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call: the verb as RBAC knows it, the kind, and which object of which cluster."""

    cluster: str
    verb: str
    kind: Kind
    name: str = ""
    namespace: str = ""
    subresource: str = ""

    @property
    def path(self) -> str:
        """Return the path under the server's address.

        Raises ``NotFound`` where name or namespace are not what an object can be called.
        """
        root = f"/apis/{self.kind.api_version}" if self.kind.group else f"/api/{self.kind.version}"
        parts = [root]
        if self.kind.namespaced and self.namespace:
            parts += ["namespaces", self._checked(self.namespace, _NAMESPACE)]
        parts.append(self.kind.plural)
        if self.name:
            if self.kind.namespaced and not self.namespace:
                raise NotFound(f"{self}: the namespace is missing", cluster=self.cluster)
            parts.append(self._checked(self.name, _NAME))
        if self.subresource:
            parts.append(self.subresource)
        return "/".join(parts)

    @property
    def right(self) -> str:
        """Return the right that the call needs, as RBAC spells it."""
        resource = f"{self.kind.plural}/{self.subresource}" if self.subresource else ""
        return f"{self.verb} on {resource or self.kind.crd_name}"

    def __str__(self) -> str:
        """Return ``get migplan/shop in openshift-migration``."""
        what = f"{self.kind.singular}/{spoken(self.name)}" if self.name else self.kind.plural
        if self.subresource:
            what = f"the {self.subresource} of {what}"
        return f"{self.verb} {what}" + (f" in {spoken(self.namespace)}" if self.namespace else "")

    def _checked(self, text: str, form: re.Pattern[str]) -> str:
        if not form.match(text) or ".." in text:
            raise NotFound(
                f"there is no {self.kind.singular} {spoken(self.name)} in {spoken(self.namespace)} "
                f"of cluster {self.cluster}: nothing can be called {spoken(text)}",
                cluster=self.cluster,
            )
        return quote(text, safe="")


def spoken(text: str, longest: int = 100) -> str:
    """Return a foreign text as one short line without secrets or control characters."""
    line = " ".join(redact(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
