"""The best policy that says the same of everyone: one type, one confidence, and the evidence that this type takes.

A finding with full evidence that is right in a share q of cases pays most, q * q of its weight, at confidence q. So the
best type has the highest weight times squared base rate: invalid_age, by the published means of the variants.
"""

from baselines.session import AgentSession
from baselines.trial_audit.guessing import Guess, enrolled_pairs, flag_guesses

PUBLISHED_RATES = ((60, 2.2 / 40), (390, 8 / 300), (600, 11 / 480), (10**9, 16 / 720))
"""(subjects, at most; share with an invalid age) of tiny, easy, medium and hard."""


async def constant(session: AgentSession, seed: int) -> None:
    pairs = await enrolled_pairs(session)
    rate = next(share for most, share in PUBLISHED_RATES if len(pairs) <= most)
    await flag_guesses(session, (Guess(pair[0], "invalid_age", round(rate, 4), pair) for pair in pairs))
