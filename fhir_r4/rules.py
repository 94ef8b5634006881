"""Where HAPI 8.8 departs from the FHIR R4 specification, as named switches; the rest of the code asks only these.

Each switch was measured on a real HAPI 8.8.0. https://hl7.org/fhir/R4/search.html
"""

from dataclasses import dataclass

GUIDES = ("us-core",)
"""The implementation guides whose search parameters are at hand: `definitions/<guide>-search-parameters.json`."""


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """A setting of every switch. Compared by identity, so that caches can key on it at no cost."""

    name: str
    guides: tuple[str, ...]
    """The implementation guides whose own search parameters are known, besides those of the specification."""
    completes_partial_dates: bool
    """A year or month after a prefix is first completed to a day: the last for ge, gt, sa; the first for le, lt, eb."""
    compares_days_as_written: bool
    """Searches by whole days compare with the day in the text of a date and time, whatever its zone."""
    takes_date_lists: bool
    """Dates may be a list of alternatives."""
    takes_date_ap: bool
    """Dates may have the prefix ap: within a tenth of the distance to now."""
    takes_many_date_bounds: bool
    """A date may have several lower or several upper bounds."""
    takes_number_sa_eb: bool
    """Numbers and quantities may have the prefixes sa and eb."""
    finds_near_negatives: bool
    """The prefix ap finds numbers near a negative one, else none."""
    numbers_have_precision: bool
    """`5.4` means [5.35, 5.45), else exactly 5.4."""
    first_prefix_rules_quantities: bool
    """The prefix of the first of several quantities holds for all of them."""
    units_are_codes: bool
    """`5.4||mg` compares the coded unit alone, else also the unit as text."""
    underscores_are_wildcards: bool
    """`_` in a string or a URI stands for any one character, where text is compared by its beginning or a part."""
    bounds_meet_in_one_date: bool
    """Two bounds of a date must hold for the same one of several dates, else each for any of them."""
    spans_zones_of_updates: bool
    """_lastUpdated by days means those days in any time zone, else in UTC."""
    ties_components: bool
    """The parts of a composite must hold in the same component, else anywhere in the resource."""
    own_base_is_local: bool
    """A reference by this server's own address is the same as a relative one."""
    ignores_unknown_modifiers: bool
    """An unknown modifier on anything but a reference is ignored, else refused."""
    ignores_unknown_underscores: bool
    """An unknown parameter whose name starts with _ is ignored, else refused."""
    ignores_missing_labels: bool
    """`:missing` on _tag, _profile and _security is ignored."""
    refuses_label_systems: bool
    """A tag or a security label by its system alone is refused."""
    negates_all_ids: bool
    """One `_id:not` makes every _id of the search negative, they must be the same, and ids unknown find nothing."""
    asks_source_for_chained_missing: bool
    """`patient.birthdate:missing` asks whether the searched resource itself has a birthdate."""
    has_takes_modifiers: bool
    """`_has` may end in a parameter with a modifier."""
    reads_types_in_chained_values: bool
    """In a chain of several steps, or in _has, what is before the last slash of the value is the type of a step."""
    finds_chained_ids: bool
    """`subject._id=p1` is the same as `subject=p1`, else finds nothing without a type."""
    skips_version_of_recreated: bool
    """A deleted resource that is written again, with references, leaves one version number out."""
    forgets_known_ids: bool
    """A conditional update in a transaction that comes with the id of a resource that the transaction refers to, or
    changes by its id or one token, is done as if it came without an id; else that id is its own or refused."""
    refuses_unknown_elements: bool
    """What is written must hold only elements of its type, in the JSON form they have; else it is put right."""


HAPI = Rules(
    name="hapi",
    guides=GUIDES,
    completes_partial_dates=True,
    compares_days_as_written=True,
    takes_date_lists=False,
    takes_date_ap=False,
    takes_many_date_bounds=False,
    takes_number_sa_eb=False,
    finds_near_negatives=False,
    numbers_have_precision=False,
    first_prefix_rules_quantities=True,
    units_are_codes=True,
    underscores_are_wildcards=True,
    bounds_meet_in_one_date=True,
    spans_zones_of_updates=True,
    ties_components=False,
    own_base_is_local=False,
    ignores_unknown_modifiers=True,
    ignores_unknown_underscores=True,
    ignores_missing_labels=True,
    refuses_label_systems=True,
    negates_all_ids=True,
    asks_source_for_chained_missing=True,
    has_takes_modifiers=False,
    reads_types_in_chained_values=True,
    finds_chained_ids=False,
    skips_version_of_recreated=True,
    forgets_known_ids=True,
    refuses_unknown_elements=False,
)
R4 = Rules(
    name="r4",
    guides=GUIDES,
    completes_partial_dates=False,
    compares_days_as_written=False,
    takes_date_lists=True,
    takes_date_ap=True,
    takes_many_date_bounds=True,
    takes_number_sa_eb=True,
    finds_near_negatives=True,
    numbers_have_precision=True,
    first_prefix_rules_quantities=False,
    units_are_codes=False,
    underscores_are_wildcards=False,
    bounds_meet_in_one_date=False,
    spans_zones_of_updates=False,
    ties_components=True,
    own_base_is_local=True,
    ignores_unknown_modifiers=False,
    ignores_unknown_underscores=False,
    ignores_missing_labels=False,
    refuses_label_systems=False,
    negates_all_ids=False,
    asks_source_for_chained_missing=False,
    has_takes_modifiers=True,
    reads_types_in_chained_values=False,
    finds_chained_ids=True,
    skips_version_of_recreated=False,
    forgets_known_ids=False,
    refuses_unknown_elements=True,
)
