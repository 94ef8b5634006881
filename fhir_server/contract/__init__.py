"""What every backend must do, as cases to run against any `Backend`: `for case in CASES: await case(backend, handle)`.

The handle is that of `contract_world()`. A case opens episodes one at a time and closes them, so that it also suits a
server that holds one. What it expects was measured on HAPI 8.8 (starter defaults).
"""

from collections.abc import Awaitable, Callable, Iterable

from fhir_r4 import Backend, Handle
from fhir_server.contract.asking import Episode, episode
from fhir_server.contract.bundles import (
    batch_answers_each_entry_alone,
    refused_transaction_leaves_no_trace,
    transaction_gives_ids_to_placeholders,
)
from fhir_server.contract.conditions import (
    conditional_create_finds_or_creates,
    conditional_update_and_delete_act_on_one_match,
    patches_change_what_they_name,
)
from fhir_server.contract.keeping import (
    changes_say_what_differs_from_the_world,
    episodes_do_not_see_each_other,
    loading_again_gives_the_same_world,
)
from fhir_server.contract.operations import (
    everything_gives_the_compartment_in_pages,
    searches_reach_beyond_the_resource,
    validation_says_what_is_missing,
)
from fhir_server.contract.reading import (
    elements_are_tagged_and_never_count_as_full,
    errors_have_their_status_and_issue_code,
    includes_follow_the_matches,
    pages_lead_through_everything_once,
    pages_lose_and_repeat_nothing_while_the_episode_writes,
    read_gives_the_resource_as_loaded,
    search_by_post_is_the_same,
    searches_find_what_they_ask_for,
    sorting_puts_missing_values_last,
    totals_appear_when_the_search_is_finished,
)
from fhir_server.contract.versions import (
    history_tells_every_version,
    labels_change_without_a_version,
    recreating_what_refers_leaves_a_version_out,
)
from fhir_server.contract.world import contract_resources, contract_world
from fhir_server.contract.writing import (
    bad_bodies_are_refused_and_change_nothing,
    create_gives_an_id_and_is_seen_at_once,
    delete_leaves_a_tombstone,
    lenient_bodies_are_put_right,
    transaction_stores_all,
    transaction_stores_all_or_nothing,
    update_raises_the_version_only_for_a_change,
)

Case = Callable[[Backend, Handle], Awaitable[None]]

CASES: tuple[Case, ...] = (
    read_gives_the_resource_as_loaded,
    errors_have_their_status_and_issue_code,
    searches_find_what_they_ask_for,
    sorting_puts_missing_values_last,
    includes_follow_the_matches,
    pages_lead_through_everything_once,
    totals_appear_when_the_search_is_finished,
    pages_lose_and_repeat_nothing_while_the_episode_writes,
    elements_are_tagged_and_never_count_as_full,
    search_by_post_is_the_same,
    create_gives_an_id_and_is_seen_at_once,
    update_raises_the_version_only_for_a_change,
    delete_leaves_a_tombstone,
    bad_bodies_are_refused_and_change_nothing,
    lenient_bodies_are_put_right,
    transaction_stores_all,
    transaction_stores_all_or_nothing,
    transaction_gives_ids_to_placeholders,
    refused_transaction_leaves_no_trace,
    batch_answers_each_entry_alone,
    conditional_create_finds_or_creates,
    conditional_update_and_delete_act_on_one_match,
    patches_change_what_they_name,
    history_tells_every_version,
    recreating_what_refers_leaves_a_version_out,
    labels_change_without_a_version,
    searches_reach_beyond_the_resource,
    everything_gives_the_compartment_in_pages,
    validation_says_what_is_missing,
    changes_say_what_differs_from_the_world,
    episodes_do_not_see_each_other,
    loading_again_gives_the_same_world,
)


def names(cases: Iterable[Case] = CASES) -> list[str]:
    return [getattr(case, "__name__", str(case)) for case in cases]


__all__ = [
    "CASES",
    "Case",
    "Episode",
    "contract_resources",
    "contract_world",
    "episode",
    "names",
]
