"""The C library's heaps: few, however many threads there are."""

import ctypes
import re
import subprocess
import sys

import pytest

from dashboard import memory

# Threads that each hold a few kilobytes at the same time take a heap each, where there are enough.
HEAPS = """
import ctypes, os, sys, threading
from dashboard.memory import share_heaps

if sys.argv[1] == "shared":
    assert share_heaps()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
met = threading.Barrier(40)

def hold():
    met.wait()
    for _ in range(200):
        library.malloc(1000)
    met.wait()

threads = [threading.Thread(target=hold) for _ in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library.malloc_stats()
"""


def heaps(how: str) -> int:
    command = [sys.executable, "-c", HEAPS, how]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return len(re.findall(r"^Arena \d+:", told, re.MULTILINE))


def test_threads_share_two_heaps() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_stats"):
        return  # another C library, whose heaps are its own affair
    assert heaps("shared") <= memory.ARENAS < heaps("as they come")


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not memory.share_heaps()
