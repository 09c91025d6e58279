"""Thresholds of the analysis, in seconds and human units, with the reason for each default.

The settings are one tree: a file's tables and the environment's TINGYIN__SECTION__NAME set its leaves
(`monitor.config`). Every leaf has a description; SETTINGS.md is generated from them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.core.audio import Party
from monitor.core.facts import Severity


class Section(BaseModel):
    """A table of settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SpeechSettings(Section):
    """When a party counts as speaking."""

    start_probability: float = Field(0.5, gt=0, lt=1, description="speech begins at this probability")
    end_probability: float = Field(0.35, gt=0, lt=1, description="and ends when it stays below this one")
    min_silence_s: float = Field(0.2, gt=0, description="own silence that ends an inter-pausal unit")
    min_speech_s: float = Field(0.1, gt=0, description="shorter bursts are not speech")


class TimelineSettings(Section):
    """How speech becomes turns."""

    breath_s: float = Field(
        0.4, gt=0, description="own silence shorter than this is a breath: it neither ends a bid nor yields"
    )
    max_pause_s: float = Field(1.0, gt=0, description="own silence that ends a turn when nobody takes over")
    max_turn_s: float = Field(
        120.0, gt=1, description="a longer turn is cut, at a pause, so that memory is bounded"
    )
    floor_s: float = Field(1.0, gt=0, description="speech that makes a party the holder of the floor")
    simultaneous_s: float = Field(0.3, gt=0, description="parties who begin within this time began together")
    min_overlap_s: float = Field(0.8, gt=0, description="overlap that can be an interruption")
    max_overlap_s: float = Field(
        6.0,
        gt=1,
        description="a holder who talks on for this long has not yielded: nobody waits longer to say so",
    )
    backchannel_s: float = Field(1.0, gt=0, description="longer speech under the other's is no backchannel")
    terminal_s: float = Field(0.5, gt=0, description="a holder who is done within this time was finishing")
    words_wait_s: float = Field(4.0, ge=0, description="how long an ended turn waits for its last words")


class TranscriptionSettings(Section):
    """How utterances are cut and when they are decoded."""

    is_enabled: bool = Field(True, description="false judges calls by their sound alone")
    has_partials: bool = Field(True, description="show words while they are spoken")
    partial_every_s: float = Field(
        0.7, gt=0, description="new speech between two partials; under load they come more rarely"
    )
    end_silence_s: float = Field(0.5, gt=0, description="own silence that ends an utterance")
    doubtful_silence_s: float = Field(
        1.2,
        gt=0,
        description="the same while the recogniser is unsure of what was said last: people pause within a "
        "sentence, and what is heard in one piece is heard better",
    )
    long_utterance_s: float = Field(
        8.0, gt=0, description="an utterance of this length ends at its next pause, however short"
    )
    max_utterance_s: float = Field(
        14.0, gt=1, le=28, description="a longer utterance is cut where it is softest"
    )
    pre_roll_s: float = Field(0.3, ge=0, le=1, description="sound before speech begins that is decoded too")
    min_utterance_s: float = Field(0.15, ge=0, description="less speech than this cannot hold a word")
    hold_back_s: float = Field(0.5, ge=0, description="newest sound whose words are not yet committed")
    settled_after_s: float = Field(
        1.2, gt=0, description="words that this much sound follows stand without a second hypothesis"
    )
    is_speculative: bool = Field(True, description="decode at the first silence, before the utterance ended")
    hint: str = Field("", description="words that the recogniser should expect; at most a few dozen")
    vocabulary: tuple[str, ...] = Field(
        (),
        description="names and terms of your trade: words that sound like them are written as they are; in a "
        "file of settings also the name of a file of terms, one a line",
    )
    has_vocabulary_hint: bool = Field(
        False,
        description="tell them to the recogniser beforehand too, from a second of speech on; of read news "
        "that cost more words than it found",
    )
    language: Literal["auto", "zh", "en"] = Field("auto", description="auto, zh or en")
    agent_language: Literal["", "auto", "zh", "en"] = Field(
        "", description="the agent's language where it differs"
    )
    caller_language: Literal["", "auto", "zh", "en"] = Field(
        "", description="the caller's language where it differs"
    )
    script: Literal["simplified", "traditional"] = Field("simplified", description="script of Mandarin")

    def language_of(self, party: Party) -> str:
        """The language that is given for a party; empty where it is to be found."""
        own = self.agent_language if party is Party.AGENT else self.caller_language
        language = own or self.language
        return "" if language == "auto" else language


