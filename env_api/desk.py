"""The desk: every episode by its id. Opens them, finds them by token, ends those that nobody calls any more."""

from collections.abc import Sequence

from env_api.episode import Ending
from env_api.live import LiveEpisode
from env_api.ports import Ports
from env_api.recorder import Recorder
from fhir_r4 import Busy, NotFound, Problem, Unauthorized, World
from tasks import Assignment, Header, parse_address


class Desk:
    """Shared by both APIs of one process."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self._episodes: dict[str, LiveEpisode] = {}
        self._opening = 0

    @property
    def episodes(self) -> Sequence[LiveEpisode]:
        """Open and ended, in the order in which they were opened."""
        return tuple(self._episodes.values())

    async def open(self, task: str, agent: str | None) -> tuple[LiveEpisode, str]:
        """A new episode and its token. Raises Invalid, NotFound, Busy, BackendDown, Conflict."""
        address = parse_address(task)
        running = sum(episode.state.ending is None for episode in self._episodes.values())
        if running + self._opening >= self.ports.settings.open_max:
            raise Busy(f"{running} episodes are open: close some, or wait until they end")
        self._opening += 1
        try:
            assignment = self.ports.assign(address)
            world = await self.ports.open_world(address)
            return await self._fork(assignment, world, agent)
        finally:
            self._opening -= 1

    async def _fork(self, assignment: Assignment, world: World, agent: str | None) -> tuple[LiveEpisode, str]:
        ports = self.ports
        handle = await ports.backend.load(world, ports.progress)  # first: a remote backend learns its own name by it
        header = self._header(assignment, world, agent)
        store = await ports.backend.fork(handle, header.fhir_base)
        try:
            recorder = Recorder(ports.records / f"{header.episode}.ndjson", header)
        except Problem:
            await ports.backend.close(store)
            raise
        token = ports.new_token()
        episode = LiveEpisode(ports, assignment, header, token, store, recorder)
        self._forget_oldest()
        self._episodes[header.episode] = episode
        return episode, token

    def _header(self, assignment: Assignment, world: World, agent: str | None) -> Header:
        episode = self.ports.new_id()
        return Header(
            episode=episode,
            task=str(assignment.address),
            world_version=assignment.version,
            world_digest=world.digest,
            salt=assignment.salt,
            backend=self.ports.backend.name,
            agent=agent,
            now=world.now,
            fhir_base=f"{self.ports.settings.agent_url}/episodes/{episode}/fhir",
            fhir_budget=assignment.budget.fhir,
            action_budget=assignment.budget.actions,
            par=assignment.budget.par,
        )

    def _forget_oldest(self) -> None:
        ended = [key for key, episode in self._episodes.items() if episode.state.ending is not None]
        for key in ended[: max(0, len(ended) - self.ports.settings.ended_kept)]:
            del self._episodes[key]

    async def admit(self, episode_id: str, token: bytes | None) -> LiveEpisode:
        """The open episode of an agent. Raises Unauthorized (no such episode, or not its token), EpisodeOver."""
        episode = self._episodes.get(episode_id)
        if episode is None or token is None or not episode.is_token(token):
            raise Unauthorized("no episode for this address and token: use the address and Bearer token you were given")
        await episode.touch()
        return episode

    def find(self, episode_id: str) -> LiveEpisode:
        """For the operator. Raises NotFound."""
        episode = self._episodes.get(episode_id)
        if episode is None:
            raise NotFound("no such episode in this process: GET /episodes lists them")
        return episode

    async def sweep(self) -> None:
        """End the episodes that nobody has called for too long. Raises Fault if a record cannot be written."""
        await self._end([e for e in self.episodes if e.state.ending is None and e.is_idle], Ending("idle"))

    async def stop(self) -> None:
        """End what is still open, because the API stops."""
        await self._end(self.episodes, Ending("failed", "harness", "the API was stopped"))

    async def _end(self, episodes: Sequence[LiveEpisode], ending: Ending) -> None:
        """End each, whatever the others do; the first Problem is raised at the end."""
        problems: list[Problem] = []
        for episode in episodes:
            try:
                await episode.end(ending)
            except Problem as problem:
                problems.append(problem)
        if problems:
            raise problems[0]
