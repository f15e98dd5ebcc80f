"""Scenarios played on clusters in memory.

``build_plane`` makes the clusters, ``Player`` furnishes and moves them. Start reading at
``player``, then ``migration``.
"""

from sandbox.playing.building import build_plane
from sandbox.playing.player import Player

__all__ = ["Player", "build_plane"]