class PrivacySettings(Section):
    """What is masked in words, alerts and reports, before anything is told or stored.

    A journal (`store.keeps_journal`) is not masked: it holds the call's sound, and is off by default.
    """

    mask: tuple[Literal["card", "identity", "phone"], ...] = Field(
        ("card", "identity"),
        description="numbers to mask, however they are said: card (13 to 19 digits), identity (PRC identity "
        "numbers, also cut short), phone",
    )
    patterns: tuple[str, ...] = Field(
        (),
        description="regular expressions of your own; what they match in the written text is masked. One "
        "that could take long on a sentence is refused",
    )

    hook: str = Field(
        "",
        description="a Python function of your own, `package.module:function`: it takes a text and gives the "
        "stretches (start, end) to mask",
    )

    @field_validator("patterns")
    @classmethod
    def _are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return patterns


class ProsodySettings(Section):
    """How F0, loudness, voice quality and pace are measured, and how fast a baseline is trusted."""

    f0_min_hz: float = Field(60.0, gt=0, description="lowest F0 looked for")
    f0_max_hz: float = Field(500.0, gt=0, description="highest F0 looked for")
    rate_window_s: float = Field(3.0, gt=0, description="own speech over which pace is measured")
    rate_long_window_s: float = Field(10.0, gt=0, description="own speech over which steady pace is measured")
    rate_min_s: float = Field(1.5, gt=0, description="own speech before pace is told")
    usual_rate_syl_s: float = Field(4.5, gt=0, description="pace of a party of whom nothing is known yet")
    usual_rate_prior_s: float = Field(6.0, ge=0, description="seconds of speech that this is worth")
    baseline_full_s: float = Field(20.0, gt=0, description="own speech after which a baseline counts in full")
    baseline_memory_s: float = Field(60.0, gt=1, description="own speech that a baseline remembers")
    learning_lag_s: float = Field(5.0, ge=0, description="own speech that is not learned yet, lest it be hot")
    known_voice_s: float = Field(
        6.0, ge=0, description="own speech that a voice known from earlier calls is worth at the most"
    )
    freeze_max_s: float = Field(
        60.0, ge=0, description="own hot speech after which a baseline slowly learns again"
    )


class TemperSettings(Section):
    """How evidence becomes the caller's temper.

    The thresholds are where a kind of evidence is half present; the weights are how much heat it adds when
    it is there in full. No kind counts without a second one.
    """

    model: str = Field(
        "trained",
        pattern="^(rules|trained)$",
        description="rules: published rules; trained: an ear for anger besides (research weights)",
    )
    weights: Path | None = Field(
        None,
        description="weights of an ear of your own, which `tingyin models train temper` wrote; for `trained`",
    )
    anger_low: float = Field(
        0.45, ge=0, le=1, description="probability of anger up to which the ear says none"
    )
    anger_high: float = Field(
        0.85, ge=0, le=1, description="probability of anger from which it is there in full"
    )
    voice_weight: float = Field(
        1.0, ge=0, le=1, description="heat of a voice that the trained ear calls angry"
    )
    arousal_weight: float = Field(
        0.25,
        ge=0,
        le=1,
        description="most that level, F0 and alpha add together where the trained ear rules anger out",
    )
    arousal_weight_max: float = Field(0.7, ge=0, le=1, description="and where it does not")
    doubt_low: float = Field(
        0.4, ge=0, le=1, description="probability of anger up to which the ear rules it out"
    )
    doubt_high: float = Field(0.9, ge=0, le=1, description="probability from which it does not at all")
    window_s: float = Field(4.0, gt=0, description="caller's speech that one judgement looks at")
    level_db: float = Field(6.0, gt=0, description="louder than usual")
    level_weight: float = Field(0.35, ge=0, le=1, description="heat of loudness")
    f0_st: float = Field(3.0, gt=0, description="higher than usual, in semitones")
    f0_weight: float = Field(0.4, ge=0, le=1, description="heat of a raised F0")
    alpha_db: float = Field(4.0, gt=0, description="alpha ratio above usual: a pressed voice")
    alpha_weight: float = Field(0.35, ge=0, le=1, description="heat of a pressed voice")
    rate_ratio: float = Field(1.25, gt=1, description="pace over the usual pace")
    rate_weight: float = Field(0.35, ge=0, le=1, description="heat of fast speech")
    interruptions: float = Field(2.0, gt=0, description="times that the caller cut in lately")
    interruption_weight: float = Field(0.3, ge=0, le=1, description="heat of cutting in")
    interruption_memory_s: float = Field(60.0, gt=0, description="how long cutting in speaks for heat")
    words_weight: float = Field(0.6, ge=0, le=1, description="heat of what the caller says")
    words_memory_s: float = Field(45.0, gt=0, description="how long words speak for heat")
    cause_weight: float = Field(
        0.5,
        ge=0,
        le=1,
        description="how far a refusal or a cut-in of the agent's makes anger of arousal, as words would",
    )
    cause_memory_s: float = Field(45.0, gt=0, description="how long such a cause counts")
    ease_weight: float = Field(
        0.6, ge=0, le=1, description="share of the heat that thanks and delight in full take away"
    )
    ease_memory_s: float = Field(15.0, gt=0, description="how long thanks and delight speak against heat")
    second_kind: float = Field(0.5, gt=0, le=1, description="strength of the second kind that lets all count")
    trust_confidence: float = Field(
        0.6, gt=0, le=1, description="confidence of a baseline that counts in full"
    )
    rise_s: float = Field(1.5, gt=0, description="caller's speech in which the score follows growing heat")
    fall_s: float = Field(1.5, gt=0, description="caller's speech in which it follows falling heat")
    calm_fade: float = Field(
        8.0, ge=1, description="times faster that words and cutting in fade while a hot caller speaks calmly"
    )
    silence_fall_s: float = Field(45.0, gt=0, description="call time in which the score fades in silence")
    raised_score: float = Field(0.45, gt=0, lt=1, description="score from which the temper is raised")
    hot_score: float = Field(0.6, gt=0, lt=1, description="score from which it is hot")
    hysteresis: float = Field(0.16, ge=0, lt=1, description="how far below these it must fall to leave")
    rise_dwell_s: float = Field(1.0, ge=0, description="caller's speech above a score before the state rises")
    fall_dwell_s: float = Field(1.0, ge=0, description="caller's speech below a score before the state falls")


