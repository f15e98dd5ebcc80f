"""Trust and credentials: CA bundles, and a new token for a remote cluster.

The bot never trusts a chain that it fetched over the very line that is not verified. A person
gives the bundle; the plan shows subjects, dates and SHA-256 fingerprints; the approver compares
them with the certificate's owner by another way and types them back.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, StringConstraints, field_validator

from bot.clusters import kinds as k
from bot.clusters.port import AccessRequest, Denied, Json
from bot.diagnosis.dossier import mapping, metadata, text
from bot.remediation.actions.base import Action, Draft, Params, existing, patch, spec_of
from bot.remediation.ground import Ground
from bot.remediation.mistakes import WrongValue
from bot.remediation.plans import Call, Risk, SecretSource, Verification
from bot.remediation.refusals import Refused
from knowledge.texts import LocalText

MAX_BUNDLE = 14_000
"""Characters; in base64 it must still fit into one text of the database."""


class CaBundle(Params):
    """A CA bundle as PEM."""

    pem: Annotated[str, Field(max_length=MAX_BUNDLE)]

    @field_validator("pem")
    @classmethod
    def _certificates_only(cls, value: str) -> str:
        if "PRIVATE KEY" in value:
            raise WrongValue(
                "This holds a private key; give certificates only.",
                "其中包含私钥；只能填写证书。",
            )
        try:
            found = x509.load_pem_x509_certificates(value.encode())
        except ValueError as error:
            raise WrongValue(
                "These are not certificates in PEM form.", "这不是 PEM 格式的证书。"
            ) from error
        return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in found)


def chain(pem: str, now: datetime) -> tuple[tuple[str, ...], tuple[LocalText, ...]]:
    """Return the fingerprints to compare, and a line for people for each certificate.

    Raises ``Refused`` for one that is not a CA or is out of its time.
    """
    prints: list[str] = []
    lines: list[LocalText] = []
    for certificate in x509.load_pem_x509_certificates(pem.encode()):
        digits = certificate.fingerprint(hashes.SHA256()).hex()
        shown = ":".join(digits[i : i + 2] for i in range(0, len(digits), 2)).upper()
        subject = certificate.subject.rfc4514_string()[:200]
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not begins <= now <= ends:
            raise Refused(
                f"{subject} is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d} only; a bundle with "
                "it helps nobody.",
                f"{subject} 仅在 {begins:%Y-%m-%d} 至 {ends:%Y-%m-%d} 期间有效；该证书包没有用处。",
            )
        if not _is_ca(certificate):
            raise Refused(
                f"{subject} is not a CA certificate. Give the CA that signed the endpoint's "
                "certificate.",
                f"{subject} 不是 CA 证书。请提供签发该端点证书的 CA。",
            )
        prints.append(shown)
        lines.append(
            LocalText(
                en=f"Trusts {subject}, valid to {ends:%Y-%m-%d}, SHA-256 {shown}",
                zh=f"信任 {subject}，有效期至 {ends:%Y-%m-%d}，SHA-256 {shown}",
            )
        )
    return tuple(prints), tuple(lines)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return certificate.subject == certificate.issuer
    return constraints.value.ca or certificate.subject == certificate.issuer


class _Bundle(Action[CaBundle]):
    """Sets a bundle of the target."""

    risk = Risk.R3
    params = CaBundle

    def rights(self, ground: Ground) -> tuple[tuple[str, AccessRequest], ...]:
        """Return the right to patch the target."""
        return (("host", _set(ground.subject, {}).permission),)

    def body(self, bundle: object) -> Json:
        """Return the part of the target's spec that holds a bundle."""
        raise NotImplementedError

    def old(self, spec: Json) -> object:
        """Return the bundle that the target's spec has now."""
        raise NotImplementedError

    def draft(self, ground: Ground, params: CaBundle) -> Draft:
        """Return the patch, with the fingerprints to compare."""
        prints, lines = chain(params.pem, ground.now)
        encoded = base64.b64encode(params.pem.encode()).decode()

        def setting(bundle: object) -> Call:
            return _set(ground.subject, {**self.body(bundle), "refresh": True})

        return Draft(
            (setting(encoded),),
            _ready(ground),
            lines,
            (setting(self.old(spec_of(ground.subject))),),
            prints,
        )


class SetClusterCaBundle(_Bundle):
    """Tell MTC which CA signs a cluster's API certificate."""

    id = "set-cluster-ca-bundle"
    title = LocalText(en="Set the cluster's CA bundle", zh="设置集群的 CA 证书包")
    targets = (k.MIGCLUSTER.kind,)

    def body(self, bundle: object) -> Json:
        """Return the field of a MigCluster."""
        return {"caBundle": bundle}

    def old(self, spec: Json) -> object:
        """Return what that field is now."""
        return spec.get("caBundle")


