"""Whether the bot could carry out fixes on a cluster: may it ask for people, and act as them?

Which rights people themselves have is seen when one of them asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.access.policy import PolicyError, load_policy
from bot.clusters.port import AccessRequest, ClusterError, ClusterReader
from bot.configuration import Configuration
from handlers.presence import Answer

MANIFEST = "deploy/rbac-remediation.yaml"


def groups_given(settings: Configuration) -> tuple[str, ...] | None:
    """Return the cluster groups that the policy gives out; None where remediation is off."""
    if settings.remediation == "off":
        return None
    try:
        pairs = load_policy(settings.remediation.policy).identity.groups
    except PolicyError:
        return ()
    return tuple(dict.fromkeys(pair.partition("=")[2] for pair in pairs))


def fixes(about: str, cluster: ClusterReader, groups: Sequence[str]) -> Answer:
    """Return whether the bot may do what a fix takes on a cluster, and what is missing."""
    about = f"fixes on {about}"
    reviews = AccessRequest("create", "authorization.k8s.io", "subjectaccessreviews")
    needed = {"create subjectaccessreviews": reviews}
    needed |= {f"impersonate group {name}": _impersonate("groups", name) for name in groups}
    try:
        missing = [said for said, right in needed.items() if not cluster.allowed(right).allowed]
        anybody = cluster.allowed(_impersonate("users")).allowed
    except ClusterError as error:
        return Answer(about, "unknown", f"could not be asked: {error}")
    if missing:
        said = f"missing: {', '.join(missing)}. Apply {MANIFEST} there, with your groups in it"
        return Answer(about, "no", said)
    if not anybody:
        said = f"acts at most for the users whom a role names; see {MANIFEST}"
        return Answer(about, "unknown", said)
    return Answer(about, "yes", "may ask for people and act as them")


def _impersonate(resource: str, name: str = "") -> AccessRequest:
    return AccessRequest("impersonate", "", resource, name=name)
