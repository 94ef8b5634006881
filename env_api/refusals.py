"""Typed refusals of the API, below the FHIR problems; the words never repeat what the agent sent.

Problem (fhir_r4)
├── Gone           └── EpisodeOver    episode_over    410
├── Forbidden      └── BudgetSpent    budget_spent    403
├── Conflict       ├── NotRetrieved   not_retrieved   409   the same for "does not exist"
│                  └── Withdrawn      withdrawn       409
├── NotFound       └── NoSuchFinding  no_such_finding 404
├── Unprocessable  ├── Malformed      malformed       422
│                  ├── BadReference   bad_reference   422
│                  ├── BadSubject     bad_subject     422
│                  └── NothingToAmend nothing_to_amend 422
└── BackendDown    └── TimedOut       timed_out       504
"""

from fhir_r4 import BackendDown, Conflict, Forbidden, Gone, NotFound, Unprocessable


class EpisodeOver(Gone):
    category, issue = "episode_over", "expired"

    def __init__(self) -> None:
        super().__init__("The episode is over: nothing more can be read, done or submitted.")


class BudgetSpent(Forbidden):
    category = "budget_spent"


class NotRetrieved(Conflict):
    category = "not_retrieved"

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} was not retrieved: read the resource whole (no _elements, no _summary) in this episode first"
        )


class Withdrawn(Conflict):
    category = "withdrawn"

    def __init__(self) -> None:
        super().__init__("this finding was retracted: flag it again if you have changed your mind")


class NoSuchFinding(NotFound):
    category = "no_such_finding"

    def __init__(self) -> None:
        super().__init__("no finding of this episode has that finding_id: use one that flag_finding answered")


class Malformed(Unprocessable):
    category, issue = "malformed", "structure"


class BadReference(Unprocessable):
    category = "bad_reference"

    def __init__(self, where: str) -> None:
        super().__init__(f"{where} is no reference into this chart: write Type/id")


class BadSubject(Unprocessable):
    category = "bad_subject"

    def __init__(self) -> None:
        super().__init__("a finding is about a subject: name a ResearchSubject or a Patient")


class NothingToAmend(Unprocessable):
    category = "nothing_to_amend"

    def __init__(self) -> None:
        super().__init__("the amendment changes nothing: give the fields that shall change")


class TimedOut(BackendDown):
    category, status, issue = "timed_out", 504, "timeout"
