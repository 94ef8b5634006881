"""Agents that know only HTTP: a session, one table of scripted agents, and one that a model plays."""

from baselines.agents import ABLATIONS, AGENTS, Agent
from baselines.errors import (
    AgentProblem,
    BudgetSpent,
    EpisodeOver,
    MissingKey,
    ModelProviderError,
    Refused,
    ServerTrouble,
    Unreadable,
)
from baselines.llm import Endpoint, Limits, endpoint_of, model_agent
from baselines.session import AgentSession

__all__ = [
    "ABLATIONS",
    "AGENTS",
    "Agent",
    "AgentProblem",
    "AgentSession",
    "BudgetSpent",
    "Endpoint",
    "EpisodeOver",
    "Limits",
    "MissingKey",
    "ModelProviderError",
    "Refused",
    "ServerTrouble",
    "Unreadable",
    "endpoint_of",
    "model_agent",
]
