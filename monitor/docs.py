"""The pages of the documentation that are generated from the code, so that they cannot part ways with it.

`python -m monitor.docs` writes them at the top of the checkout; a test fails when one is out of date.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import typer
from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from monitor.config import Settings
from monitor.core import events
from monitor.core.notices import NOTICES
from monitor.desk import records as desk_records
from monitor.errors import ERRORS
from monitor.playbook_files import load_playbook
from monitor.playbook_page import render_rules


def settings_page() -> str:
    """SETTINGS.md: every leaf of the tree, with its default and its reason."""
    lines = [
        "# Settings",
        "",
        "A TOML file (`--settings FILE`), then the environment, then the command line; the later wins. The",
        "table `[server]` with `port = 8765` and the variable `TINGYIN_SERVER__PORT=8765` set the same leaf.",
        "An unknown name is an error. All times are seconds unless the name says otherwise.",
    ]
    for name, section in Settings.model_fields.items():
        kind = section.annotation
        assert isinstance(kind, type) and issubclass(kind, BaseModel)
        lines += ["", f"## [{name}]", "", (kind.__doc__ or "").split("\n\n")[0].strip(), ""]
        lines += ["| name | default | what it does |", "|---|---|---|"]
        for leaf, field in kind.model_fields.items():
            default = "" if field.default is PydanticUndefined else _value(field.default)
            lines.append(f"| `{leaf}` | {default} | {cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def protocol_page() -> str:
    """PROTOCOL.md: every event with its fields."""
    lines = [
        "# Events on the wire",
        "",
        "`tingyin replay --events` writes one event as one JSON object a line; the stream `/ws` and the REST",
        "API send the same objects. " + flow(inspect.getdoc(events) or ""),
        "",
        "Further down: [the stream `/ws`](#messages-of-the-stream-ws), [sending sound to",
        "`/ingest`](#sound-to-ingest), [listening in by `/listen`](#listening-in-by-listen), [the REST",
        "API](#questions-the-rest-api).",
        "",
        "Every event has `type`, `v` (version of this format, now "
        f"{events.WIRE_VERSION}), `seq`, `call_id` and `t_s`; below are the fields that it has besides.",
    ]
    for kind in typing.get_args(events.AnyEvent):
        tag = kind.__struct_config__.tag
        lines += ["", f"## `{tag}`", "", flow(inspect.getdoc(kind) or ""), ""]
        lines += fields(kind, skip=set(events.Event.__struct_fields__))
    lines += ["", "# Parts of events"]
    for part in (
        events.Text,
        events.Stretch,
        events.EvidenceItem,
        events.WordItem,
        events.Leaning,
        events.ReadingProof,
        events.SlotFilled,
        events.PromiseMade,
        events.ConcessionMade,
        events.SaidCount,
        events.RiskReason,
    ):
        lines += [
            "",
            f"## {part.__name__}",
            "",
            flow(inspect.getdoc(part) or ""),
            "",
            *fields(part, skip=set()),
        ]
    from monitor.docs_api import api_lines  # it needs the helpers below

    lines += ["", *_stream_lines(), "", *_ingest_lines(), "", *_listen_lines(), "", *api_lines()]
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """ERRORS.md: every code that a user can meet, with what it says."""
    lines = [
        "# Codes",
        "",
        "A code never changes its meaning; its sentence may. `{...}` stands for a value.",
        "",
        "## Errors",
        "",
        "A command that fails prints the code and the sentence and exits with 1.",
        "",
        "| code | says |",
        "|---|---|",
        *(f"| `{code}` | {cell(sentence)} |" for code, sentence in sorted(ERRORS.items())),
        "",
        "## Notices",
        "",
        "A notice belongs to a call, which goes on.",
        "",
        "| code | level | says | 中文 |",
        "|---|---|---|---|",
    ]
    for code, notice in sorted(NOTICES.items()):
        lines.append(f"| `{code}` | {notice.level} | {cell(notice.en)} | {cell(notice.zh)} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """COMMANDS.md: every command with its arguments and options."""
    from monitor.cli import app  # the command line imports much; the other pages do without

    root = typer.main.get_command(app)
    lines = ["# Commands", "", flow(root.help or "")]
    for path, command in _commands(root, "tingyin"):
        lines += ["", f"## {path}", "", flow(command.help or "")]
        rows = []
        for parameter in command.params:
            if parameter.name == "help":
                continue
            is_option = parameter.param_type_name == "option"
            name = (
                ", ".join(f"`{flag}`" for flag in parameter.opts)
                if is_option
                else f"`{parameter.name.upper()}`"
            )
            rows.append(f"| {name} | {cell(getattr(parameter, 'help', None) or '')} |")
        if rows:
            lines += ["", "| argument | what it does |", "|---|---|", *rows]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "SETTINGS.md": settings_page,
    "PROTOCOL.md": protocol_page,
    "ERRORS.md": errors_page,
    "COMMANDS.md": commands_page,
    "RULES.md": lambda: render_rules(load_playbook()),
}
"""Each page's name and what makes it."""


