"""How much the long tests do: a bounded part, or all of it with EHR_SANDBOX_CONTRACT=whole (`make contract`)."""

import os

WHOLE = os.environ.get("EHR_SANDBOX_CONTRACT") == "whole"
