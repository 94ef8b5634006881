"""The loop: the model asks for tools, the session serves them, until the report is in or the limits are reached."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from baselines.agents import Agent
from baselines.errors import EpisodeOver, ModelProviderError
from baselines.llm.endpoint import Endpoint, Message, Sleep, complete
from baselines.llm.tools import SUBMIT, tools_of, use
from baselines.session import AgentSession


@dataclass(frozen=True)
class Limits:
    """turns: calls of the model. Characters, not tokens: of one tool's answer, and of all messages together.

    silences: answers in a row without a tool call after which the model is taken to be done.
    """

    turns: int = 200
    answer: int = 24_000
    context: int = 400_000
    silences: int = 3


def model_agent(
    endpoint: Endpoint,
    client: httpx.AsyncClient | None = None,
    *,
    limits: Limits = Limits(),
    sleep: Sleep = asyncio.sleep,
) -> Agent:
    """An agent for any suite: it knows only what the brief says. client: for the model; None: one per episode.

    The agent raises ModelProviderError when the endpoint fails, and ServerTrouble when the environment does.
    """

    async def llm(session: AgentSession, seed: int) -> None:
        if client is not None:
            return await _converse(session, endpoint, client, limits, sleep)
        async with httpx.AsyncClient() as own:
            return await _converse(session, endpoint, own, limits, sleep)

    return llm


async def _converse(
    session: AgentSession, endpoint: Endpoint, client: httpx.AsyncClient, limits: Limits, sleep: Sleep
) -> None:
    brief = await session.brief()
    tools = tools_of(brief)
    messages: list[Message] = [
        {"role": "system", "content": f"{brief['title']}\n\n{brief['instructions']}"},
        {"role": "user", "content": f"It is {brief['now']}. Begin. End with {SUBMIT}."},
    ]
    silences = 0
    for _ in range(limits.turns):
        said = await complete(client, endpoint, within(messages, limits.context), tools, sleep)
        calls = said.get("tool_calls") or []
        messages.append({"role": "assistant", "content": said.get("content"), **_calls(calls)})
        silences = 0 if calls else silences + 1
        if silences >= limits.silences:
            return
        if not calls:
            messages.append({"role": "user", "content": f"Use a tool, or end with {SUBMIT}."})
        for call in calls:
            try:
                answer, ended = await _served(session, call, tools, limits.answer)
            except EpisodeOver:
                return
            if ended:
                return
            messages.append(answer)


async def _served(session: AgentSession, call: Any, tools: Sequence[Any], limit: int) -> tuple[Message, bool]:
    """The tool's message, and whether it ended the episode."""
    try:
        identifier, function = call["id"], call["function"]
        name, arguments = function["name"], function.get("arguments") or ""
    except (KeyError, TypeError) as error:
        raise ModelProviderError(f"the model's endpoint sent a tool call without id or function: {call!r}") from error
    answer = await use(session, name, arguments, [tool["function"]["name"] for tool in tools], limit)
    ended = name == SUBMIT and not answer.startswith('{"error"')
    return {"role": "tool", "tool_call_id": identifier, "content": answer}, ended


def within(messages: list[Message], limit: int) -> list[Message]:
    """The messages with the oldest tool answers taken out until their text fits the limit (characters).

    What answers the model's last call stays: it has not been seen yet.
    """
    excess = sum(len(str(message.get("content") or "")) for message in messages) - limit
    seen = max((at for at, message in enumerate(messages) if message["role"] == "assistant"), default=0)
    kept = []
    for at, message in enumerate(messages):
        if excess > 0 and at < seen and message["role"] == "tool":
            excess -= len(message["content"]) - len(_TAKEN_OUT)
            message = message | {"content": _TAKEN_OUT}
        kept.append(message)
    return kept


def _calls(calls: list[Any]) -> dict[str, Any]:
    return {"tool_calls": calls} if calls else {}


_TAKEN_OUT = "[taken out to save room: ask again if you need it]"
