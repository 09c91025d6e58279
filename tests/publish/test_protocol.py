"""The messages and their schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest

from monitor.core.events import AnyEvent, encode
from monitor.publish import protocol
from monitor.publish.schema import protocol_schema, schema_text

if TYPE_CHECKING:
    from tests.publish.conftest import CallScript

SCHEMA = Path(__file__).parents[2] / "dashboard" / "src" / "protocol" / "schema.json"


def test_the_committed_schema_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), (
        "run `python -m monitor.publish.schema > dashboard/src/protocol/schema.json`"
    )


def test_the_schema_is_written_by_its_command() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "monitor.publish.schema"], capture_output=True, check=True, timeout=60
    )
    assert run.stdout.decode() == schema_text()


def test_every_reference_of_the_schema_resolves() -> None:
    schema = protocol_schema()
    names = re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema))
    assert set(names) <= set(schema["$defs"])
    assert len(schema["$defs"]["AnyEvent"]["anyOf"]) == len(get_args(AnyEvent))


def test_wall_types_are_events() -> None:
    tags = {kind.__struct_config__.tag for kind in get_args(AnyEvent)}
    assert tags >= protocol.WALL_TYPES


def test_an_event_message_reads_back(script: type[CallScript]) -> None:
    event = script().words('a "quoted" \\ 词')
    message = protocol.decode_server_message(protocol.encode_event("call", 7, encode(event)))
    assert message == protocol.EventMessage(topic="call", pos=7, event=event)  # type: ignore[arg-type]
    partial = script().partial()
    message = protocol.decode_server_message(protocol.encode_event("call", None, encode(partial)))
    assert isinstance(message, protocol.EventMessage)
    assert message.pos is None


@pytest.mark.parametrize(
    "message",
    [
        protocol.Hello(version="1", heartbeat_s=5.0, pos=3),
        protocol.Gap(topic="call", call_id="c", pos=3, is_lossy=True),
        protocol.Heartbeat(pos=3),
        protocol.Status(problems=[protocol.Problem(code="store.full", message="full")]),
        protocol.ErrorMessage(code="server.malformed", message="no"),
        protocol.Snapshot(pos=3, calls=[]),
    ],
)
def test_messages_read_back(message: protocol.ServerMessage) -> None:
    text = protocol.encode_message(message)
    assert protocol.decode_server_message(text) == message
    assert json.loads(text)["type"] == message.__struct_config__.tag


def test_a_client_may_leave_out_what_is_null() -> None:
    text = '{"type":"subscribe","topic":"wall"}'
    assert protocol.decode_client_message(text) == protocol.Subscribe(topic="wall")


@pytest.mark.parametrize("text", ["", "{", '{"type":"hello"}', '{"type":"subscribe","topic":"x"}'])
def test_what_is_no_client_message(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        protocol.decode_client_message(text)
