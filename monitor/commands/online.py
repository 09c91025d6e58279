"""`tingyin serve`, `demo` and `listen`: calls as they happen, with the pages."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial

from rich.markup import escape

from monitor.accounts.office import AccountsOffice
from monitor.commands.common import console, engine_workers, load_engine, machine_of
from monitor.config import Settings, StoreSettings
from monitor.core.playbook.listener import compile_book
from monitor.core.recognition import SpeechRecogniser
from monitor.desk.book import DeskBook
from monitor.desk.database import DeskFile
from monitor.desk.desk import Desk
from monitor.engines.capacity import Admission, estimate, measure
from monitor.engines.machine import usable_cores
from monitor.engines.scheduler import WORKER_NAME, Scheduler
from monitor.errors import SettingsError
from monitor.heap import Heap
from monitor.history.keeper import HistoryKeeper
from monitor.history.search import History
from monitor.ingest.file import open_file_source
from monitor.ingest.paced import PacedSource
from monitor.ingest.source import Source
from monitor.ingest.websocket import Intake
from monitor.playbook_watch import PlaybookWatch, tuned_playbook
from monitor.publish.access import Access
from monitor.publish.guard import is_loopback
from monitor.publish.live_sound import LiveSound
from monitor.publish.metrics import Metrics
from monitor.publish.publisher import Publisher
from monitor.publish.run import Server
from monitor.publish.run import listen as listen_on
from monitor.publish.server import create_app
from monitor.publish.side import SideDesk
from monitor.resources import resource
from monitor.store.alert_index import AlertIndex
from monitor.store.log import EventLog
from monitor.store.retention import Retention
from monitor.store.side import SideStore
from monitor.switchboard import Switchboard
from monitor.tuning.office import TuningOffice

SHIPPED_CALLS = {"zh": ("zh_parcel", "8012"), "en": ("en_parcel", "8027")}
"""Each language's call, and the number of its agent."""

_CALLS_LEAST = 2
"""Calls that have words on any machine: where it is too slow even for these, they are told that words lag."""

_BETWEEN_PLAYS_S = 6.0
"""Between two plays of a shipped call: long enough to see that it ended."""


def run(work: Coroutine[None, None, None]) -> None:
    """Runs a command to its end, and leaves the process even where a decode hangs in native code.

    Such a thread cannot be stopped, and the interpreter's orderly exit would abort on it. By then every event
    is written, so the process may simply end.
    """
    asyncio.run(work)
    for thread in threading.enumerate():
        if thread.name == WORKER_NAME:
            thread.join(1.0)
            if thread.is_alive():
                sys.stderr.flush()
                os._exit(0)


@dataclass(frozen=True, slots=True)
class Office:
    """A running product: where calls are started and where people look."""

    switchboard: Switchboard
    url: str
    stopping: asyncio.Event
    """Set when the process is asked to end."""


