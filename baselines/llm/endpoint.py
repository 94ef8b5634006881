"""One model behind an OpenAI-compatible `/chat/completions`, with patience for a busy provider."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import httpx
import orjson

from baselines.errors import MissingKey, ModelProviderError

Message: TypeAlias = dict[str, Any]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits for seconds."""

BUSY = (408, 429, 500, 502, 503, 504, 529)
LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Endpoint:
    """base_url: up to and without `/chat/completions`, e.g. `https://host/v1`. attempts: of each call."""

    base_url: str
    model: str
    key: str = field(repr=False)
    attempts: int = 6
    timeout: float = 300.0
    """Seconds for one answer."""


def endpoint_of(base_url: str | None, model: str | None, key: str | None) -> Endpoint:
    """From what the command line was given. Raises MissingKey before anything starts."""
    if not key:
        raise MissingKey(
            "the llm agent needs a model key: set the key of your OpenAI-compatible endpoint and run again"
        )
    if not base_url or not model:
        raise MissingKey("the llm agent needs the endpoint's base URL (up to /v1) and the model's name beside the key")
    return Endpoint(base_url.rstrip("/"), model, key)


async def complete(
    client: httpx.AsyncClient, endpoint: Endpoint, messages: Sequence[Message], tools: Sequence[Any], sleep: Sleep
) -> Message:
    """The assistant's message. Waits out a busy provider as it asks (Retry-After). Raises ModelProviderError."""
    body = orjson.dumps({"model": endpoint.model, "messages": messages, "tools": tools})
    headers = {"Authorization": f"Bearer {endpoint.key}", "Content-Type": "application/json"}
    url, trouble = f"{endpoint.base_url}/chat/completions", ""
    for attempt in range(endpoint.attempts):
        asked: str | None = None
        try:
            response = await client.post(url, content=body, headers=headers, timeout=endpoint.timeout)
        except httpx.TransportError as error:
            trouble = repr(error)
        else:
            if response.is_success:
                return _message(response)
            trouble = f"HTTP {response.status_code}: {response.text[:500]}"
            if response.status_code not in BUSY:
                raise ModelProviderError(f"the model's endpoint refused the call: {trouble}")
            asked = response.headers.get("Retry-After")
        if attempt + 1 < endpoint.attempts:
            await sleep(wait_before(attempt, asked))
    raise ModelProviderError(f"the model's endpoint failed {endpoint.attempts} times in a row, last: {trouble}")


def wait_before(attempt: int, asked: str | None) -> float:
    """Seconds: what Retry-After asks for, else doubling from one; never over a minute."""
    try:
        wait = float(asked) if asked is not None else 2.0**attempt
    except ValueError:  # an HTTP date: this agent has no clock
        wait = 2.0**attempt
    return min(max(wait, 0.0), LONGEST_WAIT)


def _message(response: httpx.Response) -> Message:
    try:
        message = orjson.loads(response.content)["choices"][0]["message"]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError) as error:
        raise ModelProviderError(f"the model's endpoint answered no chat completion: {response.text[:500]}") from error
    if not isinstance(message, dict):
        raise ModelProviderError(f"the model's endpoint answered no message: {response.text[:500]}")
    return message
