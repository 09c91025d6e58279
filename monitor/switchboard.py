"""Many calls in one process: each has its session and its task, all share the recogniser and the sinks."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from monitor.config import Settings
from monitor.core.audio import AudioFrame, Party
from monitor.core.hearing import Ears
from monitor.core.inputs import (
    CallEnd,
    CallInfo,
    CueAnswer,
    CuesPaused,
    EngineLag,
    RulesChanged,
    SessionInput,
    SourceNotice,
)
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import digest
from monitor.core.reading.texts import ReadingTexts
from monitor.core.rejudge import Recorder
from monitor.core.session import CallSession, keep_nothing
from monitor.core.settings import CoreSettings
from monitor.engines.capacity import CALLS_MOST, Admission
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel
from monitor.engines.temper import voice_for
from monitor.errors import StoreError
from monitor.heap import Heap
from monitor.ingest.source import Source, in_languages
from monitor.ingest.tap import TappedSource
from monitor.masking import load_finders
from monitor.playbook_watch import LoadedPlaybook, playbook_text
from monitor.reading_files import load_reading_texts
from monitor.runner import Journal, Sink, Transcriber, run_call
from monitor.store.facts import FactsWriter, facts_header, facts_path
from monitor.store.journal import JOURNAL_VERSION, JournalHeader, JournalWriter, pack_playbook
from monitor.store.log import utc_now
from monitor.store.quiet import QuietRules, QuietSink
from monitor.store.sound import CallSound, SoundKeeper, sound_path
from monitor.store.voices import AgentVoices

_ANALYSIS_THREADS = 2
"""The analysis of ten calls takes about half a core; a second thread keeps one slow block from all others."""

FILES_KEPT = 200
"""Calls whose sound file can be played back, the latest: a demo plays its calls day and night."""

TIDY_AFTER_S = 5.0
"""After a call has ended, what it held is given back: by then nothing refers to it any more."""

_SWITCH_S = 0.0005
"""How long a thread that computes may keep the interpreter from one that wants it. A decode asks for it a
dozen times between its steps; at Python's 5 ms, a busy analysis would make it wait each time."""


@dataclass(slots=True)
class _Running:
    """A call that is being heard."""

    task: asyncio.Task[CallEnd]
    extra: asyncio.Queue[SessionInput]
    has_words: bool


def make_session(
    info: CallInfo,
    settings: Settings,
    rulebook: RuleBook,
    *,
    has_words: bool,
    texts: ReadingTexts | None = None,
    record: Recorder | None = None,
) -> CallSession:
    """A session with the models that the product hears by.

    `texts` None reads those of the playbook; `record` is told what is judged.
    """
    ears = {
        party: Ears(
            speech=SileroSpeechModel(),
            f0=SwiftF0Model(settings.prosody.f0_min_hz, settings.prosody.f0_max_hz),
            masks=load_finders(settings.privacy.hook),
        )
        for party in Party
    }
    voice = voice_for(settings.temper)
    return CallSession(
        info,
        settings.core,
        rulebook,
        ears,
        has_words=has_words,
        voice=voice,
        texts=texts or load_reading_texts(settings.playbook.folder),
        record=record or keep_nothing,
    )


class _Journals:
    """Several that keep the inputs of one call."""

    def __init__(self, journals: Sequence[Journal]) -> None:
        self._journals = journals

    def write(self, item: SessionInput) -> None:
        """Each keeps the input."""
        for journal in self._journals:
            journal.write(item)


