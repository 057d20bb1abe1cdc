"""JSON as it is kept in the database: text that every database takes."""

import json
from typing import Any


def written(value: Any) -> str:
    """The value as JSON; not-a-number, which JSON does not know, is refused."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def read(text: str) -> Any:
    """The value that was written."""
    return json.loads(text)
