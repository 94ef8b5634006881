"""Options that mean the same on every command."""

from pathlib import Path
from typing import Annotated

import typer

TaskWord = Annotated[str, typer.Argument(metavar="TASK", help="suite[/variant[/index]], e.g. trial_audit/tiny/0")]
Seeds = Annotated[str | None, typer.Option("--seeds", metavar="A-B", help="Indices, inclusive; 7 is one index.")]
SaltFile = Annotated[
    Path | None,
    typer.Option("--salt-file", metavar="FILE", help="64 hex characters; seals worlds. Default: the published salt."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line, for scripts.")]
Backend = Annotated[
    str | None,
    typer.Option("--backend", metavar="URL", help="A FHIR base URL (with /fhir). Default: the embedded engine."),
]
Records = Annotated[Path, typer.Option("--records", metavar="DIR", help="Where run records go.")]
WorldCache = Annotated[
    Path | None,
    typer.Option("--world-cache", metavar="DIR", help="Keep built worlds here (never the truth); safe to delete."),
]
