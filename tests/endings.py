"""A limit for what must not hang, far above what it takes on the slowest machine."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def must_end(seconds: float = 60) -> Iterator[None]:
    """Fail where the block hangs; how fast it is does not matter."""
    if not hasattr(signal, "setitimer"):  # Windows: there the run itself would hang
        yield
        return

    def stop(*_: Any) -> None:
        raise AssertionError(f"still going after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
