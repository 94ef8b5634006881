"""Puts the resources that an episode wrote back as they were, on a server that cannot reset itself."""

from collections.abc import Iterable, Mapping

import httpx
import orjson

from fhir_r4 import Conflict
from fhir_server.remote.loader import diagnostics, load_resources
from fhir_server.remote.upstream import FHIR_JSON, Upstream


async def undo(upstream: Upstream, before: Mapping[str, bytes | None]) -> tuple[str, ...]:
    """Writes back what was changed or deleted, then deletes what was created. Says what cannot be put back, one
    sentence for each resource. Raises Conflict when the server refuses."""
    after = await upstream.read_all(before)
    changed = {ref: old for ref, old in before.items() if old is not None and old != after[ref]}
    created = [ref for ref, old in before.items() if old is None and after[ref] is not None]
    report = await load_resources(
        upstream.base, list(changed.values()), client=upstream.client, headers=upstream.extra, workers=1, retries=2
    )
    if report.failures:
        first = report.failures[0]
        raise Conflict(
            f"undoing the episode's writes failed: {first.reference}: HTTP {first.status} {first.diagnostics}"
        )
    await _delete(upstream, created)
    return (
        *(f"{ref} was written: its versions and meta.lastUpdated stay" for ref in sorted(changed)),
        *(f"{ref} was created and deleted: its history and its number stay used" for ref in sorted(created)),
    )


async def _delete(upstream: Upstream, references: Iterable[str]) -> None:
    """One by one, as long as that goes on: what is referred to goes after what refers to it. Circles go at once."""
    left = sorted(references)
    while left:
        answers = {ref: await upstream.call("DELETE", ref) for ref in left}
        refused = [ref for ref, answer in answers.items() if answer.status_code >= 300]
        if len(refused) == len(left):
            answer = await _delete_at_once(upstream, refused)
            if answer.status_code >= 300:
                raise Conflict(f"deleting {', '.join(refused)} failed: HTTP {answer.status_code} {diagnostics(answer)}")
            return
        left = refused


async def _delete_at_once(upstream: Upstream, references: Iterable[str]) -> httpx.Response:
    entries = [{"request": {"method": "DELETE", "url": ref}} for ref in references]
    body = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return await upstream.call("POST", "", headers={"content-type": FHIR_JSON}, body=body)
