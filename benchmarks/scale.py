"""How much is measured: all of it, or just enough to see that everything still runs."""

from dataclasses import dataclass

from tasks import PUBLIC_SALT, Address

SALT = PUBLIC_SALT


@dataclass(frozen=True)
class Scale:
    """variant: of the world that is served. The rest are numbers of repetitions."""

    variant: str
    builds: int
    loads: int
    forks: int
    calls: int
    http_calls: int
    hapi_calls: int
    episodes: int
    sizes: tuple[int, ...]
    """Resources of the worlds that grow."""
    open_episodes: tuple[int, ...]
    page_sizes: tuple[int, ...]

    @property
    def world(self) -> Address:
        return Address(suite="trial_audit", variant=self.variant, index=0)


FULL = Scale(
    variant="hard",
    builds=15,
    loads=3,
    forks=20_000,
    calls=1500,
    http_calls=400,
    hapi_calls=40,
    episodes=15,
    sizes=(2_000, 10_000, 45_000, 200_000, 785_000),
    open_episodes=(1, 8, 64, 512),
    page_sizes=(1, 10, 50, 200, 1_000),
)
QUICK = Scale(
    variant="tiny",
    builds=2,
    loads=1,
    forks=500,
    calls=20,
    http_calls=10,
    hapi_calls=5,
    episodes=2,
    sizes=(2_000, 5_000),
    open_episodes=(1, 8),
    page_sizes=(1, 20),
)


def tiny(index: int) -> Address:
    return Address(suite="trial_audit", variant="tiny", index=index)
