"""Things that pass through phases on a clock which can be stopped."""

from __future__ import annotations

from sandbox.playing.agenda import Action, Agenda
from sandbox.playing.world import World


class Life:
    """One waiting action at a time; freezing keeps what is left of the wait."""

    def __init__(self, world: World, agenda: Agenda) -> None:
        """Begin with nothing to wait for."""
        self.world = world
        self._agenda = agenda
        self._ticket = 0
        self._due: float | None = None
        self._action: Action | None = None
        self._left: float | None = None
        """Seconds that were left when the clock was stopped; None while it runs."""

    @property
    def frozen(self) -> bool:
        """Return whether the clock is stopped."""
        return self._left is not None

    def wait(self, seconds: float, action: Action) -> None:
        """Do ``action`` in so many seconds, instead of what was waited for."""
        self._action = action
        if self._left is not None:
            self._left = seconds
            return
        self._ticket += 1
        ticket = self._ticket
        self._due = self.world.elapsed + seconds
        self._agenda.at(self._due, lambda: self._fire(ticket))

    def stay(self) -> None:
        """Wait for nothing more."""
        self._ticket += 1
        self._due = None
        self._action = None

    def freeze(self) -> None:
        """Stop the clock."""
        if self._left is None:
            self._left = max(0.0, (self._due or 0.0) - self.world.elapsed)
            self._ticket += 1

    def thaw(self) -> None:
        """Let the clock go on."""
        left, self._left = self._left, None
        if left is not None and self._action is not None:
            self.wait(left, self._action)

    def _fire(self, ticket: int) -> None:
        if ticket == self._ticket and self._action is not None:
            action, self._action = self._action, None
            action()
