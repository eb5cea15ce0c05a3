"""axe-core, which looks for what keeps people from using a page; npm has it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from html_pages import Browser

SCRIPT = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  done(violations.map(({ id, nodes }) => [id, nodes.length, nodes[0].html.slice(0, 120)])));
"""


def axe_source() -> str:
    """The script of axe-core; skips the test where node does not find it."""
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    code = "process.stdout.write(require.resolve('axe-core/axe.min.js'))"
    found = subprocess.run([node, "-e", code], capture_output=True, text=True, check=False)
    if found.returncode or not os.path.exists(found.stdout):
        pytest.skip("axe-core is not where NODE_PATH says")
    with open(found.stdout, encoding="utf-8") as file:
        return file.read()


def violations(browser: Browser, source: str) -> Any:
    """What axe-core finds on the page as it is now: rules, how often, where first."""
    browser.driver.execute_script(source)
    browser.driver.set_script_timeout(120)
    return browser.driver.execute_async_script(SCRIPT)
