"""What an administrator sets: one YAML file, validated whole before anything starts.

Secrets never stand in it. Slack's tokens come from the environment (``SLACK_BOT_TOKEN``,
``SLACK_APP_TOKEN``) or from files that the environment names (``..._FILE``), as Kubernetes
mounts them; the database password may be given as ``MTC_BOT_DATABASE``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bot.settings_errors import corrections
from knowledge.texts import Lang

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=63)]
Channel = Annotated[str, StringConstraints(pattern=r"^[CGD][A-Z0-9]{6,}$")]
"""A channel's id: names change, ids do not."""
_PATTERNS = {
    "channel": "must be the channel's id, such as C0123456789; Slack shows it at the bottom of the "
    "channel's details",
    "name": "takes lower-case letters, digits, dots and dashes, such as wave-1",
}


class ConfigurationError(Exception):
    """The configuration cannot be used; ``str()`` says where and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ControlCluster(_Strict):
    """A cluster on which mig-controller runs."""

    name: Name
    context: str = ""
    """A context of the kubeconfig; empty with ``in_cluster``."""
    kubeconfig: Path | None = None
    in_cluster: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> ControlCluster:
        if self.in_cluster == bool(self.context or self.kubeconfig):
            raise ValueError("give in_cluster: true, or a context (and kubeconfig), not both")
        return self


class Route(_Strict):
    """Where alerts go; every field that is given must fit, globs allowed."""

    channel: Channel
    control: str = "*"
    plan: str = "*"
    severities: tuple[Literal["critical", "error", "warning"], ...] = ()


class Slack(_Strict):
    """Channels; the first route that fits an incident is taken, else ``channel``."""

    channel: Channel
    routes: tuple[Route, ...] = ()


class Remediation(_Strict):
    """Fixes from Slack; see ``deploy/policy.example.yaml``."""

    policy: Path
    """Who may ask for what, and who may approve it; read again whenever it changes."""


class Configuration(_Strict):
    """The whole of it."""

    control_clusters: tuple[ControlCluster, ...] = Field(min_length=1)
    slack: Slack
    database: str = "sqlite:///data/mtc-bot.sqlite3"
    """SQLAlchemy URL: ``sqlite:///file`` or ``postgresql+psycopg://...``."""
    language: Lang = "en"
    """Language of channel posts; people are answered in their own."""
    interval_seconds: Annotated[int, Field(ge=5, le=3600)] = 30
    keep_days: Annotated[int, Field(ge=2, le=3650)] = 90
    """Resolved incidents, timelines and sent messages are kept so long; the audit always."""
    knowledge: tuple[Path, ...] = ()
    """Folders with entries of your own; they take precedence over ours."""
    remediation: Literal["off"] | Remediation = "off"
    """``off``: the bot reads only; fixes are shown as steps with ready commands."""

    @model_validator(mode="after")
    def _names_differ(self) -> Configuration:
        names = [cluster.name for cluster in self.control_clusters]
        if len(set(names)) != len(names):
            raise ValueError("two control clusters have the same name")
        return self


class Tokens(BaseModel):
    """Slack's tokens; printing them prints stars."""

    model_config = ConfigDict(frozen=True)

    bot: SecretStr
    app: SecretStr


def load_configuration(path: Path, environ: Mapping[str, str] = os.environ) -> Configuration:
    """Return the configuration in a YAML file. Raises ``ConfigurationError``."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no file {path}. Copy deploy/mtc-bot.example.yaml and edit it."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(
            f"{path} cannot be read: {why}. Name a file of settings."
        ) from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ConfigurationError(f"{path} holds no settings; see deploy/mtc-bot.example.yaml.")
    if environ.get("MTC_BOT_DATABASE"):
        data["database"] = environ["MTC_BOT_DATABASE"]
    try:
        return Configuration.model_validate(data)
    except ValidationError as error:
        lines = [f"  {line}" for line in corrections(error, Configuration, _PATTERNS)]
        lines.append("All settings stand in deploy/mtc-bot.example.yaml.")
        raise ConfigurationError(f"{path} needs a correction:\n" + "\n".join(lines)) from error


def load_tokens(environ: Mapping[str, str] = os.environ) -> Tokens:
    """Return Slack's tokens from the environment. Raises ``ConfigurationError``."""
    return Tokens(
        bot=SecretStr(_token("SLACK_BOT_TOKEN", "xoxb-", environ)),
        app=SecretStr(_token("SLACK_APP_TOKEN", "xapp-", environ)),
    )


def _token(name: str, prefix: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "")
    file = environ.get(f"{name}_FILE", "")
    if not value and file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(f"{name}_FILE: {error.strerror}: {file}") from error
    if not value:
        raise ConfigurationError(f"Set {name} (it begins with {prefix}), or {name}_FILE.")
    if not value.startswith(prefix):
        raise ConfigurationError(f"{name} does not begin with {prefix}; is it another token?")
    return value
