"""What controllers share: the world, its agenda, and things that will be done once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

from sandbox.playing.agenda import Agenda
from sandbox.playing.world import World


class Controller(Protocol):
    """Looks at the clusters and enters on the agenda what is to be done."""

    def look(self) -> None:
        """Look once; harmless when nothing has changed."""
        ...


class Scene:
    """The world as controllers see it."""

    def __init__(self, world: World, agenda: Agenda) -> None:
        """Take the player's own."""
        self.world = world
        self._agenda = agenda
        self._waiting: set[Hashable] = set()

    def later(self, key: Hashable, seconds: float, action: Callable[[], None]) -> None:
        """Do ``action`` in so many seconds, unless what ``key`` names is waiting already."""
        if key in self._waiting:
            return
        self._waiting.add(key)

        def act() -> None:
            self._waiting.discard(key)
            action()

        self._agenda.at(self.world.elapsed + seconds, act)
