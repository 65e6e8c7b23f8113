"""Processes that go when the one that started them goes, however that ends."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2); Linux alone has it, elsewhere the launcher's own stop is all there is


def die_with_parent(how: signal.Signals = signal.SIGTERM) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)
