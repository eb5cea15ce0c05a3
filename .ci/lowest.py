"""Print the lowest version of everything that pyproject.toml names, as constraints for pip."""

import tomllib
from pathlib import Path

project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text("utf-8"))
groups = project["dependency-groups"].values()
for requirement in sum(groups, project["project"]["dependencies"]):
    if isinstance(requirement, str):  # not a group that includes another
        print(requirement.replace(">=", "=="))
