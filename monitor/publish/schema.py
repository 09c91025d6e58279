"""The JSON Schema of the event stream.

    python -m monitor.publish.schema > dashboard/src/protocol/schema.json

The dashboard's types are generated from it, so that the compiler finds where the two part ways.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from monitor.core.events import AnyEvent
from monitor.publish.protocol import CallSummary, ClientMessage, ServerMessage

SCHEMA_ID = "tingyin-protocol"


def protocol_schema() -> dict[str, Any]:
    """All messages and events: `$defs` by name, the unions ServerMessage, ClientMessage, AnyEvent."""
    roots, definitions = msgspec.json.schema_components(
        [ServerMessage, ClientMessage, AnyEvent, CallSummary], ref_template="#/$defs/{name}"
    )
    unions = dict(zip(("ServerMessage", "ClientMessage", "AnyEvent"), roots, strict=False))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "TingyinProtocol",
        "$defs": {name: _closed(part) for name, part in sorted({**definitions, **unions}.items())},
    }


def schema_text() -> str:
    """The schema as it is committed: stable order, two spaces, a final newline."""
    return json.dumps(protocol_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _closed(part: dict[str, Any]) -> dict[str, Any]:
    """Marks every field as present: the server writes them all, also those that have defaults."""
    if part.get("type") != "object" or "properties" not in part:
        return part
    optional = {"after", "call_id"} if part["title"] in {"Subscribe", "Unsubscribe"} else set()
    required = [name for name in part["properties"] if name not in optional]
    return {**part, "required": required, "additionalProperties": False}


if __name__ == "__main__":
    sys.stdout.write(schema_text())
