"""What a secret looks like: by its form, by the name it stands behind, by the command it follows.

Names of secrets (``secret/cloud-credentials``, ``saSecretRef``) and prose (``password: token has
expired``) are evidence and stay. A rule masks one group of its pattern; rules are applied in
order, and none finds what another has masked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One sort of secret."""

    name: str
    pattern: re.Pattern[str]
    groups: tuple[int | str, ...] = (0,)
    """The groups of which the one that took part is the secret."""


_MASKED = r"(?!\\*[\"']?\[redacted:)"

# A name counts from its beginning (``db_password``, ``X-Auth-Token``), but not within a word: the
# store's error ``ExpiredToken: The provided token has expired`` tells of a secret and holds none.
_MAY_BE_WORDS = (
    r"(?:(?<![A-Za-z0-9])(?:password|passwd|passphrase|pwd)"
    r"|(?-i:(?<=[A-Z0-9])(?:PASSWORD|PASSWD|PASSPHRASE))"
    r"|(?-i:(?<=[A-Z0-9]_)(?:SECRET|CREDENTIALS?|PASS))"
    r"|(?-i:(?<=[a-z0-9])(?:Password|Passwd|Passphrase)))"
)
_NEVER_WORDS = (
    r"(?:(?<![A-Za-z0-9])(?:"
    r"secret[_-]?access[_-]?key|secret[_-]?key|access[_-]?key|aws[_-]access[_-]key[_-]id|"
    r"(?:sa|access|refresh|id|auth|bearer|session|identity)[_-]?token|"
    r"(?:client|app|webhook|shared|signing|session|jwt|hmac)[_-]?secret|"
    r"(?:api|account|storage|shared|encryption|master|license)[_-]?key|private[_-]?key(?:_id)?|"
    r"client-key-data|client-certificate-data|token|x-amz-signature|x-amz-security-token|"
    r"x-amz-credential|sig|signature|\.?dockerconfigjson|\.?dockercfg"
    r")"
    r"|(?-i:(?<=[a-z0-9])(?:SecretKey|SecretAccessKey|ApiKey|APIKey|ClientSecret|AccountKey|"
    r"PrivateKey|AccessToken|RefreshToken|BearerToken|AuthToken)))"
)
_NAME_ENDS = r"\\*[\"']?\s*"
_IS = r"(?::=|=>|[:=])\s*"
_IS_NO_SENTENCE = (
    r"(?:(?::=|=>|=)\s*|:\s*(?!(?:[A-Z]?[a-z]{1,14}|[1-5]\d\d)[,:]?\s[\"'(]?[A-Za-z]))"
)
"""``fetch token: invalid status code`` goes on with what went wrong; no token is a plain word."""
_WORDS = (
    r"(?!\\*[\"']?(?:true|false|null|nil|none|yes|no|on|off)\b"
    r"|(?:the|an?|is|has|was|must|not|no|token|expired|invalid|unknown|missing|unable|failed|"
    r"cannot|could|should|does|unauthorized|authentication|error|required|please|incorrect|wrong|"
    r"denied)[:,]?\ "
    r"|\$\{[^}\s]*\}|\$\([^)\s]*\)|\{\{|<|%[sqv]\b)"
)
# Bare, a value goes on over what could be a separator unless something is separated there.
_BARE = r"(?:[^\s\"'\\,;&}\])]|[,;&}\])](?![\s\"'\\,;&}\])]|\Z|[A-Za-z0-9_.-]+\\*[\"']?[:=])){3,}"
_QUOTED = r"(?P<q>\\*[\"'])(?P<quoted>(?:(?!(?P=q))[^\n]){3,2000}?)(?P=q)"
_VALUE = f"(?:{_QUOTED}|\\\\*[\"']?(?P<bare>{_BARE}))"
_GIVEN = ("quoted", "bare")

_BASE64_OF_PRIVATE = "|".join(
    (
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS",
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt",
        "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0t",
        "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ",
        "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRVkt",
    )
)
"""How the first line of a private key begins in base64, as in a kubeconfig."""

_PROVIDERS = (
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hv[sbr]\.[\w-]{16,}|"
    r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|npm_[A-Za-z0-9]{30,}|dckr_pat_[\w-]{20,}|GOOG1[A-Z0-9]{20,}"
)

