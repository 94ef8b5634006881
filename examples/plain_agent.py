"""A whole agent in plain HTTP: it flags subjects without a birth date, then closes with a report.

Start `ehr-sandbox serve`, then: python examples/plain_agent.py OPERATOR_URL OPERATOR_TOKEN [TASK]
The operator's part (opening, grading) is here only so that the example runs by itself.
"""

import sys

import httpx


def pages(client: httpx.Client, url: str) -> list[dict]:
    """Every resource of a search, page by page: `next` is followed as it was given."""
    found = []
    while url:
        bundle = client.get(url).raise_for_status().json()
        found += [entry["resource"] for entry in bundle.get("entry", [])]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    return found


def audit(base: str, token: str) -> None:
    """What the agent does with its address and its token."""
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        brief = client.get(f"{base}/brief").json()
        print(brief["title"], "-", brief["fhir_left"], "FHIR requests")
        subjects = {
            row["individual"]["reference"]: row
            for row in pages(client, f"{base}/fhir/ResearchSubject?_count=100&_sort=_id")
            if "assignedArm" in row
        }
        found = 0
        for patient in pages(client, f"{base}/fhir/Patient?_count=100&_sort=_id"):
            reference = f"Patient/{patient['id']}"
            if reference not in subjects or "birthDate" in patient:
                continue
            flag = {
                "action": "flag_finding",
                "subject": f"ResearchSubject/{subjects[reference]['id']}",
                "type": "invalid_age",
                "evidence": [reference],
                "confidence": 0.95,
                "corrective_action": "query_site",
                "rationale": "no birth date is recorded",
            }
            found += client.post(f"{base}/actions", json=flag).json()["accepted"]
        counts = {"invalid_age": found, "temporal_inconsistency": 0, "protocol_window_violation": 0}
        report = {"counts": counts, "sites_to_escalate": [], "narrative": f"{found} without a birth date"}
        client.post(f"{base}/submit", json=report).raise_for_status()


def main(operator: str, token: str, task: str = "trial_audit/tiny/0") -> None:
    with httpx.Client(base_url=operator, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
        episode = client.post("/episodes", json={"task": task, "agent": "plain"}).raise_for_status().json()
        audit(episode["agent_base"], episode["token"])
        card = client.get(f"/episodes/{episode['episode']}/grade").raise_for_status().json()
        print(f"net {card['net']}, reward {card['reward']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
