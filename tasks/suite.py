"""What a suite tells the episode: budgets, action models, the brief. Values only; behaviour lives in env_api."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter

from tasks.address import Address
from tasks.model import Frozen


class Budget(Frozen):
    """Constants of a variant. Every FHIR request counts 1, errors included; every action counts 1."""

    fhir: int = Field(description="FHIR requests")
    actions: int = Field(description="audit actions")
    par: int = Field(description="FHIR requests up to which efficiency is full")


@dataclass(frozen=True)
class Assignment:
    """One task as env_api opens it; no truth in it."""

    address: Address
    version: str
    """Version of the suite's world generator."""
    salt: str
    """Fingerprint, never the salt."""
    budget: Budget
    title: str
    instructions: str
    """Markdown for the agent: what is asked, how findings pay, every rule of the game that is not in the chart."""
    actions: TypeAdapter[Any]
    """The closed, discriminated union of audit actions."""
    report: TypeAdapter[Any]
    """What submit takes."""


class Brief(BaseModel):
    """What the agent reads first; costs nothing."""

    episode: str
    suite: str
    title: str
    instructions: str
    now: str
    fhir_base: str
    fhir_left: int
    actions_left: int
    par: int
    action_schema: Mapping[str, Any]
    report_schema: Mapping[str, Any]
