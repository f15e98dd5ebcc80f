"""The must-gather adapter: an archive, read in place, as a control plane.

``open_archive`` takes a folder or a tarball and gives an ``ArchivePlane``. Start reading with
``opening``; ``layout`` says what lies where, ``documents`` survives what is written there.
"""

from bot.clusters.archive.cluster import ArchiveCluster
from bot.clusters.archive.opening import open_archive
from bot.clusters.archive.plane import ArchivePlane

__all__ = ["ArchiveCluster", "ArchivePlane", "open_archive"]