@asynccontextmanager
async def open_office(settings: Settings, *, has_words: bool, is_open: bool = False) -> AsyncIterator[Office]:
    """Opens log, recogniser, switchboard and server, and closes them in the right order.

    `is_open` lets everybody on this machine in without signing in, whatever the settings say; on an address
    that others reach it counts for nothing.

    On leaving, live calls are ended as cut off and everything heard so far is written.

    Raises:
        TingyinError: the port is taken, another server has the database, or the model is missing.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    listener = listen_on(settings.server)
    with (
        EventLog(settings.store.folder) as event_log,
        closing(SideStore(settings.store.folder)) as side_store,
        _forgetting(settings.store),
        AccountsOffice.open(settings.store.folder, settings.accounts) as accounts,
        closing(DeskFile(settings.store.folder)) as desk_file,
        closing(TuningOffice(settings.store.folder, settings.playbook.folder, settings.core)) as tuning,
    ):
        playbook, untuned = tuned_playbook(settings.playbook.folder, tuning.rules_file)
        access = _access(settings, accounts, is_open=is_open)
        scheduler = admission = None
        if has_words:
            engine = await asyncio.to_thread(load_engine, settings)
            scheduler = Scheduler(
                engine, workers=engine_workers(settings), restart=partial(load_engine, settings)
            )
            admission = await asyncio.to_thread(_admission, settings, engine, scheduler)
        desk = Desk(
            DeskBook(desk_file),
            AlertIndex(event_log),
            knows_rule=lambda rule: rule in switchboard.rulebook,
        )
        publisher = Publisher(event_log, settings.server, desk=desk)
        keeper = HistoryKeeper(
            event_log,
            report=lambda error: publisher.report(error.code, error.sentence),
            resolve=publisher.resolve,
        )
        history = History(settings.store.folder, lambda: keeper.waiting)
        sound = LiveSound()
        side = SideDesk(
            side_store,
            settings.messages,
            call_time=publisher.call_time,
            tell_call=lambda call_id, pause: switchboard.tell(call_id, pause),
        )
        heap = Heap()
        switchboard = Switchboard(
            settings,
            playbook.book,
            [publisher, keeper, side],
            transcriber=scheduler,
            admission=admission,
            report=lambda error: publisher.report(error.code, error.sentence),
            resolve=publisher.resolve,
            announce=publisher.expect,
            hear=sound.hear,
            unheard=sound.over,
            heap=heap,
        )
        watch = PlaybookWatch(
            settings.playbook.folder,
            digest=playbook.digest,
            in_force=switchboard.rebook,
            report=lambda error: publisher.report(error.code, error.sentence),
            resolve=publisher.resolve,
            tuned=tuning.rules_file,
        )
        await asyncio.to_thread(compile_book, playbook.book)
        switchboard.rebook(playbook)
        if untuned is not None:
            publisher.report(untuned.code, untuned.sentence)
        await asyncio.to_thread(tuning.look)
        tuning.follow(switchboard.retune)
        watching = [asyncio.create_task(one, name="watch") for one in (watch.run(), tuning.watch())]
        if scheduler is not None:
            scheduler.watch_lag(switchboard.tell_lag)
            scheduler.watch_trouble(switchboard.tell_trouble)
            _watch_scheduler(publisher.metrics, scheduler)
        app = create_app(
            publisher,
            recordings=switchboard,
            answer=switchboard.tell,
            intake=Intake(switchboard.start).serve,
            access=access,
            accounts=settings.accounts,
            history=history,
            sound=sound,
            side=side,
            tuning=tuning,
            quiet=switchboard.quiet,
            rulebook=lambda: switchboard.rulebook,
        )
        keeper.start()
        heap.settle()
        try:
            async with Server(app, listener, publisher.metrics) as server:
                _say_welcome(accounts, access, server.url)
                try:
                    yield Office(switchboard, server.url, stopping)
                finally:
                    await switchboard.stop()
        finally:
            for one in watching:
                one.cancel()
            publisher.close()
            keeper.close()
            history.close()
            if scheduler is not None:
                scheduler.close()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def _access(settings: Settings, accounts: AccountsOffice, *, is_open: bool) -> Access:
    """Who may come in.

    Raises:
        SettingsError: everybody may, from everywhere.
    """
    is_local = is_loopback(settings.server.host)
    if not settings.accounts.is_required and not is_local:
        reason = f"the server listens on {settings.server.host}, which others reach; accounts are required"
        raise SettingsError("settings.invalid", name="accounts.is_required", value=False, reason=reason)
    return Access(
        accounts.book,
        accounts.sessions,
        accounts.trail,
        is_open=is_local and (is_open or not settings.accounts.is_required),
        program_token=settings.accounts.program_token.get_secret_value(),
        provider=accounts.provider,
        tuned_by=settings.accounts.tuned_by,
    )


def _say_welcome(accounts: AccountsOffice, access: Access, url: str) -> None:
    """Names the one-time link where no administrator can sign in yet."""
    welcome = None if access.is_open else accounts.welcome()
    if welcome is not None:
        console.print(
            f"No administrator can sign in yet. Choose the administrator's password, within a day, at\n"
            f"  [bold]{url}{welcome}[/]",
            soft_wrap=True,
        )


@contextmanager
def _forgetting(store: StoreSettings) -> Iterator[None]:
    """Forgets old calls while the product runs."""
    retention = Retention(store.folder, store.keep_days) if store.keep_days else None
    if retention is not None:
        retention.start()
    try:
        yield
    finally:
        if retention is not None:
            retention.close()


def _admission(settings: Settings, engine: SpeechRecogniser, scheduler: Scheduler) -> Admission:
    """Which calls get words. Measuring what this machine carries also warms the recogniser up."""
    calls_max = settings.engine.calls_max
    if not calls_max:
        is_on_card = machine_of(settings).device == "cuda"
        cost = measure(
            engine,
            known_languages=getattr(engine, "known_languages", settings.engine.languages),
            clock=time.perf_counter if is_on_card else time.process_time,
        )
        calls_max = max(_CALLS_LEAST, estimate(cost, cores=usable_cores()).with_finals)
    return Admission(calls_max, lambda: scheduler.is_down)


def _watch_scheduler(metrics: Metrics, scheduler: Scheduler) -> None:
    """Shows the recogniser's load and every guard that fired among the metrics."""
    metrics.watch_gauge(
        "tingyin_words_queue_age_seconds",
        "Age of the oldest request that waits for the recogniser.",
        lambda: scheduler.queue_age_s,
    )
    metrics.watch_gauge(
        "tingyin_words_queue_length", "Requests that wait.", lambda: float(scheduler.queue_length)
    )
    metrics.watch_gauge(
        "tingyin_words_busy_ratio",
        "Share of the workers' time that decoding took over the last 10 s.",
        lambda: scheduler.busy_share,
    )
    metrics.watch_gauge(
        "tingyin_words_partial_cadence_seconds",
        "How far apart a party's partials are at the present load.",
        lambda: min(scheduler.cadence_s, 999.0),
    )
    metrics.watch_gauge(
        "tingyin_words_down", "1 while the recogniser is given up.", lambda: float(scheduler.is_down)
    )
    metrics.watch_counters(
        "tingyin_words_requests", "What became of requests.", "outcome", lambda: scheduler.counters
    )
    metrics.watch_counters(
        "tingyin_words_guards", "Hypotheses that a guard caught.", "guard", lambda: scheduler.guards
    )


