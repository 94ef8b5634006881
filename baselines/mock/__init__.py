"""Agents of the mock suite."""

from baselines.mock.noop import play as noop
from baselines.mock.reference import play as reference

__all__ = ["noop", "reference"]
