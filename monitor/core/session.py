"""One call's whole analysis: inputs in, events out. No I/O, no clock: a pure function of what it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from monitor.core import events
from monitor.core.alerts import AlertDesk
from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span, seconds
from monitor.core.cues import CueDesk
from monitor.core.detectors import build_detectors
from monitor.core.events import Event
from monitor.core.facts import (
    AlertRaised,
    Backchannel,
    Interruption,
    InterruptionBegan,
    Ipu,
    Judgement,
    Overlap,
    PartialText,
    ProsodyFrame,
    Said,
    SpeechStarted,
    TemperReading,
    TemperState,
    TimelineEvent,
    Words,
)
from monitor.core.findings import findings
from monitor.core.hearing import Ears, Hearing
from monitor.core.inputs import (
    CallEnd,
    CallInfo,
    EngineLag,
    RequestDropped,
    SessionInput,
    SoundEnd,
    SourceNotice,
)
from monitor.core.leakage import LeakageMeter
from monitor.core.notices import notice_event
from monitor.core.playbook.judge import RuleJudge
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.swap import SwapWatch
from monitor.core.prosody.tracker import TurnProsody
from monitor.core.reading.reader import CallReader
from monitor.core.reading.teller import ReadingTeller
from monitor.core.reading.texts import ReadingTexts
from monitor.core.recognition import Hypothesis, TranscriptionRequest
from monitor.core.settings import CoreSettings
from monitor.core.tally import Tally
from monitor.core.temper import TemperScorer, VoiceWeights
from monitor.core.timeline import Timeline
from monitor.core.watch import SoundWatch
from monitor.core.wire import party_name, to_event

_BETWEEN_PARTIES = (Overlap, Backchannel, InterruptionBegan, Interruption)
"""What one party does to the other. Where both channels carry the same sound nobody did any of it."""


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
    ) -> None:
        """
        Args:
            has_words: false judges the call by its sound alone: no request is ever made.
            voice: the trained ear's weights; None judges temper by rules.
            texts: how a caller's type and need are named and met; None names them plainly.
        """
        self.info = info
        self._has_words = has_words
        ids = count(1)
        self._hearing = {
            party: Hearing(party, ears[party], settings, ids if has_words else None) for party in Party
        }
        self._leakage = LeakageMeter()
        self._timeline = Timeline(
            settings.timeline,
            self._describe,
            self._leakage.is_echo,
            has_words=has_words,
            min_silence_s=settings.speech.min_silence_s,
        )
        self._temper = TemperScorer(settings.temper, rulebook.temper_weights(), voice=voice)
        self._rulebook = rulebook
        self._listener = Listener(rulebook)
        self._reader = CallReader(rulebook.meanings(), settings.reading)
        self._teller = ReadingTeller(self._reader, texts or ReadingTexts(), settings.reading.shown_score)
        self._judge_rules = RuleJudge(rulebook, settings.rules)
        self._detectors = build_detectors(settings.detectors)
        self._alerts = AlertDesk(rulebook)
        self._cues = CueDesk(rulebook, settings.cues)
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
        facts: list[TimelineEvent | PartialText] = []
        for party, block in blocks.items():
            hearing = self._hearing[party]
            speech = hearing.speech.push(block)
            facts.extend(speech)
            is_speech = hearing.speech.is_speech(start, self._now)
            facts.extend(hearing.prosody.push(block, start, is_speech))
            if hearing.utterances is not None:
                facts.extend(self._requested(hearing.utterances.on_block(block, start, speech, self._now)))
        out = self._dispatch(facts)
        out.extend(self._tick())
        out.extend(self._watch_sound())
        return out

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
        return self._dispatch(self._requested(utterances.on_hypothesis(hypothesis)))

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
                    out.append(_partial(fact, self._now))
                    continue
                case SpeechStarted() | Ipu() | Words():
                    self._timeline.receive(fact)
                case _:
                    pass
            out.extend(self._tell(fact))
            if self._leakage.is_same_sound:
                continue
            if isinstance(fact, ProsodyFrame) and fact.party is Party.CALLER:
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
            evidence=self._alerts.evidence_items(reading.evidence),
        )
        return [event, *self._judge(reading)]

    def _tell(self, fact: TimelineEvent) -> list[Event]:
        if isinstance(fact, _BETWEEN_PARTIES) and self._leakage.is_same_sound:
            return []
        out: list[Event] = []
        if not isinstance(fact, InterruptionBegan):
            out.append(to_event(fact, self._now))
        self._temper.hear(fact)
        out.extend(self._cues.on_event(fact, self._now))
        out.extend(self._judge(fact))
        return out

    def _judge(self, fact: TimelineEvent) -> list[Event]:
        """Everyone who judges takes a fact: the reading, what was said in it, detectors, the rules."""
        self._reader.hear(fact, self._now)
        out = self._on_said(self._listener.on_event(fact, self._now))
        out.extend(
            self._settle_found(
                judgement for detector in self._detectors for judgement in detector.on_event(fact, self._now)
            )
        )
        out.extend(self._settle(self._judge_rules.on_event(fact, self._reader.context, self._now)))
        return out

    def _on_said(self, told: Iterable[Said]) -> list[Event]:
        """Phrases move the reading first, so that rules see the call as it stands with them."""
        out: list[Event] = []
        for said in told:
            if self._leakage.is_same_sound:
                continue
            self._reader.on_said(said, self._now)
            out.extend(self._settle(self._judge_rules.on_said(said, self._reader.context, self._now)))
            out.extend(self._cues.on_said(said, self._now))
        return out

    def _tick(self) -> list[Event]:
        out: list[Event] = []
        for fact in self._timeline.tick(self._now):
            out.extend(self._tell(fact))
        out.extend(self._on_said(self._listener.on_tick(self._now)))
        self._reader.tick(self._now)
        out.extend(
            self._settle_found(
                judgement for detector in self._detectors for judgement in detector.on_tick(self._now)
            )
        )
        out.extend(self._settle(self._judge_rules.on_tick(self._reader.context, self._now)))
        out.extend(
            notice_event("playbook.muted", self._now, None, {"rule": muted.rule, "times": muted.times})
            for muted in self._judge_rules.muted()
        )
        out.extend(self._teller.tick(self._now))
        alerts = self._alerts.on_tick(self._now)
        out.extend(alerts)
        out.extend(self._cues.on_alerts(alerts, self._now))
        out.extend(self._cues.on_tick(self._now))
        return out

    def _settle(self, judgements: Iterable[Judgement]) -> list[Event]:
        """Judgements become alerts, alerts become cues.

        Where both channels carry the same sound nobody knows who speaks: nothing is held against a party.
        """
        out: list[Event] = []
        for judgement in judgements:
            is_about_a_party = isinstance(judgement, AlertRaised) and judgement.party is not None
            if is_about_a_party and self._leakage.is_same_sound:
                continue
            self._temper.hear_judgement(judgement)
            alerts = self._alerts.receive(judgement, self._now)
            out.extend(alerts)
            out.extend(self._cues.on_alerts(alerts, self._now))
        return out

    def _settle_found(self, judgements: Iterable[Judgement]) -> list[Event]:
        """Detectors' judgements, and those of the rules that follow on them."""
        out: list[Event] = []
        for judgement in judgements:
            out.extend(self._settle([judgement]))
            out.extend(
                self._settle(self._judge_rules.on_judgement(judgement, self._reader.context, self._now))
            )
        return out

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
            has_words=self._has_words,
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
                facts.extend(self._requested(hearing.utterances.finish(self._now, speech)))
        out.extend(self._dispatch(facts))
        return out

    def _on_end(self, end: CallEnd) -> list[Event]:
        self._is_ended = True
        out: list[Event] = []
        for fact in self._timeline.finish(self._now):
            out.extend(self._tell(fact))
        out.extend(self._on_said(self._listener.finish(self._now)))
        self._reader.finish(self._now)
        out.extend(self._settle(self._judge_rules.finish(self._reader.context, self._now)))
        out.extend(self._teller.finish(self._now))
        out.extend(findings(self._judge_rules.report_findings(), self._rulebook, self._now))
        out.extend(
            notice_event(found.code, self._now, found.party, found.values)
            for found in self._watch.finish(self._now)
        )
        alerts = self._alerts.finish(self._now)
        out.extend(alerts)
        out.extend(self._cues.on_alerts(alerts, self._now))
        out.extend(self._cues.finish(self._now))
        self._tally.count(out)
        out.append(self._tally.ended(self._now, end))
        return out


def _partial(fact: PartialText, now: int) -> Event:
    return events.Partial(
        t_s=seconds(now),
        party=party_name(fact.party),
        utterance=fact.utterance,
        start_s=seconds(fact.span.start),
        end_s=seconds(fact.span.end),
        text=fact.text,
    )
