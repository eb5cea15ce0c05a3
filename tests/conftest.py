"""What all tests share: how Hypothesis reports, and an environment without surprises."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from typing import Any

import pytest
from amounts import EVERYDAY, WHOLE
from hypothesis import settings

# a failure prints the line with which anyone can repeat it; machines differ in speed; what is
# checked before a merge is the same each time, and new examples are tried everywhere else
settings.register_profile(
    "archviz",
    max_examples=WHOLE,
    deadline=None,
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.register_profile("everyday", settings.get_profile("archviz"), max_examples=EVERYDAY)
settings.load_profile("archviz")

os.environ.pop("_ARCHVIZ_COMPLETE", None)
os.environ.pop("SOURCE_DATE_EPOCH", None)  # files have no date but what a test gives them
os.environ["ARCHVIZ_FONTS"] = ""  # pictures are the same whatever fonts a machine has


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two sizes of the suite: that of every day, and all of it."""
    parser.addoption("--long", action="store_true", help="the long tests, too")


def pytest_configure(config: pytest.Config) -> None:
    """Who names a file of tests means all that is in it; workers are told by their option."""
    about = "long: takes seconds; where no file is named, only --long runs it, as .ci/run does"
    config.addinivalue_line("markers", about)  # here, since tests are run without pyproject, too
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        config.option.long = True
    if not config.option.long:
        settings.load_profile("everyday")  # before any test is read: see amounts.py


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is there once all tests are read stays: nothing of it is looked through for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out of the suite of every day."""
    if config.option.long:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if not item.get_closest_marker("long")]
