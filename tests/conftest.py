"""What all tests share: how Hypothesis reports, and an environment without surprises."""

from __future__ import annotations

import os

from hypothesis import settings

# a failure prints the line with which anyone can repeat it; machines differ in speed; what is
# checked before a merge is the same each time, and new examples are tried everywhere else
settings.register_profile("archviz", deadline=None, print_blob=True, derandomize="CI" in os.environ)
settings.load_profile("archviz")

os.environ.pop("_ARCHVIZ_COMPLETE", None)
