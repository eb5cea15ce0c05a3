"""The garbage collector, which an import does not want."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Do not look for cycles meanwhile: with many records that takes longer than the work.

    What was made meanwhile counts as old then, or else it would be looked through at once.
    """
    import gc

    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():  # else it would thaw what the program has frozen
                gc.freeze()
                gc.unfreeze()
            gc.enable()
