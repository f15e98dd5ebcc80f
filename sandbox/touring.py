"""A tour: several scenarios in one control plane, each beginning at its time, on the real clock.

``Tour`` plays what lies before the start at once, then keeps pace with the clock in a thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import yaml

from sandbox.clusters.plane import MemoryPlane
from sandbox.playing.building import build_plane
from sandbox.reacting.player import LivePlayer
from sandbox.scenarios.loading import folder, load_scenarios
from sandbox.scenarios.schema import Scenario

_STEP = 0.2
log = logging.getLogger(__name__)


def tours() -> tuple[str, ...]:
    """Return the names of the tours there are."""
    return tuple(sorted(path.stem for path in (folder() / "tours").glob("*.yaml")))


def load_tour(name: str = "demo") -> dict[str, float]:
    """Return when each scenario of a tour begins, in seconds after its start.

    Raises ``KeyError`` where there is no such tour.
    """
    if name not in tours():
        raise KeyError(name)
    text = (folder() / "tours" / f"{name}.yaml").read_text(encoding="utf-8")
    tour: dict[str, float] = yaml.safe_load(text)
    return tour


def chosen(wanted: Iterable[str]) -> dict[str, float]:
    """Return a tour of these scenarios, ten seconds apart.

    ``id@seconds`` says when one begins, before the start if that is negative; one that is about
    waiting has waited already when the tour starts. Raises ``KeyError`` for no such scenario.
    """
    known = {scenario.id: scenario for scenario in load_scenarios()}
    begins: dict[str, float] = {}
    for number, each in enumerate(wanted):
        scenario_id, _, seconds = each.partition("@")
        if scenario_id not in known:
            raise KeyError(scenario_id)
        try:
            begins[scenario_id] = float(seconds or 10.0 * number - known[scenario_id].lasts)
        except ValueError:
            raise KeyError(each) from None
    return begins


class Tour:
    """Plays scenarios in real time; ``start`` and ``stop`` it once."""

    def __init__(self, begins: dict[str, float], speed: float = 1.0, name: str = "demo") -> None:
        """Take when each scenario begins; ``speed`` is virtual seconds per second."""
        self._before = max(0.0, -min(begins.values(), default=0.0))
        self._speed = speed
        by_id = {scenario.id: scenario for scenario in load_scenarios()}
        self.scenarios: tuple[Scenario, ...] = tuple(
            by_id[scenario_id].model_copy(update={"offset": self._before + begin})
            for scenario_id, begin in begins.items()
        )
        self.plane: MemoryPlane = build_plane(self.scenarios, name)
        began = datetime.now(UTC) - timedelta(seconds=self._before)
        self._player = LivePlayer(self.plane, self.scenarios, began)
        self._player.advance(self._before)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tour", daemon=True)

    def clock(self) -> datetime:
        """Return the time in the scenarios (aware, UTC)."""
        return self._player.now

    def start(self) -> None:
        """Begin to keep pace."""
        self._thread.start()

    def stop(self) -> None:
        """Stop where it is."""
        self._stopping.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stopping.wait(_STEP):
            now = time.monotonic()
            try:
                self._player.advance((now - last) * self._speed)
            except Exception:
                log.exception("the scenarios cannot go on")
                return
            last = now
