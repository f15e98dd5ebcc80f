"""Memory of a process that runs for weeks: what is free is given back, what stays is left alone.

glibc keeps what was freed, and reading the knowledge or long lists leaves tens of megabytes that
are not needed again for half an hour. And each full garbage collection walks over all that there
is, a third of a second in which nothing is diagnosed.
"""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Give free memory back; does nothing without glibc. Takes some thousandths of a second."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return


def settle() -> None:
    """Leave all that is there now, modules and knowledge above all, out of later collections."""
    gc.collect()
    gc.freeze()
    give_back()
