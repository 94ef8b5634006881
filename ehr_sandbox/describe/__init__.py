"""A world's charts as one HTML file for a person to look at: plots, tables, single patients. Resources in, text out."""

from ehr_sandbox.describe.charts import Charts, Person, read_charts
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.notes import note_text
from ehr_sandbox.describe.page import page
from ehr_sandbox.describe.person import person_view
from ehr_sandbox.describe.report import chosen_people, describe

__all__ = [
    "Charts",
    "Html",
    "Person",
    "chosen_people",
    "describe",
    "note_text",
    "page",
    "person_view",
    "read_charts",
    "tag",
]
