"""A package's public names are its sorted `__all__`, and every one of them is there."""

import importlib
import tomllib

import pytest

from tests.test_arrows import PACKAGES, ROOT

NAMES = sorted(
    ".".join(file.parent.relative_to(ROOT).parts)
    for package in PACKAGES
    for file in (ROOT / package).rglob("__init__.py")
    if "import" in file.read_text()
)


def by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order that ruff keeps."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("name", NAMES)
def test_public_names_are_sorted_and_there(name: str) -> None:
    package = importlib.import_module(name)
    assert package.__all__ == sorted(package.__all__, key=by_kind)
    assert [public for public in package.__all__ if not hasattr(package, public)] == []


def test_every_package_is_in_the_wheel() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(wheel["packages"]) == sorted(PACKAGES)
