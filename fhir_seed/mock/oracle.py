"""Recompute the mock truth from the finished resources."""

from collections.abc import Iterable

import orjson

from tasks import Truth, TruthItem


def recompute(resources: Iterable[bytes]) -> Truth:
    found: dict[str, bool] = {}
    for blob in resources:
        resource = orjson.loads(blob)
        if resource["resourceType"] == "Patient":
            found[f"Patient/{resource['id']}"] = "birthDate" in resource
    items = tuple(
        TruthItem(
            subject=reference,
            type="missing_birth_date",
            kind="missing",
            weight=1,
            evidence=((reference,),),
            corrective_action="query_site",
        )
        for reference in sorted(found)
        if not found[reference]
    )
    return Truth(
        items=items, traps=(), persons={r: r for r in sorted(found)}, counts={"missing_birth_date": len(items)}
    )
