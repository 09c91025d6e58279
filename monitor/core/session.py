"""One call's whole analysis: inputs in, events out. No I/O, no clock: a pure function of what it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from monitor.core import events, rejudge
from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span, samples, seconds
from monitor.core.events import Alert, Cue, Event
from monitor.core.evidence import evidence_items
from monitor.core.facts import (
    Backchannel,
    Interruption,
    InterruptionBegan,
    Ipu,
    Overlap,
    PartialText,
    ProsodyFrame,
    SpeechStarted,
    TemperReading,
    TemperState,
    TimelineEvent,
    Words,
)
from monitor.core.faintness import Faintness
from monitor.core.hearing import Ears, hear_both
from monitor.core.inputs import (
    CallEnd,
    CallInfo,
    CueAnswer,
    CuesPaused,
    EngineLag,
    KnownVoice,
    RequestDropped,
    RulesChanged,
    SessionInput,
    SoundEnd,
    SourceNotice,
)
from monitor.core.judging import Judging
from monitor.core.leakage import LeakageMeter
from monitor.core.notices import notice_event
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import cached_book
from monitor.core.playbook.swap import SwapWatch
from monitor.core.prosody.tracker import TurnProsody
from monitor.core.reading.texts import ReadingTexts
from monitor.core.recognition import Hypothesis, TranscriptionRequest
from monitor.core.settings import CoreSettings
from monitor.core.tally import Tally
from monitor.core.temper import TemperScorer, VoiceWeights
from monitor.core.timeline import Timeline
from monitor.core.watch import Found, SoundWatch
from monitor.core.wire import partial_event, party_name, to_event

_BETWEEN_PARTIES = (Overlap, Backchannel, InterruptionBegan, Interruption)
"""What one party does to the other. Where both channels carry the same sound nobody did any of it."""

_ECHO_LOOK = samples(0.4)
"""Sound by which a block is told to be the other party's echo; less is too short to tell."""

_REBOOK_PATIENCE = samples(5.0)
"""An edited playbook comes into force between turns, or after this long where nobody pauses."""


def keep_nothing(_: rejudge.Record) -> None:
    """Nobody keeps the facts."""


