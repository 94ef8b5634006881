"""An agent that any OpenAI-compatible model plays. Without a key there is no agent: nothing stands in for the model."""

from baselines.llm.endpoint import Endpoint, endpoint_of
from baselines.llm.play import Limits, model_agent

__all__ = ["Endpoint", "Limits", "endpoint_of", "model_agent"]
