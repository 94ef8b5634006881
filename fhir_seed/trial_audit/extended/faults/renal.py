"""An error of clause 8.9: a medicine was ordered in spite of the creatinine."""

from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.medicine_groups import RENAL
from fhir_seed.trial_audit.extended.ordinary_values import renal_orders, with_shifted_creatinine
from fhir_seed.trial_audit.extended.records import Person, Setting
from fhir_seed.trial_audit.render import labs


def _fits(person: Person, setting: Setting) -> bool:
    return bool(renal_orders(person, setting)) and not any(name == "renal_dosing" for name, _ in person.looks)


def _strike(person: Person, setting: Setting) -> Struck:
    """The kidneys were worse all along."""
    limit, seen = setting.limit(RENAL[0]), person.screening_result(labs.CREATININE)
    assert limit is not None, "medicines of RENAL have a limit"
    person = with_shifted_creatinine(person, limit - seen.value + setting.stream.integer(4, 60))
    orders = renal_orders(person, setting)
    return person, [[f"MedicationRequest/{id_}", f"Observation/{seen.id}"] for id_ in orders]


RENAL_DOSING = Kind(_fits, _strike)