class DetectorSettings(Section):
    """Thresholds of the alerts on behaviour. A level, F0 or pace is always against the party's own usual."""

    hot_after_s: float = Field(0.0, ge=0, description="how long the temper stays hot before the alert")
    hot_clear_s: float = Field(3.0, ge=0, description="how long it must not be hot before the alert clears")
    hot_quiet_s: float = Field(30.0, gt=0, description="a caller not heard for this long is not hot any more")
    hot_again_s: float = Field(
        20.0,
        ge=0,
        description="after the alert has cleared, heat is told again only if it is heard after this time",
    )

    min_confidence: float = Field(
        0.5, ge=0, le=1, description="how well own usual must be known before voice and pace are judged"
    )

    raised_level_db: float = Field(
        6.0, gt=0, description="level above own usual: about one step from a normal to a raised voice"
    )
    raised_alpha_db: float = Field(
        2.0, gt=0, description="alpha ratio above usual that shows vocal effort, which no gain knob can"
    )
    raised_f0_st: float = Field(2.5, gt=0, description="pitch (F0) above usual that shows vocal effort")
    raised_speech_s: float = Field(3.0, gt=0, description="speech that is judged: more than a shouted word")
    raised_clear_s: float = Field(6.0, gt=0, description="how long the voice is normal before it clears")
    raised_clear_db: float = Field(3.0, ge=0, description="level above usual that counts as normal again")

    pace_ratio: float = Field(1.25, gt=1, description="rate over own usual rate that is fast")
    slow_ratio: float = Field(0.7, gt=0, lt=1, description="rate over own usual rate that is slow")
    fast_syl_s: float = Field(
        5.4,
        gt=0,
        description="no pace below this is fast: 300 characters a minute, their short pauses left out",
    )
    slow_syl_s: float = Field(3.0, gt=0, description="no pace above this is slow")
    pace_speech_s: float = Field(
        15.0, gt=0, description="own speech over which pace is judged: a lively sentence is no pace"
    )
    pace_clear_share: float = Field(
        0.5, ge=0, lt=1, description="the share of the excess that must be gone before a pace alert clears"
    )

    pace_quiet_s: float = Field(20.0, gt=0, description="own silence that ends a pace alert")

    dead_air_cue_s: float = Field(8.0, gt=0, description="silence of both that earns the agent a cue")
    dead_air_alert_s: float = Field(20.0, gt=0, description="silence of both that a supervisor should know")
    dead_air_hold_s: float = Field(
        60.0, gt=0, description="silence allowed after the agent asked the caller to wait"
    )

    talk_share: float = Field(0.75, gt=0.5, lt=1, description="share of the talk that is much for the agent")
    talk_share_clear: float = Field(0.67, gt=0.5, lt=1, description="share below which the alert clears")
    talk_window_s: float = Field(180.0, gt=0, description="the stretch of the call over which it is judged")
    talk_speech_s: float = Field(
        90.0, gt=0, description="speech of both that is enough to judge: a first account is long"
    )

    interruptions: int = Field(2, ge=1, description="interruptions within the window that raise an alert")
    interruption_window_s: float = Field(60.0, gt=0, description="the window over which they count")
    long_overlap_s: float = Field(2.0, gt=0, description="a single overlap this long raises it too")
    interruption_clear_s: float = Field(
        20.0, gt=0, description="time without a further interruption before the alert clears"
    )

    yields: int = Field(2, ge=1, description="times within the window that the agent is cut off or gives up")
    yield_window_s: float = Field(60.0, gt=0, description="the window over which they count")
    long_turn_s: float = Field(
        45.0, gt=0, description="a caller's turn in which the agent tried to speak, and hardly did"
    )
    let_speak_s: float = Field(
        4.0,
        gt=0,
        description="agent's speech, not talked over, that clears it; under a long turn, talked over too",
    )


