"""One file per command of `ehr-sandbox`."""
