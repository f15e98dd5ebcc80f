"""``mtc-bot run --check``: whether the bot could do its work, asked of everything it needs.

Nothing is changed and nothing is started. Each question is one line with a next step; a
question that nobody could answer now (Slack down) is told apart from a no.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from bot.access.policy import PolicyError, load_policy
from bot.cli.checking_fixes import fixes, groups_given
from bot.cli.terminal import out
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, WATCHED_KINDS, Kind
from bot.clusters.port import (
    AccessRequest,
    ClusterError,
    ClusterReader,
    ControlPlane,
    Denied,
    NotServed,
    Unreachable,
)
from bot.configuration import Configuration, ControlCluster, Tokens
from bot.redaction import redact
from bot.store.database import DatabaseUnusable, check_database
from handlers import presence
from handlers.presence import Answer
from knowledge.loading import load_folder

_MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}
_READ = (k.POD, k.EVENT, k.PVC, k.NAMESPACE, k.NODE, k.STORAGECLASS)
"""Kinds read in every namespace."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came out."""

    answers: tuple[Answer, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing said no."""
        return all(answer.verdict != "no" for answer in self.answers)


def check(settings: Configuration, tokens: Tokens, slack_api: str) -> Checked:
    """Ask everything, print each answer as it comes, and return them all."""
    answers = []
    for answer in _asked(settings, tokens, slack_api):
        mark = _MARKS[answer.verdict]
        out.print(f"{mark} {escape(redact(answer.about))}: {escape(redact(answer.said))}")
        answers.append(answer)
    return Checked(tuple(answers))


def _asked(settings: Configuration, tokens: Tokens, slack_api: str) -> Iterator[Answer]:
    yield _database(settings.database)
    groups = groups_given(settings)
    for cluster in settings.control_clusters:
        yield from _control(cluster, groups)
    yield from map(_knowledge, settings.knowledge)
    if settings.remediation != "off":
        yield _policy(settings.remediation.policy)
    bot = tokens.bot.get_secret_value()
    taken = presence.bot_token(bot, slack_api)
    yield taken
    yield presence.app_token(tokens.app.get_secret_value(), slack_api)
    if taken.verdict == "yes":
        yield from presence.channels(bot, channels_of(settings), slack_api)


def channels_of(settings: Configuration) -> tuple[str, ...]:
    """Return all channels that are configured, the one for everything else first."""
    routed = (route.channel for route in settings.slack.routes)
    return tuple(dict.fromkeys((settings.slack.channel, *routed)))


def _database(url: str) -> Answer:
    try:
        return Answer("database", "yes", check_database(url))
    except DatabaseUnusable as error:
        return Answer("database", "no", str(error))


def _knowledge(folder: Path) -> Answer:
    about = f"knowledge {folder}"
    if not folder.is_dir():
        return Answer(about, "no", "there is no such folder")
    found = load_folder(folder)
    if found.problems:
        more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
        said = f"left out: {found.problems[0]}{more}. Try: mtc-bot kb test {folder}"
        return Answer(about, "no", said)
    return Answer(about, "yes", f"{len(found.by_id)} entries")


def _policy(path: Path) -> Answer:
    try:
        policy = load_policy(path)
    except PolicyError as error:
        return Answer("policy", "no", str(error))
    return Answer("policy", "yes", f"{path}, {len(policy.bindings)} bindings")


def _control(cluster: ControlCluster, groups: Sequence[str] | None) -> Iterator[Answer]:
    from bot.clusters.live import open_live

    about = f"control cluster {cluster.name}"
    try:
        plane = open_live(
            context=cluster.context,
            kubeconfig=cluster.kubeconfig,
            name=cluster.name,
            in_cluster=cluster.in_cluster,
        )
        found = plane.host.list(k.MIGCLUSTER, MTC_NAMESPACE)
        plans = len(plane.host.list(k.MIGPLAN, MTC_NAMESPACE).items)
    except NotServed as error:
        yield Answer(about, "no", f"it answers, but MTC is not installed there: {error}")
        return
    except Unreachable as error:
        yield Answer(about, "no", f"{error}. Check its address in the kubeconfig, and the network")
        return
    except Denied as error:
        yield Answer(about, "no", f"{error}. Apply deploy/rbac.yaml there")
        return
    except ClusterError as error:
        yield Answer(about, "no", str(error))
        return
    names = [str(each.get("metadata", {}).get("name", "")) for each in found.items]
    yield Answer(about, "yes", f"reached, {plans} plans, {len(names)} clusters of MTC")
    yield _rights(about, plane.host)
    if groups is not None:
        yield fixes(about, plane.host, groups)
    for name in sorted(filter(None, names)):
        reached = _remote(cluster.name, plane, name)
        yield reached
        if groups is not None and reached.verdict == "yes" and plane.remote(name) is not plane.host:
            yield fixes(reached.about, plane.remote(name), groups)


def _rights(about: str, host: ClusterReader) -> Answer:
    about = f"rights on {about}"
    try:
        missing = [_right(each) for each in needed() if not host.allowed(each).allowed]
    except ClusterError as error:
        return Answer(about, "unknown", f"could not be asked: {error}")
    if not missing:
        return Answer(about, "yes", f"all {len(needed())} that were asked for")
    more = f" and {len(missing) - 6} more" if len(missing) > 6 else ""
    said = f"missing: {', '.join(missing[:6])}{more}. Apply deploy/rbac.yaml there"
    return Answer(about, "no", said)


def needed() -> Sequence[AccessRequest]:
    """Return the rights without which the bot is blind on a control cluster."""

    def may(verb: str, kind: Kind, namespace: str = "", subresource: str = "") -> AccessRequest:
        return AccessRequest(verb, kind.group, kind.plural, namespace, subresource=subresource)

    watched = [
        may(verb, kind, MTC_NAMESPACE) for kind in WATCHED_KINDS for verb in ("list", "watch")
    ]
    velero = [may("list", kind, MTC_NAMESPACE) for kind in (k.BACKUP, k.RESTORE, k.PVB)]
    return [*watched, *velero, *(may("list", kind) for kind in _READ), may("get", k.POD, "", "log")]


def _right(asked: AccessRequest) -> str:
    resource = asked.resource + (f"/{asked.subresource}" if asked.subresource else "")
    return f"{asked.verb} {resource}" + (f" in {asked.namespace}" if asked.namespace else "")


def _remote(control: str, plane: ControlPlane, name: str) -> Answer:
    """Ask a source or destination; one that is away is no reason not to start."""
    about = f"cluster {name} of {control}"
    try:
        plane.remote(name).list(k.BSL, MTC_NAMESPACE)
    except ClusterError as error:
        said = f"{error}. The bot starts without it and says so in its diagnoses"
        return Answer(about, "unknown", said)
    return Answer(about, "yes", "reached")
