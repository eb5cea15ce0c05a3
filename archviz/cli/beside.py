"""Processes beside this one, for what takes long and needs nothing but what it is given."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from archviz.export import Job

FEWEST = 3
"""Jobs that are worth the start of another Python."""


def processors() -> int:
    """How many processes can run at a time."""
    here = getattr(os, "sched_getaffinity", None)
    return len(here(0)) if here else os.cpu_count() or 1


class Processes:
    """A few processes for the jobs that may run apart; none where that is not worth it."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.pool: ProcessPoolExecutor | None = None
        count = min(processors(), sum(job.apart for job in jobs))
        if count > 1 and sum(job.apart for job in jobs) >= FEWEST:
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_context

            self.pool = ProcessPoolExecutor(count, get_context("spawn"), _leave_interrupts)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error: Any) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def submit(self, job: Job, make: Callable[[], bytes]) -> Future[bytes]:
        """What a job will come to; one that is not apart is done at once."""
        if job.apart and self.pool:
            try:
                return self.pool.submit(make)
            except (OSError, RuntimeError):  # no process can be started here
                self.pool = None
        made: Future[bytes] = Future()
        made.set_result(make())
        return made

    def result(self, make: Callable[[], bytes], made: Future[bytes]) -> bytes:
        """What a job came to; where its process was ended by the system, it is done here."""
        from concurrent.futures import BrokenExecutor

        try:
            return made.result()
        except BrokenExecutor:
            self.pool = None
            return make()


def _leave_interrupts() -> None:
    """Leave it to the first process to say that it was interrupted."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
