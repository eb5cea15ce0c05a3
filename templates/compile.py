"""Compiles the templates when a wheel is built, so that no run of archviz has to.

A build hook of hatch, named in pyproject.toml. An editable checkout reads the sources.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTemplates(BuildHookInterface[Any]):
    """Puts a Python module for each template into the wheel, as ``archviz/templates``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile to a folder beside the build, which goes when that is done."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from archviz.write.templates import source_environment
        finally:
            sys.path.remove(self.root)
        self.compiled = tempfile.TemporaryDirectory()
        environment = source_environment(str(Path(self.root, "templates")))
        environment.compile_templates(
            self.compiled.name, extensions=["j2"], zip=None, ignore_errors=False
        )
        build_data["force_include"][self.compiled.name] = "archviz/templates"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        if version != "editable":
            self.compiled.cleanup()
