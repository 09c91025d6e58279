"""Puts the built pages and the model catalogue into the wheel; an editable install finds them in place."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Resources(BuildHookInterface):  # type: ignore[type-arg]
    """A build hook of hatchling."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the folders to a standard wheel; refuses to make one without pages."""
        if version != "standard":
            return
        pages = Path(self.root, "dashboard", "dist")
        if not (pages / "index.html").is_file():
            raise FileNotFoundError("the pages are not built; run `make dashboard` before building a wheel")
        build_data["force_include"][str(pages)] = "monitor/_assets/dashboard"
        build_data["force_include"][str(Path(self.root, "models"))] = "monitor/_assets/models"
