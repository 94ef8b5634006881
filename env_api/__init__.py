"""The world that an agent lives in: episodes with budgets, a FHIR gateway, audit actions, and the run record."""

from env_api.agent_app import create_agent_app
from env_api.desk import Desk
from env_api.operator_app import create_operator_app
from env_api.ports import Ports, TaskRow
from env_api.settings import Settings

__all__ = ["Desk", "Ports", "Settings", "TaskRow", "create_agent_app", "create_operator_app"]
