"""The trial's own words (one local CodeSystem) and the standard codes that its rules name."""

LOCAL_SYSTEM = "http://ehr-sandbox.example/fhir/CodeSystem/trial-terms"
COMORBIDITY_INDEX = "comorbidity-index"
STUDY_DRUG_CODES = ("study-drug-a", "study-drug-b", "study-drug-c", "study-drug-d")

SNOMED = "http://snomed.info/sct"
STAGE_GROUP = "399537006"
STAGE_VALUES = {1: "258215001", 2: "258219007", 3: "258224005", 4: "258228008"}
"""SNOMED CT; the table's verified generic stages."""

STUDY_PROCEDURE = "study-procedure"
MEMBER_NUMBER = "http://ehr-sandbox.example/fhir/sid/member"
"""Identifier system of a health plan's member numbers."""