class CueSettings(Section):
    """When the agent's screen shows a line, and when it has been heeded."""

    least: Severity = Field(
        Severity.MEDIUM,
        description="rules less severe than this have no cue: they are told to the supervisor",
    )
    grace_s: float = Field(
        10.0,
        ge=0,
        description="how long the agent has to answer what the caller said unasked, before there is a cue; "
        "critical ones do not wait",
    )
    second_sign_s: float = Field(
        90.0,
        ge=0,
        le=3600,
        description="how long ago another rule's alert, medium or more severe and about other words, may lie "
        "to let the cue of a rule about words be shown; 0 shows it without",
    )
    between_s: float = Field(
        60.0, ge=0, description="rest between two cues, unless the next is severe (high) and more so"
    )
    topic_rest_s: float = Field(
        120.0, ge=0, description="rest between two cues on one topic, unless the next is critical"
    )
    rule_rest_s: float = Field(240.0, ge=0, description="rest between two cues of one rule")
    most: int = Field(
        2, ge=1, le=100, description="cues within `most_within_s`; beyond them only critical ones are shown"
    )
    most_within_s: float = Field(300.0, gt=0, description="the stretch in which cues are counted")
    stale_s: float = Field(6.0, gt=0, description="a cue that could not be shown within this time is dropped")
    listens_s: float = Field(2.0, gt=0, description="caller's speech, agent silent, that counts as listening")
    slow_ratio: float = Field(1.1, gt=0.5, description="pace over own usual that counts as slowed down")
    slow_s: float = Field(3.0, gt=0, description="speech at that pace that is enough")
    quiet_after: int = Field(
        2, ge=1, le=20, description="cues of one rule that the agent sends away before the rule is quiet"
    )
    quiet_s: float = Field(600.0, ge=0, description="how long it is quiet then, in this call")
    quiet_times: int = Field(
        3,
        ge=1,
        le=100,
        description="cues of one rule that an agent sends away, over calls, before it is quiet",
    )
    quiet_window_hours: float = Field(24.0, gt=0, description="the stretch in which these are counted")
    quiet_hours: float = Field(
        8.0, ge=0, description="how long the rule shows the agent no cue, from the last"
    )
    quiet_agents: int = Field(
        3, ge=2, le=1000, description="agents for whom a rule is quiet, from which it is so for everybody"
    )


class ReadingSettings(Section):
    """How the call is read: the caller's type and need, the phase, the counts."""

    memory_s: float = Field(
        240.0, gt=1, description="call time in which what speaks for a type or need fades to a third"
    )
    shown_score: float = Field(
        0.5, gt=0, lt=1, description="score from which a type or need is named, with how to meet it"
    )
    count_window_s: float = Field(
        120.0, gt=1, description="the stretch over which apologies and questions are counted"
    )
    apologies_max: int = Field(3, ge=1, description="apologies within it that are enough")
    questions_max: int = Field(8, ge=1, description="questions within it before it becomes an inquiry")
    long_account_s: float = Field(
        30.0, gt=0, description="complaint of a caller who asks for nothing that shows the need to vent"
    )


class RuleSettings(Section):
    """How a rule of the playbook that fires on and on is contained."""

    raises_max: int = Field(12, ge=1, le=60, description="times a rule may fire within the window")
    raises_window_s: float = Field(60.0, gt=0, description="the window over which that counts")
    muted_s: float = Field(300.0, gt=0, description="how long a rule that fires more often is not heard")


class CoreSettings(Section):
    """All that the pure core is told."""

    speech: SpeechSettings = SpeechSettings()
    timeline: TimelineSettings = TimelineSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    privacy: PrivacySettings = PrivacySettings()
    prosody: ProsodySettings = ProsodySettings()
    temper: TemperSettings = TemperSettings()
    detectors: DetectorSettings = DetectorSettings()
    cues: CueSettings = CueSettings()
    rules: RuleSettings = RuleSettings()
    reading: ReadingSettings = ReadingSettings()