def _stream_lines() -> Iterator[str]:
    from monitor.publish import protocol
    from monitor.store import records

    yield "# Messages of the stream `/ws`"
    yield ""
    yield flow(inspect.getdoc(protocol) or "")
    for heading, union in (
        ("From the client", protocol.ClientMessage),
        ("From the server", protocol.ServerMessage),
    ):
        yield ""
        yield f"## {heading}"
        for kind in typing.get_args(union):
            yield ""
            yield f"### `{kind.__struct_config__.tag}`"
            yield ""
            yield flow(inspect.getdoc(kind) or "")
            yield ""
            yield from fields(kind, skip=set())
    yield ""
    yield "## Parts of messages"
    for part in (
        protocol.CallSummary,
        protocol.PartyFlags,
        protocol.PartySpeech,
        protocol.PartyCounts,
        protocol.OpenAlert,
        protocol.CuePause,
        records.MessageToAgent,
        protocol.Problem,
        desk_records.DeskAlert,
        desk_records.AlertState,
        desk_records.Done,
        desk_records.Assigned,
        desk_records.Snoozed,
        desk_records.Marked,
        desk_records.Comment,
        desk_records.Mute,
    ):
        yield ""
        yield f"### {part.__name__}"
        yield ""
        yield flow(inspect.getdoc(part) or "")
        yield ""
        yield from fields(part, skip=set())


def _ingest_lines() -> Iterator[str]:
    from monitor.ingest import stream, stream_start, websocket

    yield "# Sound to `/ingest`"
    yield ""
    yield (
        "A websocket of the same server, one connection for each call: `ws://127.0.0.1:8765/ingest`. Where "
        "accounts are required, the request that opens it has the header `Authorization: Bearer TOKEN` with "
        "the setting `accounts.program_token`; `/metrics` and `/api/health` take the same."
    )
    yield ""
    # The example in the docstring is indented: it stays as it is written.
    _, text = (inspect.getdoc(stream) or "").split("\n\n", 1)
    for part in text.split("\n\n"):
        yield f"```json\n{inspect.cleandoc(part)}\n```" if part.startswith("    ") else flow(part)
        yield ""
    yield (
        f"Samples of `pcm_s16le` are 16 bits, little-endian; of `mulaw` and `alaw` (G.711) 8 bits. A packet "
        f"holds at most {stream.MAX_PACKET_S:g} s; 20 ms is usual. Send as the sound comes; a sender "
        "that is faster than real time is slowed down. "
        f"After {websocket.IDLE_S:g} s without a packet, or {websocket.REFUSALS_MAX} packets that cannot "
        "be used, the call fails and the connection is closed; so it is once the call has ended by itself."
    )
    for heading, kinds in (
        ("To the server", (stream_start.StreamStart, stream_start.StreamStop)),
        ("From the server", (websocket.Accepted, websocket.Refused)),
    ):
        yield ""
        yield f"## {heading}"
        for kind in kinds:
            yield ""
            yield f"### `{kind.__struct_config__.tag}`"
            yield ""
            yield flow(inspect.getdoc(kind) or "")
            yield ""
            yield from fields(kind, skip=set())


def _listen_lines() -> Iterator[str]:
    from monitor.publish import listen

    yield "# Listening in by `/listen`"
    yield ""
    yield flow(inspect.getdoc(listen) or "")
    for heading, kinds in (
        ("From the listener", listen.FROM_LISTENER),
        ("To the listener", listen.TO_LISTENER),
    ):
        yield ""
        yield f"## {heading}"
        for kind in kinds:
            yield ""
            yield f"### `{kind.__struct_config__.tag}`"
            yield ""
            yield flow(inspect.getdoc(kind) or "")
            yield ""
            yield from fields(kind, skip=set())


def fields(kind: type[msgspec.Struct], skip: set[str]) -> list[str]:
    described = _field_docs(kind)
    hints = typing.get_type_hints(kind)
    rows = [
        f"| `{field.encode_name}` | {cell(_type(hints[field.name]))} "
        f"| {cell(described.get(field.name, ''))} |"
        for field in msgspec.structs.fields(kind)
        if field.name not in skip
    ]
    return ["| field | type | |", "|---|---|---|", *rows] if rows else ["No fields of its own."]


def _field_docs(kind: type) -> dict[str, str]:
    """The strings that stand under a class's fields in its source."""
    found = {}
    for name, text in re.findall(
        r'^    (\w+): [^\n]*\n    """(.*?)"""', inspect.getsource(kind), re.M | re.S
    ):
        found[name] = flow(text)
    return found


def _type(hint: object) -> str:
    if hint is type(None):
        return "null"
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(argument) for argument in arguments)
    if origin in (list, tuple):
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"object of {_type(arguments[1])} by {_type(arguments[0])}"
    if origin is typing.Annotated:
        return _type(arguments[0])
    names = {str: "string", float: "number", int: "integer", bool: "true or false", msgspec.Raw: "event"}
    return names.get(typing.cast(type, hint), getattr(hint, "__name__", str(hint)))


def _commands(command: typing.Any, path: str) -> Iterator[tuple[str, typing.Any]]:
    for name, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from _commands(child, f"{path} {name}")
        else:
            yield f"{path} {name}", child


def _value(value: object) -> str:
    text = str(value)
    if isinstance(value, Path):
        # Where these are differs by user and system: the page names the folder's kind.
        text = text.replace(str(user_cache_path("tingyin")), "~/.cache/tingyin")
        text = text.replace(str(user_data_path("tingyin")), "~/.local/share/tingyin")
    return f"`{text}`" if text else "empty"


def flow(text: str) -> str:
    """Docstring paragraphs, each on one line; tables stay as they are."""
    parts = text.split("\n\n")
    return "\n\n".join(part if part.startswith("|") else " ".join(part.split()) for part in parts)


def cell(text: str) -> str:
    return flow(text).replace("\n", " ").replace("|", "\\|")


def main() -> int:
    """Writes every page that is out of date, or with --check says which are and fails."""
    top = Path(__file__).resolve().parent.parent
    stale = [
        name
        for name, make in PAGES.items()
        if not (top / name).is_file() or (top / name).read_text(encoding="utf-8") != make()
    ]
    if "--check" in sys.argv:
        print("\n".join(f"out of date: {name}" for name in stale))  # noqa: T201
        return 1 if stale else 0
    for name in stale:
        (top / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