async def serve(settings: Settings, *, has_words: bool) -> None:
    """Serves the pages and hears what streams bring, until asked to end."""
    async with open_office(settings, has_words=has_words) as office:
        if settings.accounts.is_required and not settings.accounts.program_token.get_secret_value():
            console.print(
                "[yellow]No telephone system can bring calls yet: set accounts.program_token, and have it "
                "sent as a bearer token.[/]",
                soft_wrap=True,
            )
        console.print(f"Tingyin listens at [bold]{office.url}[/]; end it with Ctrl-C")
        await office.stopping.wait()


async def demo(settings: Settings, languages: list[str], *, has_words: bool, is_once: bool) -> None:
    """Plays the shipped calls in real time, again and again unless `is_once`, until asked to end."""
    async with open_office(settings, has_words=has_words, is_open=True) as office:
        _say_where(office.url)
        plays = [asyncio.create_task(_play(office, language, is_once=is_once)) for language in languages]
        await _first(asyncio.gather(*plays), office.stopping.wait())
        for play in plays:
            play.cancel()
        await asyncio.gather(*plays, return_exceptions=True)


async def listen(settings: Settings, source: Source, *, has_words: bool) -> None:
    """Hears one call on sound devices until it ends or the process is asked to end."""
    async with open_office(settings, has_words=has_words) as office:
        call_id = office.switchboard.start(source)
        console.print(
            f"listening to {escape(source.info.title)}\n"
            f"  supervisor  [bold]{office.url}/call/{call_id}[/]\n"
            f"  agent       [bold]{office.url}/agent/{call_id}[/]\n"
            "end it with Ctrl-C"
        )
        await _first(office.switchboard.wait(call_id), office.stopping.wait())


async def _play(office: Office, language: str, *, is_once: bool) -> None:
    name, agent = SHIPPED_CALLS[language]
    path = resource("calls") / f"{name}.flac"
    title = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["title"]
    while True:
        source = PacedSource(open_file_source(path, kind="demo", title=title, agent_label=agent))
        await office.switchboard.wait(office.switchboard.start(source, audio=path))
        if is_once:
            return
        await asyncio.sleep(_BETWEEN_PLAYS_S)


async def _first(*waits: Awaitable[object]) -> None:
    """Returns when the first of `waits` has; an error of it is raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


def _say_where(url: str) -> None:
    console.print(
        "\n  Tingyin 听音 plays its calls; open these pages in a browser\n"
        f"  supervisor  [bold]{url}/[/]\n"
        f"  agent       [bold]{url}/agent[/]\n"
        "  end it with Ctrl-C\n"
    )
