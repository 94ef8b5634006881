"""Subject, type and confidence uniform; the same seed draws the same flags from the same chart."""

import hashlib
from collections.abc import Iterator

from baselines.session import AgentSession
from baselines.trial_audit.guessing import Guess, enrolled_pairs, finding_types, flag_guesses


async def random_flags(session: AgentSession, seed: int) -> None:
    subjects = [subject for subject, _ in await enrolled_pairs(session)]
    await flag_guesses(session, draw_guesses(subjects, await finding_types(session), seed))


def draw_guesses(subjects: list[str], types: list[str], seed: int) -> Iterator[Guess]:
    """Without end, unless there is nobody to flag; with repetition."""
    words = _words(seed)
    while subjects:
        subject, finding_type = subjects[next(words) % len(subjects)], types[next(words) % len(types)]
        yield Guess(subject, finding_type, next(words) / 2**64)


def _words(seed: int) -> Iterator[int]:
    """64-bit words by hashing a counter."""
    counter = 0
    while True:
        yield int.from_bytes(hashlib.sha256(f"random_flags {seed} {counter}".encode()).digest()[:8])
        counter += 1
