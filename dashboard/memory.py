"""Memory that threads share, so that a class of threads needs little more than one."""

import ctypes

ARENAS = 2
"""Heaps that threads draw from. The GNU C library makes up to eight for each core, and each keeps
what its threads have freed: after thirty visitors twice as much as two do, at the same speed."""

_M_ARENA_MAX = -8  # <malloc.h>


def share_heaps() -> bool:
    """Let all threads draw memory from a few heaps; whether this system's C library can."""
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not the GNU C library, or not even POSIX
        return False
    return bool(set_option(_M_ARENA_MAX, ARENAS))