RULES: tuple[Rule, ...] = (
    Rule(
        "private-key",
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
            rf"|(?:{_BASE64_OF_PRIVATE})[A-Za-z0-9+/=]*",
            re.DOTALL,
        ),
    ),
    # A line of a key whose first line is elsewhere, as where a log is read line by line. Those of
    # a whole certificate are public, and fixes carry them.
    Rule(
        "key-line",
        re.compile(
            r"-----BEGIN CERTIFICATE-----\s*MII[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----|"
            r"^[ \t]*(?![0-9a-f]+[ \t]*$)([A-Za-z0-9+/]{60,76}={0,2})[ \t]*$",
            re.MULTILINE,
        ),
        (1,),
    ),
    Rule("jwt", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")),
    # Base64 of what begins with ``{"``, ``eyJ`` or ``[default]``: pull secrets, tokens in secrets,
    # the cloud-credentials of Velero.
    Rule(
        "base64-secret",
        re.compile(r"(?<![A-Za-z0-9+/])(?:eyJ|ZXlK|W2RlZmF1bHRd)[A-Za-z0-9+/_-]{16,}={0,2}"),
    ),
    Rule("openshift-token", re.compile(r"\bsha256~[A-Za-z0-9_-]{20,}")),
    Rule("slack-token", re.compile(r"\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{8,}")),
    Rule("aws-key-id", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    Rule("provider-token", re.compile(rf"\b(?:{_PROVIDERS})")),
    Rule("password-hash", re.compile(r"\$(?:2[aby]|5|6|y|apr1|argon2\w{0,2})\$[^\s\"':,]{20,}")),
    Rule(
        "url-user",
        re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://([^\s/\"'<>\[\]]+)@(?!sha256:)", re.IGNORECASE),
        (1,),
    ),
    Rule(
        "authorization",
        re.compile(
            r"\b(?:Bearer|Basic|Negotiate)\s+(?!\[redacted)([A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE
        ),
        (1,),
    ),
    Rule(
        "cookie",
        re.compile(
            rf"\b(?:set-)?cookie\\*[\"']?:\s*{_MASKED}\\*[\"'\[]?([^\s\"'\\]*=[^\"'\\\n\]]+)", re.I
        ),
        (1,),
    ),
    Rule(
        "pull-secret",
        re.compile(rf"[\"']auth\\*[\"']\s*:\s*\\*[\"']{_MASKED}([A-Za-z0-9+/=]{{8,}})"),
        (1,),
    ),
    # ``- name: DB_MAY_BE_WORDS`` and ``value: ...`` of a container, as YAML, JSON or Go prints it.
    Rule(
        "environment",
        re.compile(
            r"\bname\\*[\"']?[:=]\s*\\*[\"']?[\w.-]{0,60}?"
            r"(?:password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key|"
            r"credentials?)[\w.-]{0,20}\\*[\"']?[\s,]{1,80}"
            rf"\\*[\"']?value\\*[\"']?[:=]\s*{_MASKED}{_WORDS}{_VALUE}",
            re.IGNORECASE,
        ),
        _GIVEN,
    ),
    Rule(
        "named-secret",
        re.compile(
            rf"(?:{_MAY_BE_WORDS}{_NAME_ENDS}{_IS}|{_NEVER_WORDS}{_NAME_ENDS}{_IS_NO_SENTENCE})"
            rf"{_MASKED}{_WORDS}{_VALUE}",
            re.IGNORECASE,
        ),
        _GIVEN,
    ),
    Rule(
        "flag-secret",
        re.compile(
            r"--(?:[a-z0-9]+-)*(?:token|password|passwd|passphrase|secret-key|access-key|api-key|"
            rf"client-secret)[ =]{_MASKED}(?!<|-)[\"']?([^\s\"']{{3,}})"
        ),
        (1,),
    ),
    Rule(
        "command-secret",
        re.compile(
            r"(?:\b(?:curl|wget)\b[^\n|;]{0,400}?\s(?:-u|--user|--proxy-user)"
            r"[ =]?[\"']?[^\s:\"'\[]+:"
            r"|\b(?:(?:oc|docker|podman|skopeo|buildah|crane|az) login|sshpass|mysql\w{0,10})\b"
            r"[^\n|;]{0,400}?\s-p[ =]?[\"']?"
            r"|\bIDENTIFIED BY '"
            r"|\bmachine \S{1,200} login \S{1,200} password )"
            r"(?!\[redacted:)([^\s\"']{3,})"
        ),
        (1,),
    ),
)
