"""Which versions of PyTorch modules are read with, and what is said of others."""

from __future__ import annotations

import re
from typing import Any

LOWEST, HIGHEST = (2, 13), (2, 14)
"""The first and the last of those with which everything is tried; pyproject.toml has them, too."""
NEEDED = (2, 0)
"""Before it PyTorch lacks what a recording is made with."""
RANGE = f"{'.'.join(map(str, LOWEST))} to {'.'.join(map(str, HIGHEST))}"
INSTALL = "pip install 'archviz[torch]'"


def version_of(torch: Any) -> tuple[int, ...]:
    """The first two numbers of a version; none where it has no such form."""
    found = re.match(r"(\d+)\.(\d+)", str(getattr(torch, "__version__", "")))
    return tuple(map(int, found.groups())) if found else ()


def outside(torch: Any) -> str:
    """What is to be said of a version with which nothing was tried; empty of others."""
    known = version_of(torch)
    if known and LOWEST <= known <= HIGHEST:
        return ""
    own = str(getattr(torch, "__version__", "of an unknown version"))[:40]
    return f"read with PyTorch {own}, which was not tried: archviz is with {RANGE}"