class Switchboard:
    """Starts calls, runs them side by side, ends them.

    `transcriber` None judges calls by their sound alone.
    """

    def __init__(
        self,
        settings: Settings,
        rulebook: RuleBook,
        sinks: Sequence[Sink],
        *,
        transcriber: Transcriber | None,
        admission: Admission | None = None,
        report: Callable[[StoreError], None] = lambda error: None,
        resolve: Callable[[str], None] = lambda code: None,
        announce: Callable[[str], None] = lambda call_id: None,
        hear: Callable[[str, AudioFrame], None] | None = None,
        unheard: Callable[[str], None] = lambda call_id: None,
        heap: Heap | None = None,
    ) -> None:
        """`admission` says which calls get words (None: all). A call that gets none says so and is judged by
        its sound; it gets none later either, since its first half would be missing from every judgement.

        `report` shows an operator why a journal was not kept; the call goes on without it. `resolve` takes
        that away, by its code, when a later call's journal was kept.

        `announce` is told the id of a call before anything is known of it.

        `hear` is given every frame of every live call, as it comes, and must not wait; `unheard` is told when
        a call's sound is over, also of one that ends before it gave any.

        `heap` is tidied whenever a call has ended.
        """
        # What is wrong with these must show now, not in the first call.
        load_finders(settings.privacy.hook)
        voice_for(settings.temper)
        self._announce = announce
        self._hear, self._unheard = hear, unheard
        self._report = report
        self._resolve = resolve
        self._troubles: set[str] = set()
        """Codes of why journals were not kept, as reported."""
        self._settings = settings
        self._rulebook = rulebook
        self._texts = load_reading_texts(settings.playbook.folder)
        self.quiet = QuietRules(settings.store.folder, settings.cues, report=report)
        self._files = playbook_text(settings.playbook.folder)
        self._digest = digest(self._files) if self._files else ""
        self._sinks = sinks
        self._transcriber = transcriber
        self._admission = admission or Admission(CALLS_MOST)
        self._running: dict[str, _Running] = {}
        self._audio: dict[str, Path] = {}
        self._voices = _agent_voices(settings)
        self._keeper = SoundKeeper(settings.store.folder) if settings.store.keeps_audio else None
        self._executor = ThreadPoolExecutor(_ANALYSIS_THREADS, thread_name_prefix="analysis")
        self._heap = heap
        self._tidying: asyncio.TimerHandle | None = None
        self._is_stopping = False
        sys.setswitchinterval(_SWITCH_S)

    @property
    def live_calls(self) -> tuple[str, ...]:
        """The calls that are being heard."""
        return tuple(self._running)

    def audio(self, call_id: str) -> Path | None:
        """The file that a call's sound can be played from; None where none is kept.

        Sound that is kept is there when its call is over.
        """
        if call_id in self._audio:
            return self._audio[call_id]
        kept = sound_path(self._settings.store.folder, call_id)
        return kept if call_id not in self._running and kept.is_file() else None

    def start(self, source: Source, *, audio: Path | None = None) -> str:
        """Begins to hear a call; returns its id. `audio` is the file that pages may play.

        Raises:
            ModelError: a model that every call needs does not load.
            SourceError: the source asks for what this server has not.
        """
        call_id = new_call_id()
        settings = in_languages(self._settings, source.info.languages)
        voices = self._voices
        info = CallInfo(
            call_id=call_id,
            started_at=utc_now(),
            source=source.info.kind,
            title=source.info.title,
            agent=source.info.agent,
            duration_s=source.info.duration_s,
            parties=source.info.parties,
            agent_voice=None if voices is None else voices.load(source.info.agent),
            quiet_rules=self.quiet.of(source.info.agent),
        )
        has_words = self._transcriber is not None and self._settings.transcription.is_enabled
        extra: asyncio.Queue[SessionInput] = asyncio.Queue()
        if has_words and (refusal := self._admission.refusal(self._calls_with_words)) is not None:
            has_words = False
            extra.put_nowait(self._words_notice(refusal))
        facts = self._open_facts(info, settings.core)
        try:
            session = make_session(
                info,
                settings,
                self._rulebook,
                has_words=has_words,
                texts=self._texts,
                record=None if facts is None else facts.write,
            )
        except BaseException:
            if facts is not None:
                facts.discard()
            raise
        if audio is not None:
            self._audio[call_id] = audio
            while len(self._audio) > FILES_KEPT:
                del self._audio[next(iter(self._audio))]
        self._announce(call_id)
        unheard: Callable[[], None] | None = None
        if self._hear is not None:
            unheard = _once(partial(self._unheard, call_id))
            source = TappedSource(source, partial(self._hear, call_id), unheard)
        has_file = audio is not None
        work = self._run(session, source, extra, facts, has_file=has_file)
        task = asyncio.create_task(work, name=f"call {call_id}")
        self._running[call_id] = _Running(task, extra, has_words)

        def over(_: object) -> None:
            self._running.pop(call_id, None)
            # A call that was cut off before it began has closed nothing, and its source cannot say that no
            # sound will come.
            if facts is not None:
                facts.close()
            if unheard is not None:
                unheard()
            self._tidy_soon()

        task.add_done_callback(over)
        return call_id

    @property
    def rulebook(self) -> RuleBook:
        """The rules in force."""
        return self._rulebook

    def rebook(self, playbook: LoadedPlaybook) -> None:
        """Puts an edited playbook in force: for calls to come, and for live ones between turns."""
        self._rulebook, self._texts, self._digest = playbook.book, playbook.texts, playbook.digest
        self._files = playbook.files
        for running in self._running.values():
            running.extra.put_nowait(RulesChanged(files=playbook.files))

    def retune(self, core: CoreSettings) -> None:
        """Takes other thresholds for calls to come; live ones keep those that they began with."""
        sections = {name: getattr(core, name) for name in CoreSettings.model_fields}
        self._settings = self._settings.model_copy(update=sections)

    def tell(self, call_id: str, told: CueAnswer | CuesPaused) -> bool:
        """Tells a live call what its agent did on their page; false where there is no such live call."""
        running = self._running.get(call_id)
        if running is not None:
            running.extra.put_nowait(told)
        return running is not None

    def tell_lag(self, lag: EngineLag) -> None:
        """Tells every live call with words that the recogniser falls behind, or has caught up."""
        for running in self._running.values():
            if running.has_words:
                running.extra.put_nowait(lag)

    def tell_trouble(self, code: str) -> None:
        """Tells every live call with words what became of the recogniser (`Scheduler.watch_trouble`)."""
        for running in self._running.values():
            if running.has_words:
                running.extra.put_nowait(self._words_notice(code))

    @property
    def _calls_with_words(self) -> int:
        return sum(running.has_words for running in self._running.values())

    def _words_notice(self, code: str) -> SourceNotice:
        return SourceNotice(code=code, at=0, values={"calls": self._admission.calls_max})

    async def wait(self, call_id: str) -> None:
        """Returns when the call has ended."""
        running = self._running.get(call_id)
        if running is not None:
            await asyncio.wait({running.task})

    def _tidy_soon(self) -> None:
        """Once for all calls that end within a few seconds."""
        if self._heap is not None and self._tidying is None and not self._is_stopping:
            self._tidying = asyncio.get_running_loop().call_later(TIDY_AFTER_S, self._tidy, self._heap)

    def _tidy(self, heap: Heap) -> None:
        self._tidying = None
        self._executor.submit(heap.tidy)

    async def stop(self) -> None:
        """Ends all calls as cut off, with everything heard so far judged and told."""
        self._is_stopping = True
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        self._executor.shutdown()
        await asyncio.to_thread(self.quiet.close)
        if self._keeper is not None:
            await asyncio.to_thread(self._keeper.close)

    async def _run(
        self,
        session: CallSession,
        source: Source,
        extra: asyncio.Queue[SessionInput],
        facts: FactsWriter | None,
        *,
        has_file: bool,
    ) -> CallEnd:
        info = session.info
        journal = self._open_journal(session)
        sound = None if self._keeper is None or has_file else self._keeper.open(info.call_id, info.parties)
        kept: list[Journal] = [one for one in (journal, sound) if one is not None]
        try:
            end = await run_call(
                info.call_id,
                session,
                source,
                self._transcriber if session.has_words else None,
                [*self._sinks, QuietSink(self.quiet, info.agent)],
                journal=_Journals(kept) if kept else None,
                executor=self._executor,
                extra=extra,
            )
            await asyncio.to_thread(self._keep_voice, session)
            return end
        finally:
            files = [file for file in (journal, facts, sound) if file is not None]
            store = self._settings.store
            # All in one thread: who is cancelled while one closes must not leave the others open.
            await asyncio.to_thread(lambda: [file.close() for file in files])
            self._kept(files, store.keeps_journal + store.keeps_facts + (sound is not None))

    def _keep_voice(self, session: CallSession) -> None:
        """The agent's next call begins with what this one showed of the voice."""
        heard = session.agent_voice()
        if self._voices is None or heard is None:
            return
        try:
            self._voices.keep(session.info.agent, heard)
        except StoreError as error:
            self._report(error)

    def _kept(self, files: Sequence[JournalWriter | FactsWriter | CallSound], expected: int) -> None:
        """What a call left: troubles are over once a call has left all that is to be kept."""
        failures = [file.failure for file in files if file.failure is not None]
        for failure in failures:
            self._trouble(failure)
        if failures or len(files) < expected:
            return
        for code in self._troubles:
            self._resolve(code)
        self._troubles.clear()

    def _trouble(self, error: StoreError) -> None:
        self._troubles.add(error.code)
        self._report(error)

    def _open_journal(self, session: CallSession) -> JournalWriter | None:
        store = self._settings.store
        if not store.keeps_journal:
            return None
        path = store.folder / "journals" / f"{session.info.call_id}.journal"
        header = JournalHeader(
            version=JOURNAL_VERSION,
            info=session.info,
            settings=session.settings.model_dump(mode="json"),
            has_words=session.has_words,
            playbook=pack_playbook(self._files),
        )
        try:
            return JournalWriter(path, header)
        except StoreError as error:
            self._trouble(error)
            return None

    def _open_facts(self, info: CallInfo, settings: CoreSettings) -> FactsWriter | None:
        store = self._settings.store
        if not store.keeps_facts:
            return None
        header = facts_header(info, settings, self._rulebook, self._digest)
        try:
            return FactsWriter(facts_path(store.folder, info.call_id), header)
        except StoreError as error:
            self._trouble(error)
            return None


def _once(act: Callable[[], None]) -> Callable[[], None]:
    """Does `act` the first time it is called."""
    left = [act]

    def first() -> None:
        while left:
            left.pop()()

    return first


def _agent_voices(settings: Settings) -> AgentVoices | None:
    """The agents' voices, where they are kept."""
    store = settings.store
    if not store.keeps_agent_voices:
        return None
    voices = AgentVoices(store.folder / "agents", store.keep_days)
    voices.forget_old()
    return voices


def new_call_id() -> str:
    """An id that sorts by time and is not guessed."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