class CallSession:
    """Holds one call's analysis.

    `receive` takes inputs in any grouping of frames and returns what they made known; `requests` gives what
    the recogniser is to decode. The analysis steps in blocks of 100 ms, when both parties' sound of a block
    is there, so events depend on the sound and on the order of answers, never on packets.
    """

    def __init__(
        self,
        info: CallInfo,
        settings: CoreSettings,
        rulebook: RuleBook,
        ears: Mapping[Party, Ears],
        *,
        has_words: bool,
        voice: VoiceWeights | None = None,
        texts: ReadingTexts | None = None,
        record: rejudge.Recorder = keep_nothing,
    ) -> None:
        """
        Args:
            has_words: false judges the call by its sound alone: no request is ever made.
            voice: the trained ear's weights; None judges temper by rules.
            texts: how a caller's type and need are named and met; None names them plainly.
            record: is told what is judged, so that the call can be judged again without its sound.
        """
        self.info = info
        self.settings = settings
        self.has_words = has_words
        self._hearing = hear_both(ears, settings, count(1) if has_words else None)
        if info.agent_voice is not None:
            self._hearing[Party.AGENT].prosody.know(info.agent_voice)
        self._leakage = LeakageMeter()
        self._faintness = Faintness()
        self._timeline = Timeline(
            settings.timeline,
            self._describe,
            self._leakage.is_echo,
            has_words=has_words,
            min_silence_s=settings.speech.min_silence_s,
            is_faint=self._faintness.is_faint,
        )
        self._temper = TemperScorer(
            settings.temper,
            rulebook.temper_weights(),
            voice=voice,
            signal_weights=rulebook.temper_signals(),
            provoking=rulebook.provoking(),
        )
        hear = self._temper.hear_words
        self._judging = Judging(rulebook, settings, texts, on_judgement=hear, quiet=info.quiet_rules)
        self._record = record
        self._change: tuple[RulesChanged, RuleBook, int] | None = None
        """An edited playbook, and since when it waits for a pause."""
        self._watch = SoundWatch(info.parties)
        self._swap = SwapWatch()
        self._tally = Tally()
        self._requests: list[TranscriptionRequest] = []
        self._now = 0
        self._is_started = False
        self._is_ended = False

    @property
    def now(self) -> int:
        """Call time up to which both parties' sound is judged, in samples."""
        return self._now

    def agent_voice(self) -> KnownVoice | None:
        """The agent's usual voice as this call showed it; None after too little of it."""
        return self._hearing[Party.AGENT].prosody.voice()

    def requests(self) -> list[TranscriptionRequest]:
        """The requests made since this was last asked."""
        made, self._requests = self._requests, []
        return made

    def receive(self, item: SessionInput) -> list[Event]:
        """Takes one input; returns the events that it made known, in order, `seq` and `call_id` unset."""
        assert not self._is_ended, "a call that has ended is told no more"
        out: list[Event] = []
        if not self._is_started:
            self._is_started = True
            out.append(self._started())
        match item:
            case AudioFrame():
                out.extend(self._on_audio(item))
            case Hypothesis():
                out.extend(self._on_hypothesis(item))
            case RequestDropped():
                for hearing in self._hearing.values():
                    if hearing.utterances is not None:
                        dropped = hearing.utterances.on_dropped(item.request_id)
                        out.extend(self._dispatch(self._requested(dropped)))
            case SourceNotice():
                if item.code == "source.clipping":
                    self._watch.mark_told("sound.clipping", item.party)
                out.append(notice_event(item.code, self._now, item.party, item.values))
            case EngineLag():
                out.append(
                    events.EngineLagging(
                        t_s=seconds(self._now), is_lagging=item.is_lagging, delay_s=round(item.delay_s, 1)
                    )
                )
            case CueAnswer():
                self._record(rejudge.Answered(self._now, item))
                out.extend(self._recorded(self._judging.on_answer(item, self._now)))
            case CuesPaused():
                self._record(rejudge.PauseTold(self._now, item))
                out.extend(self._recorded(self._judging.on_pause(item, self._now)))
            case RulesChanged():
                self._change = (item, cached_book(item.files), self._now)
            case SoundEnd():
                out.extend(self._on_sound_end())
            case CallEnd():
                out.extend(self._on_end(item))
        if not self._is_ended:
            self._tally.count(out)
        return out

    # --- sound -------------------------------------------------------------------------------------------

    def _on_audio(self, frame: AudioFrame) -> list[Event]:
        lost = self._hearing[frame.party].take(frame)
        out = [] if lost is None else [self._audio_lost(frame.party, lost)]
        out.extend(self._steps())
        return out

    def _steps(self) -> list[Event]:
        """Judges every block that both parties' sound has filled."""
        out: list[Event] = []
        while all(hearing.blocks for hearing in self._hearing.values()):
            out.extend(self._step({p: hearing.blocks.popleft() for p, hearing in self._hearing.items()}))
        return out

    def _audio_lost(self, party: Party, span: Span) -> Event:
        return events.AudioLost(
            t_s=seconds(self._now),
            party=party_name(party),
            start_s=seconds(span.start),
            end_s=seconds(span.end),
        )

    def _step(self, blocks: Mapping[Party, Pcm]) -> list[Event]:
        """Judges the next 100 ms of both parties."""
        start = self._now
        self._now += BLOCK_SAMPLES
        self._leakage.push(blocks[Party.AGENT], blocks[Party.CALLER])
        if self._leakage.is_same_sound is not self._judging.is_same_sound:
            self._judging.is_same_sound = self._leakage.is_same_sound
            self._record(rejudge.SameSound(self._judging.is_same_sound))
        facts: list[TimelineEvent | PartialText] = []
        for party, block in blocks.items():
            facts.extend(self._hearing[party].speech.push(block))
        is_speech = {p: one.speech.is_speech(start, self._now) for p, one in self._hearing.items()}
        usual_dbfs = {p: one.prosody.baseline.level_dbfs for p, one in self._hearing.items()}
        is_faint = self._faintness.push(start, blocks, is_speech, usual_dbfs)
        for party, block in blocks.items():
            is_own = is_speech[party] and not is_faint[party] and not self._is_echo(party)
            facts.extend(self._hearing[party].prosody.push(block, start, is_own))
        out = self._dispatch(facts)
        out.extend(self._tick())
        out.extend(self._hear_words(blocks, start))
        out.extend(self._watch_sound())
        return out

    def _is_echo(self, party: Party) -> bool:
        """True where the party's channel carries the other's voice just now.

        A baseline that learned the echo, soft and of another's pitch, would take own speech for raised.
        """
        around = Span(max(0, self._now - _ECHO_LOOK), self._now)
        is_possible = self._hearing[party.other].speech.speech_share(around.start, around.end) > 0.0
        return is_possible and self._leakage.is_echo(party, around)

    def _hear_words(self, blocks: Mapping[Party, Pcm], start: int) -> list[Event]:
        """Cuts each party's own speech into utterances: an echo is the other party's, and is heard there.

        Where both channels carry the same sound it is heard once, on the agent's.
        """
        speech = self._timeline.take_own_speech()
        made: list[TranscriptionRequest | Words | PartialText] = []
        for party, hearing in self._hearing.items():
            if hearing.utterances is None:
                continue
            own = [event for event in speech if event.party is party]
            if self._leakage.is_same_sound and party is Party.CALLER:
                made.extend(hearing.utterances.abandon())
                own = []
            made.extend(hearing.utterances.on_block(blocks[party], start, own, self._now))
        return self._dispatch(self._requested(made))

    def _watch_sound(self) -> Iterable[Event]:
        for found in self._watch.on_block(
            self._now,
            is_speaking={party: hearing.speech.is_speaking for party, hearing in self._hearing.items()},
            is_same_sound=self._leakage.is_same_sound,
        ):
            yield notice_event(found.code, self._now, found.party, found.values)
        for hearing in self._hearing.values():
            for found in self._watch.new(hearing.prosody.take_found()):
                yield notice_event(found.code, self._now, found.party, found.values)

    # --- words -------------------------------------------------------------------------------------------

    def _on_hypothesis(self, hypothesis: Hypothesis) -> list[Event]:
        utterances = self._hearing[hypothesis.party].utterances
        if utterances is None:
            return []
        out = self._dispatch(self._requested(utterances.on_hypothesis(hypothesis)))
        if utterances.unexpected_language is not None:
            values = {"given": utterances.given_language, "heard": utterances.unexpected_language}
            for found in self._watch.new(
                [Found(code="words.language", party=hypothesis.party, values=values)]
            ):
                out.append(notice_event(found.code, self._now, found.party, found.values))
        return out

    def _requested(
        self, made: Iterable[TranscriptionRequest | Words | PartialText]
    ) -> list[Words | PartialText]:
        """Keeps the requests among what an utterance made; returns the rest."""
        rest = []
        for item in made:
            if isinstance(item, TranscriptionRequest):
                self._requests.append(item)
            else:
                rest.append(item)
        return rest

    # --- facts and judgements ----------------------------------------------------------------------------

    def _dispatch(self, facts: Iterable[TimelineEvent | PartialText]) -> list[Event]:
        """Tells facts to everyone who folds them, and to the world."""
        out: list[Event] = []
        for fact in facts:
            match fact:
                case PartialText():
                    out.append(partial_event(fact, self._now))
                    continue
                case SpeechStarted() | Ipu() | Words():
                    self._timeline.receive(fact)
                case _:
                    pass
            out.extend(self._tell(fact))
            if self._leakage.is_same_sound:
                continue
            if isinstance(fact, ProsodyFrame) and fact.party is Party.CALLER:
                self._temper.expect(self._hearing[Party.CALLER].language)
                reading = self._temper.push(fact)
                if reading is not None:
                    out.extend(self._on_temper(reading))
            elif isinstance(fact, Words):
                swap = self._swap.on_words(fact)
                if swap is not None:
                    out.append(notice_event(swap, self._now, None, {}))
        return out

    def _on_temper(self, reading: TemperReading) -> list[Event]:
        # What a heated caller sounds like must not become what the caller usually sounds like.
        self._hearing[Party.CALLER].prosody.is_learning = reading.state is TemperState.CALM
        event = events.Temper(
            t_s=seconds(self._now),
            party="caller",
            score=round(reading.score, 3),
            state=reading.state.value,
            evidence=evidence_items(reading.evidence),
        )
        return [event, *self._judge(reading)]

    def _tell(self, fact: TimelineEvent) -> list[Event]:
        if isinstance(fact, _BETWEEN_PARTIES) and self._leakage.is_same_sound:
            return []
        out: list[Event] = []
        if not isinstance(fact, InterruptionBegan):
            out.append(to_event(fact, self._now))
        self._temper.hear(fact)
        out.extend(self._judge(fact))
        return out

    def _judge(self, fact: TimelineEvent) -> list[Event]:
        out = self._judging.on_fact(fact, self._now)
        found = tuple(self._judging.found_now)
        self._record(rejudge.FactTold(self._now, fact, found, self._judging.tape))
        return self._recorded(out)

    def _recorded(self, told: list[Event]) -> list[Event]:
        """What was told, as it was told, so that trying another book need not judge by this one again."""
        for event in told:
            if isinstance(event, Alert | Cue):
                self._record(rejudge.Told(event))
        return told

    def _tick(self) -> list[Event]:
        out: list[Event] = []
        for fact in self._timeline.tick(self._now):
            out.extend(self._tell(fact))
        out.extend(self._rebook())
        ticked = self._judging.on_tick(self._now)
        self._record(rejudge.Ticked(self._now, tuple(self._judging.found_now), self._judging.tape))
        out.extend(self._recorded(ticked))
        return out

    def _rebook(self) -> list[Event]:
        """Takes an edited playbook where nobody speaks."""
        if self._change is None:
            return []
        change, book, since = self._change
        is_pause = not any(hearing.speech.is_speaking for hearing in self._hearing.values())
        if not is_pause and self._now - since < _REBOOK_PATIENCE:
            return []
        self._change = None
        self._record(rejudge.Rebooked(self._now, change))
        return self._recorded(self._judging.rebook(book, self._now))

    def _describe(self, party: Party, span: Span) -> TurnProsody:
        return self._hearing[party].prosody.describe(span)

    # --- beginning and end -------------------------------------------------------------------------------

    def _started(self) -> Event:
        info = self.info
        return events.CallStarted(
            t_s=0.0,
            started_at=info.started_at,
            source=info.source,
            title=info.title,
            agent=info.agent,
            duration_s=info.duration_s,
            has_words=self.has_words,
        )

    def _on_sound_end(self) -> list[Event]:
        """Judges what waits for a whole block, then what waits for what never comes."""
        out: list[Event] = []
        longest = max(hearing.heard for hearing in self._hearing.values())
        for party, hearing in self._hearing.items():
            lost = hearing.fill(longest)
            if lost is not None:
                out.append(self._audio_lost(party, lost))
        out.extend(self._steps())
        facts: list[TimelineEvent | PartialText] = []
        for hearing in self._hearing.values():
            speech = hearing.speech.finish()
            facts.extend(speech)
            facts.extend(hearing.prosody.finish())
            if hearing.utterances is not None:
                own = [event for event in speech if not self._is_heard_elsewhere(event)]
                facts.extend(self._requested(hearing.utterances.finish(self._now, own)))
        out.extend(self._dispatch(facts))
        return out

    def _is_heard_elsewhere(self, event: SpeechStarted | Ipu) -> bool:
        """Whether the last speech of a party is the other's."""
        if self._leakage.is_same_sound and event.party is Party.CALLER:
            return True
        return isinstance(event, Ipu) and self._leakage.is_echo(event.party, event.span)

    def _on_end(self, end: CallEnd) -> list[Event]:
        self._is_ended = True
        out: list[Event] = []
        for fact in self._timeline.finish(self._now):
            out.extend(self._tell(fact))
        out.extend(
            notice_event(found.code, self._now, found.party, found.values)
            for found in self._watch.finish(self._now)
        )
        out.extend(self._recorded(self._judging.finish(self._now)))
        self._record(rejudge.Finished(self._now, self._judging.tape))
        self._tally.count(out)
        out.append(self._tally.ended(self._now, end))
        return out
