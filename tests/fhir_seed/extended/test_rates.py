"""The table of rates of `extended`."""

from fhir_seed.trial_audit.extended.rates import RATES, rate


def test_each_rate_is_a_share_with_a_unit_and_a_source() -> None:
    for name, row in RATES.items():
        assert 0 < row.per_mille < 1000, name
        assert all((row.unit, row.what, row.source)), name


def test_a_rate_is_read_by_its_name() -> None:
    assert rate("biopsy") == RATES["biopsy"].per_mille
