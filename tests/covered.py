"""Coverage: run all tests, and say which lines of the package none of them runs.

    python tests/covered.py             needs PyTorch; status 1 below the bounds
    python tests/covered.py --report    judge the last run again, without running

At least 95 % of all lines, and 85 % of each file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEAST, LEAST_OF_A_FILE = 95.0, 85.0


def coverage(*arguments: str) -> None:
    command = [sys.executable, "-m", "coverage", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def too_low(report: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """What lies below the bounds, in a report of ``coverage json``."""
    shares = {name: file["summary"]["percent_covered"] for name, file in report["files"].items()}
    found = [f"{name}: {share:.1f} %" for name, share in shares.items() if share < LEAST_OF_A_FILE]
    total = report["totals"]["percent_covered"]  # type: ignore[index]
    return [*sorted(found), *([f"in all: {total:.1f} %"] if total < LEAST else [])]


def main() -> int:
    if "--report" not in sys.argv:
        coverage("erase")
        coverage("run", "-m", "pytest", "-n", str(min(os.cpu_count() or 1, 4)))
        coverage("combine", "--quiet")
    coverage("report")
    coverage("json", "--quiet", "-o", ".coverage.json")
    found = too_low(json.loads((ROOT / ".coverage.json").read_text(encoding="utf-8")))
    print(f"at least {LEAST} % of all lines, {LEAST_OF_A_FILE} % of each file:", end=" ")
    print("; ".join(found) + " are less" if found else "yes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
