"""What runs is what pyproject.toml pins: the same versions on every machine, and nothing beside them."""

import tomllib
from importlib.metadata import distributions
from pathlib import Path

SETTINGS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))


def test_every_package_here_is_pinned_at_the_version_that_runs():
    pins = dict(pin.split("==") for pin in SETTINGS["tool"]["uv"]["constraint-dependencies"])
    found = {each.name.lower().replace("_", "-").replace(".", "-"): each.version for each in distributions()}
    for tool in ("examd", "pip", "setuptools", "uv", "wheel"):
        found.pop(tool, None)
    assert {name: version for name, version in found.items() if pins.get(name) != version} == {}
