"""What a phenomenon is to the layer: something that touches one chart after another."""

from collections.abc import Callable

from fhir_seed.trial_audit.mess.chart import Chart

Step = Callable[[Chart], None]
