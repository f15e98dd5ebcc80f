"""Times in which risky actions are allowed or frozen."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Hour = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Window(BaseModel):
    """``allow``: such actions only within these times. ``freeze``: none within them.

    A window that ends before it begins runs past midnight and belongs to the day it began on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    kind: Literal["allow", "freeze"]
    risks: tuple[Literal["R1", "R2", "R3"], ...] = ("R2", "R3")
    control: tuple[str, ...] = ("*",)
    timezone: str = "UTC"
    days: tuple[Day, ...] = _DAYS
    begin: _Hour = Field("00:00", alias="from")
    end: _Hour = Field("00:00", alias="to")
    """``00:00`` to ``00:00`` is the whole day."""
    first: datetime | None = None
    last: datetime | None = None
    """The window counts only between these moments; a time without zone is in ``timezone``."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {value!r}") from error
        return value

    def holds(self, now: datetime) -> bool:
        """Return whether ``now`` (aware) lies within the window."""
        zone = ZoneInfo(self.timezone)
        local = now.astimezone(zone)
        if self.first is not None and now < _aware(self.first, zone):
            return False
        if self.last is not None and now >= _aware(self.last, zone):
            return False
        begin, end = time.fromisoformat(self.begin), time.fromisoformat(self.end)
        today, yesterday = _DAYS[local.weekday()], _DAYS[(local.weekday() - 1) % 7]
        clock = local.time()
        if begin < end:
            return today in self.days and begin <= clock < end
        if begin == end:
            return today in self.days
        return (today in self.days and clock >= begin) or (yesterday in self.days and clock < end)


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
