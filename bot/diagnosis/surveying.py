"""What a plan depends on outside its namespaces, read for a look before a migration is started.

Adds to a dossier: cluster role bindings, SCCs and priority classes of both sides, and when the
tokens and certificates expire with which MTC reaches clusters and store. Of a secret only the time
of expiry is kept; the token itself goes no further than the function that reads it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson
from cryptography import x509

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import ClusterError, Json
from bot.diagnosis.dossier import Dossier, RoleName, Scene, mapping, metadata, ref_name, text
from bot.diagnosis.gathering import Notes, list_kind
from knowledge.observations import Subject
from knowledge.observing import subject_of
from knowledge.texts import LocalText

DEPENDENCIES: tuple[Kind, ...] = (k.CLUSTERROLEBINDING, k.SCC, k.PRIORITYCLASS)
_MAX_CERTIFICATES = 50


@dataclass(frozen=True, slots=True)
class Expiry:
    """When something that MTC trusts or signs in with ends."""

    what: str
    """As in ``saToken in secret openshift-config/ocp3``."""
    kind: str
    """token or certificate."""
    subject: Subject
    at: datetime


@dataclass(frozen=True, slots=True)
class Survey:
    """A plan's dossier with all that a look ahead needs."""

    dossier: Dossier
    expiries: tuple[Expiry, ...] = ()
    not_examined: tuple[LocalText, ...] = ()
    """Tokens and certificates that could not be read, and why."""


def survey(dossier: Dossier) -> Survey:
    """Return the dossier of a plan with what lies outside its namespaces. Never raises."""
    notes = Notes()
    scenes = dict(dossier.scenes)
    roles: tuple[RoleName, ...] = ("source", "destination")
    for role in roles:
        scene = scenes.get(role)
        if scene is not None and scene.reader is not None:
            scenes[role] = _with_dependencies(scene, notes)
    unread = (*dossier.unread, *notes.unread.values())
    whole = replace(dossier, scenes=scenes, unread=unread)
    ends = list(_expiries(whole))
    return Survey(
        whole,
        tuple(end for end in ends if isinstance(end, Expiry)),
        tuple(end for end in ends if isinstance(end, LocalText)),
    )


def _expiries(dossier: Dossier) -> Iterator[Expiry | LocalText]:
    for cluster in _clusters(dossier):
        yield from _token(dossier, cluster)
        yield from _certificates(dossier, cluster, ("caBundle",))
    storage = dossier.scene("host").named(k.MIGSTORAGE, ref_name(dossier.plan, "migStorageRef"))
    if storage is not None:
        yield from _certificates(dossier, storage, ("backupStorageConfig", "s3CustomCABundle"))


def _with_dependencies(scene: Scene, notes: Notes) -> Scene:
    reader = scene.reader
    if reader is None:
        return scene
    objects = dict(scene.objects)
    for kind in DEPENDENCIES:
        objects[kind.kind] = list_kind(reader, kind, "", notes)
    absent = {**scene.absent, **notes.absent_on(reader.name)}
    return replace(scene, objects=objects, absent=absent)


def _clusters(dossier: Dossier) -> Iterator[Json]:
    host = dossier.scene("host")
    for field in ("srcMigClusterRef", "destMigClusterRef"):
        cluster = host.named(k.MIGCLUSTER, ref_name(dossier.plan, field))
        if cluster is not None and mapping(cluster, "spec").get("isHostCluster") is not True:
            yield cluster


def _token(dossier: Dossier, cluster: Json) -> Iterator[Expiry | LocalText]:
    """Yield when the token of a MigCluster expires; nothing for one that never does."""
    reader = dossier.scene("host").reader
    reference = mapping(cluster, "spec", "serviceAccountSecretRef")
    name, namespace = text(reference.get("name")), text(reference.get("namespace"))
    where = f"secret {namespace}/{name}"
    if reader is None or not name:
        return
    try:
        secret = reader.get(k.SECRET, name, namespace)
    except ClusterError as error:
        yield LocalText(en=f"{where} could not be read: {error}", zh=f"未能读取 {where}：{error}")
        return
    at = token_expiry(text(mapping(secret, "data").get("saToken")))
    if at is not None:
        subject = subject_of(cluster, dossier.scene("host").cluster)
        yield Expiry(f"saToken in {where}", "token", subject, at)


def token_expiry(encoded: str) -> datetime | None:
    """Return when a base64 JWT expires (UTC); None for one that does not, or is no JWT."""
    try:
        parts = base64.b64decode(encoded, validate=True).split(b".")
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + b"==="))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, OSError, binascii.Error):
        return None


def _certificates(
    dossier: Dossier, owner: Json, path: tuple[str, ...]
) -> Iterator[Expiry | LocalText]:
    value = text(mapping(owner, "spec", *path[:-1]).get(path[-1]))
    if not value:
        return
    field, kind = ".".join(("spec", *path)), text(owner.get("kind"))
    name = text(metadata(owner).get("name"))
    named = f"{field} of {kind} {name}"
    ends = certificate_expiries(value)
    if ends is None:
        zh = f"{kind} {name} 的 {field} 不是 PEM 格式"
        yield LocalText(en=f"{named} is not PEM", zh=zh)
        return
    subject = subject_of(owner, dossier.scene("host").cluster)
    for at in ends:
        yield Expiry(named, "certificate", subject, at)


def certificate_expiries(encoded: str) -> tuple[datetime, ...] | None:
    """Return when the certificates of a base64 PEM bundle expire (UTC); None for no such bundle.

    Of a bundle that holds one good certificate of several, only the last to expire counts: the
    others may well be there for history.
    """
    try:
        bundle = base64.b64decode(encoded, validate=True)
        certificates = x509.load_pem_x509_certificates(bundle)
    except (ValueError, binascii.Error):
        return None
    ends = [c.not_valid_after_utc for c in certificates[:_MAX_CERTIFICATES]]
    return (max(ends),) if ends else None
