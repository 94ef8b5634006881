"""Why an agent's call was not served; each message says what happened, as the other side told it.

AgentProblem
├── BudgetSpent         no FHIR request or no audit action is left
├── EpisodeOver         the episode has ended: nothing is served any more
├── Refused             this one call was refused; the episode goes on
├── ServerTrouble       the environment failed or cannot be reached
├── Unreadable          the chart does not hold what the reader needs
├── MissingKey          a model was asked for without a key
└── ModelProviderError  the model's endpoint failed: not the agent's doing, nor the environment's
"""


class AgentProblem(Exception):  # noqa: N818 - named by the condition, as its kinds are
    """The common root: what an agent may meet and a runner may attribute."""


class BudgetSpent(AgentProblem):
    pass


class EpisodeOver(AgentProblem):
    pass


class Refused(AgentProblem):
    """error: the machine word of the refusal; status: the HTTP status that carried it."""

    def __init__(self, error: str, message: str, status: int) -> None:
        super().__init__(f"{error}: {message}")
        self.error = error
        self.message = message
        self.status = status


class ServerTrouble(AgentProblem):
    """status: the HTTP status of the answer; None if there was no answer at all."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unreadable(AgentProblem):
    pass


class MissingKey(AgentProblem):
    pass


class ModelProviderError(AgentProblem):
    pass