def _set(subject: Json, spec: Json) -> Call:
    kind = k.BY_KIND[text(subject.get("kind"))]
    why = LocalText(en="Set the CA bundle.", zh="设置 CA 证书包。")
    return patch(subject, kind, {"spec": spec}, why)


def _ready(ground: Ground) -> Verification:
    return Verification(
        check="object-ready",
        params={"kind": ground.target.kind, "name": ground.target.name},
        deadline_seconds=600,
    )


class SetStorageCaBundle(_Bundle):
    """Tell MTC which CA signs the object store's certificate."""

    id = "set-storage-ca-bundle"
    title = LocalText(en="Set the object store's CA bundle", zh="设置对象存储的 CA 证书包")
    targets = (k.MIGSTORAGE.kind,)

    def body(self, bundle: object) -> Json:
        """Return the field of a MigStorage for stores of the S3 kind."""
        return {"backupStorageConfig": {"s3CustomCABundle": bundle}}

    def old(self, spec: Json) -> object:
        """Return what that field is now."""
        return mapping(spec, "backupStorageConfig").get("s3CustomCABundle")


class NewToken(Params):
    """Where the new token is kept: a Secret in openshift-migration.

    A token that was rotated away can read nothing more on its cluster, so a person puts the new
    one into a Secret on the control cluster. Where the old one still works (it is about to
    expire), the Secret of type kubernetes.io/service-account-token there can be named.
    """

    secret: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
    on: Literal["host", "remote"] = "host"
    key: Literal["token", "saToken"] = "token"


class RenewToken(Action[NewToken]):
    """Give MTC a new token for a remote cluster, copied from a Secret there; never shown."""

    id = "renew-sa-token"
    title = LocalText(en="Give MTC a new token for the cluster", zh="为集群更换令牌")
    risk = Risk.R2
    targets = (k.MIGCLUSTER.kind,)
    params = NewToken

    def rights(self, ground: Ground) -> tuple[tuple[str, AccessRequest], ...]:
        """Return the right to patch the host's secret."""
        name, namespace = _secret_of(ground)
        right = AccessRequest("patch", k.SECRET.group, k.SECRET.plural, namespace, name)
        return (("host", right),)

    def draft(self, ground: Ground, params: NewToken) -> Draft:
        """Return the patch of the host's secret. The value is read when it is executed."""
        name, namespace = _secret_of(ground)
        secret = existing(ground, "host", k.SECRET, name, namespace)
        cluster = "host" if params.on == "host" else ground.target.name
        holder = _holder(ground, cluster, params.secret)
        if not text(mapping(holder, "data").get(params.key)):
            raise Refused(
                f"Secret {params.secret} has no {params.key}; put the new token there first.",
                f"secret {params.secret} 中没有 {params.key}；请先把新令牌放入其中。",
            )
        source = SecretSource(
            cluster=cluster,
            namespace=k.MTC_NAMESPACE,
            name=params.secret,
            key=params.key,
            version=text(metadata(holder).get("resourceVersion")),
        )
        why = LocalText(en="Write the new token.", zh="写入新令牌。")
        write = patch(
            secret,
            k.SECRET,
            {"data": {"saToken": None}},
            why,
            secrets={"data.saToken": source},
        )
        return Draft(
            (write,),
            _ready(ground),
            (
                LocalText(
                    en="The old token is replaced; it is not kept.",
                    zh="旧令牌会被替换，且不会保留。",
                ),
            ),
        )


def _secret_of(ground: Ground) -> tuple[str, str]:
    """Return name and namespace of the secret of a MigCluster. Raises ``Refused`` without."""
    reference = mapping(ground.subject, "spec", "serviceAccountSecretRef")
    name, namespace = text(reference.get("name")), text(reference.get("namespace"))
    if not name or not namespace:
        raise Refused(
            f"{ground.target} names no secret; set serviceAccountSecretRef first.",
            f"{ground.target} 未指定 secret；请先设置 serviceAccountSecretRef。",
        )
    return name, namespace


def _holder(ground: Ground, cluster: str, name: str) -> Json:
    """Return the secret with the new token. Raises ``Refused`` where the bot may not read it."""
    try:
        return existing(ground, cluster, k.SECRET, name, k.MTC_NAMESPACE)
    except Denied:
        raise Refused(
            f"The bot may not read secret {name} on {cluster}. Call it new-token, or name it in "
            "the bot's role mtc-bot-remediation there.",
            f"机器人无权读取 {cluster} 上的 secret {name}。请将其命名为 new-token，"
            "或在该集群上机器人的角色 mtc-bot-remediation 中加入该名称。",
        ) from None
