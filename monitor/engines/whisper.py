"""Whisper on CTranslate2, called for short stretches: encode, generate, align.

faster-whisper's own `transcribe` pads every stretch to 30 s. The encoder takes any length, and costs by it;
but short context makes the decoder loop, so every answer passes the guard (`monitor.engines.guard`), and one
that fails is looked at again with more context before it is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, Span
from monitor.core.recognition import Effort, Hypothesis, HypothesisWord, TranscriptionRequest
from monitor.core.transcription.text import is_han
from monitor.engines.guard import Draft, hums_heard, is_past_end, token_cap, verdict
from monitor.engines.lean import lean_files
from monitor.engines.machine import spare_cores, use_wide_vectors
from monitor.engines.whisper_looks import (
    FRAMES_MAX,
    Heard,
    Look,
    first_look,
    is_doubtful,
    likelier_after,
    look_from_before,
    next_look,
    wants_run_up,
)
from monitor.engines.whisper_words import Piece, spread_words, timed_words, to_pieces
from monitor.errors import ModelError

SIMPLIFIED_PROMPT = "以下是普通话的句子。"
"""Said before Mandarin, it turns most of Whisper's Traditional characters to Simplified ones."""

FRAME_SAMPLES = SAMPLE_RATE_HZ // 100
"""A mel frame is 10 ms."""

_BATCH_MAX = 4
_HINT_TOKENS_MAX = 100

_DOUBT_LANGUAGE_LOG_PROBABILITY = -0.4
"""A language that the party's last utterance bore out is doubted where an answer scores below this, as speech
in another language does: checking it costs as much as three words."""

_OVERRULING_PROBABILITY = 0.95
_OVERRULING_S = 1.5
"""How surely and how long another language must be heard to be taken instead of the one asked for."""
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10
"""The feature extractor mirrors 200 samples at the edges; and less than this holds no word."""


@dataclass(slots=True, kw_only=True)
class _Job:
    """One request on its way through the decoder."""

    request: TranscriptionRequest
    pcm: Pcm
    """The sound that is listened to: the request's, after its run-up where that is heard too."""
    features: npt.NDArray[np.float32]
    look: Look
    encoded: StorageView | None = None
    language: str = ""
    language_probability: float = 1.0
    tokens: list[int] = field(default_factory=list)
    token_probabilities: list[float] = field(default_factory=list)
    """Of greedy answers, one for each token; the aligner gives those of the others."""
    average_log_probability: float = 0.0
    no_speech_probability: float = 0.0
    is_language_checked: bool = False
    pieces: list[Piece] = field(default_factory=list)
    words: tuple[HypothesisWord, ...] = ()
    rejected: str | None = None
    alone: Heard | None = None
    """What a doubtful answer had heard that is sought again with the run-up."""

    @property
    def span(self) -> Span:
        """The span of `pcm`, as if the run-up lay right before the rest."""
        return Span(self.request.span.end - len(self.pcm), self.request.span.end)

    @property
    def length_s(self) -> float:
        """The length of the sound in seconds."""
        return len(self.pcm) / SAMPLE_RATE_HZ


class WhisperEngine:
    """A Whisper model in a folder, for requests from any thread.

    Args:
        folder: what `monitor.weights` gives: model.bin, config, tokenizer, vocabulary.
        device: auto, cpu or cuda.
        compute_type: ctranslate2's; auto means int8 on a CPU and float16 on a GPU.
        workers: decodings that may run side by side, each on one thread.
        languages: those to choose among where a request leaves the language open.
        is_whole: keeps also what no expected language is written with (`monitor.engines.lean`).

    Raises:
        ModelError: the folder does not hold a model that loads.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "auto",
        compute_type: str = "auto",
        workers: int = 2,
        languages: Sequence[str] = ("zh", "en"),
        is_whole: bool = False,
    ) -> None:
        spare_cores()
        use_wide_vectors()
        try:
            self._whisper = WhisperModel(
                str(folder),
                files=None if is_whole else lean_files(folder, languages),
                device=device,
                compute_type=_compute_type(device, compute_type),
                cpu_threads=1,
                num_workers=max(1, workers),
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError("model.unloadable", path=folder, reason=error) from error
        self._model: Any = self._whisper.model
        self._is_multilingual = bool(self._model.is_multilingual)
        self._languages = tuple(languages)
        self._tokenizers: dict[str, Tokenizer] = {}
        self._lock = Lock()
        self.guards: Counter[str] = Counter()
        """How often each rule of the guard fired, and how often an answer was refused for good."""

    @property
    def whisper(self) -> WhisperModel:
        """The model itself, for benches that align truths with it."""
        return self._whisper

    @property
    def known_languages(self) -> frozenset[str]:
        """Codes of the languages that the model can be asked for."""
        return frozenset(self._whisper.supported_languages)

    def start_tokens(self, language: str) -> list[int]:
        """What every answer in this language begins with."""
        tokenizer = self._tokenizer(language)
        return [*tokenizer.sot_sequence, tokenizer.no_timestamps]

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        """One hypothesis for each request. Batched requests differ from single ones by rounding only.

        The more `effort`, the more context, and the wider the search for finals; partials are always greedy.
        A refused answer has no words, and `rejected` names the guard's rule.
        """
        jobs = [self._job(request, effort=effort) for request in requests]
        self._run([job for job in jobs if job.rejected is None])
        return [_hypothesis(job) for job in jobs]

    # --- from sound to tokens --------------------------------------------------------------------------

    def _job(self, request: TranscriptionRequest, *, effort: Effort) -> _Job:
        if len(request.pcm) < _SHORTEST_SAMPLES:
            with self._lock:
                self.guards["too_short"] += 1
            features = np.zeros((1, 0), dtype=np.float32)
            look = Look(effort=effort, frames=0, beam=1, block=0)
            return _Job(request=request, pcm=request.pcm, features=features, look=look, rejected="too_short")
        features = self._features(request.pcm)
        return _Job(
            request=request,
            pcm=request.pcm,
            features=features,
            look=first_look(features.shape[1], is_final=request.is_final, effort=effort),
        )

    def _features(self, pcm: Pcm) -> npt.NDArray[np.float32]:
        """The log mel spectrogram, (bands, frames), of at most 30 s."""
        return np.asarray(
            self._whisper.feature_extractor(pcm[: FRAMES_MAX * FRAME_SAMPLES - FRAME_SAMPLES]),
            dtype=np.float32,
        )

    def _run(self, jobs: Sequence[_Job]) -> None:
        """Decodes the jobs, and those that the guard stops again, as long as there is more to be tried."""
        while jobs:
            for job in jobs:
                self._encode(job)
            for group in _groups(jobs, key=self._batch_key):
                self._generate(group)
            changed = [job for job in jobs if self._is_in_another_language(job)]
            for group in _groups(changed, key=self._batch_key):
                self._generate(group)
            for group in _groups(jobs, key=lambda job: (job.look.frames, job.language)):
                self._time_words(group)
            for job in jobs:
                if job.alone is not None:
                    _choose(job, job.alone)
            jobs = [job for job in jobs if self._needs_another_look(job)]

    def _encode(self, job: _Job) -> None:
        """Encodes one stretch (batches gain nothing here) and finds its language where it is open."""
        padded = np.zeros((1, job.features.shape[0], job.look.frames), dtype=np.float32)
        width = min(job.look.frames, job.features.shape[1])
        padded[0, :, :width] = job.features[:, :width]
        job.encoded = self._model.encode(StorageView.from_array(padded), to_cpu=self._model.device == "cuda")
        if not self._is_multilingual:
            job.language = "en"
        elif job.request.language is None:
            job.language, job.language_probability = self._detect(job.encoded)
        elif not job.language:
            job.language = job.request.language
            if not job.request.is_language_sure:
                self._check_language(job)

    def _is_in_another_language(self, job: _Job) -> bool:
        """Where the language was taken on trust and the answer makes one doubt it: whether it is another."""
        is_poor = (
            job.rejected is not None
            or job.average_log_probability < _DOUBT_LANGUAGE_LOG_PROBABILITY
            or _is_written_otherwise("".join(piece.text for piece in job.pieces), job.language)
        )
        if job.is_language_checked or not (
            self._is_multilingual and job.request.is_language_sure and is_poor
        ):
            return False
        before = job.language
        self._check_language(job)
        return job.language != before

    def _check_language(self, job: _Job) -> None:
        """Keeps the language that was asked for, unless another of the expected ones is surely heard."""
        job.is_language_checked = True
        asked = job.language
        if not job.request.is_language_open or asked not in self._languages:
            return
        heard, share = self._detect(job.encoded)
        job.language_probability = share if heard == asked else 1.0 - share
        if heard != asked and share >= _OVERRULING_PROBABILITY and job.length_s >= _OVERRULING_S:
            job.language, job.language_probability = heard, share
            with self._lock:
                self.guards["other_language"] += 1

    def _detect(self, encoded: StorageView) -> tuple[str, float]:
        """The likeliest of the expected languages, and its probability among them."""
        found = {code.strip("<|>"): p for code, p in self._model.detect_language(encoded)[0]}
        shares = {language: float(found.get(language, 0.0)) for language in self._languages}
        best = max(shares, key=lambda language: shares[language])
        return best, shares[best] / (sum(shares.values()) or 1.0)

    def _batch_key(self, job: _Job) -> tuple[int, int, int, int, bool]:
        # In one batch, the frames and the place of the start token must be the same for all.
        prompt = self._prompt(job)
        return (job.look.frames, len(prompt), job.look.beam, job.look.block, job.request.is_final)

    def _generate(self, jobs: Sequence[_Job]) -> None:
        prompts = [self._prompt(job) for job in jobs]
        cap = max(token_cap(job.length_s) for job in jobs)
        results = self._model.generate(
            _stack(jobs),
            prompts,
            beam_size=jobs[0].look.beam,
            no_repeat_ngram_size=jobs[0].look.block,
            # ctranslate2 generates up to the lesser of half of this and what the prompt leaves of it.
            max_length=max(2 * cap, cap + len(prompts[0])),
            return_scores=True,
            return_no_speech_prob=True,
            return_logits_vocab=jobs[0].look.beam == 1,
        )
        for job, result in zip(jobs, results, strict=True):
            tokenizer = self._tokenizer(job.language)
            job.tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
            count = len(result.sequences_ids[0])
            job.average_log_probability = result.scores[0] * count / (count + 1)
            job.no_speech_probability = result.no_speech_prob
            job.pieces = to_pieces(job.tokens, tokenizer.decode)
            job.token_probabilities = []
            if job.look.beam == 1:
                job.token_probabilities = token_probabilities(job.tokens, result.logits[0])
            self._judge(job, tokenizer)

    def _judge(self, job: _Job, tokenizer: Tokenizer) -> None:
        """Asks the guard; a hum that was written again and again is one hum."""
        text = "".join(piece.text for piece in job.pieces)
        hum = hums_heard(text, job.length_s)
        if hum is not None:
            with self._lock:
                self.guards["hums"] += 1
            text = hum
            job.tokens = tokenizer.encode(hum)
            job.pieces = to_pieces(job.tokens, tokenizer.decode)
            job.token_probabilities = job.token_probabilities[: len(job.tokens)]
        draft = Draft(
            text=text,
            tokens=len(job.tokens),
            length_s=job.length_s,
            average_log_probability=job.average_log_probability,
            no_speech_probability=job.no_speech_probability,
            hint=job.request.hint,
            is_last_look=job.look.frames >= FRAMES_MAX,
        )
        job.rejected = verdict(draft)

    def _time_words(self, jobs: Sequence[_Job]) -> None:
        """Gives the words their times: finals by the model's attention, partials by a rough share."""
        for job in jobs:
            job.words = ()
            if job.rejected is not None or not job.pieces:
                continue
            if not job.request.is_final:
                job.words = spread_words(job.pieces, job.token_probabilities, job.span, job.pcm)
                continue
            tokenizer = self._tokenizer(job.language)
            frames = min(job.features.shape[1], job.look.frames)
            (alignment,) = self._model.align(job.encoded, tokenizer.sot_sequence, [job.tokens], frames)
            job.words = timed_words(job.pieces, alignment, job.span, job.pcm)
            if is_past_end([word.span.length_s for word in job.words]):
                job.rejected, job.words = "past_end", ()

    def _needs_another_look(self, job: _Job) -> bool:
        """Counts what the guard found; where a final can be tried with more context, prepares that."""
        if job.look.has_run_up:
            return False
        request, score, length = job.request, job.average_log_probability, job.features.shape[1]
        is_answer = request.is_final and job.rejected is None
        with_run_up = is_answer and request.run_up is not None and wants_run_up(job.look, score)
        is_doubted = with_run_up or (is_answer and is_doubtful(job.look, score, length))
        if job.rejected is None and not is_doubted:
            return False
        following: Look | None = None
        if with_run_up:
            job.alone = Heard(job.words, score)
            job.pcm = np.concatenate([request.run_up, request.pcm])
            job.features = self._features(job.pcm)
            following = look_from_before(job.look, job.features.shape[1])
        elif request.is_final:
            following = next_look(job.look, job.rejected, length)
        with self._lock:
            self.guards[job.rejected or "second_look"] += 1
            if job.rejected is not None and following is None:
                self.guards["refused"] += 1
        job.look = following or job.look
        return following is not None

    # --- prompts -----------------------------------------------------------------------------------------

    def _tokenizer(self, language: str) -> Tokenizer:
        with self._lock:
            if language not in self._tokenizers:
                self._tokenizers[language] = Tokenizer(
                    self._whisper.hf_tokenizer, self._is_multilingual, task="transcribe", language=language
                )
            return self._tokenizers[language]

    def _prompt(self, job: _Job) -> list[int]:
        tokenizer = self._tokenizer(job.language)
        said = (SIMPLIFIED_PROMPT if job.language == "zh" else "") + job.request.hint
        start = self.start_tokens(job.language)
        if not said:
            return start
        return [tokenizer.sot_prev, *tokenizer.encode(said)[:_HINT_TOKENS_MAX], *start]


def _is_written_otherwise(text: str, language: str) -> bool:
    """Whether a text is not in its language's letters: English asked for as Mandarin comes as English."""
    han = sum(is_han(character) for character in text)
    letters = sum(character.isalpha() for character in text) - han
    return letters > han if language == "zh" else language == "en" and han > 0


def _choose(job: _Job, alone: Heard) -> None:
    """Of what was heard alone and with the sound before, the likelier. The guard judges that sound too, so
    what it stops there says nothing of what was heard alone."""
    joined = Heard(() if job.rejected else job.words, job.average_log_probability)
    heard = likelier_after(job.request.span.start, alone, joined)
    job.words, job.average_log_probability, job.rejected = heard.words, heard.score, None


def _groups(jobs: Sequence[_Job], key: Callable[[_Job], Any]) -> Iterator[list[_Job]]:
    """The jobs by `key`, in lots of at most four: more gain nothing."""
    found: dict[Any, list[_Job]] = {}
    for job in jobs:
        found.setdefault(key(job), []).append(job)
    for group in found.values():
        for at in range(0, len(group), _BATCH_MAX):
            yield group[at : at + _BATCH_MAX]


def _stack(jobs: Sequence[_Job]) -> StorageView:
    if len(jobs) == 1:
        return jobs[0].encoded
    return StorageView.from_array(np.concatenate([np.array(job.encoded) for job in jobs]))


def token_probabilities(tokens: Sequence[int], logits: Sequence[StorageView]) -> list[float]:
    """How probable each token was among all that could stand in its place (softmax of its step's logits)."""
    found = []
    for token, step in zip(tokens, logits, strict=False):
        values = np.asarray(step, dtype=np.float32).ravel()
        top = float(values.max())
        found.append(float(np.exp(values[token] - top) / np.exp(values - top).sum()))
    return found


def _compute_type(device: str, compute_type: str) -> str:
    if compute_type != "auto":
        return compute_type
    return "int8" if device == "cpu" else "default" if device == "cuda" else "auto"


def _hypothesis(job: _Job) -> Hypothesis:
    request = job.request
    return Hypothesis(
        request_id=request.id,
        party=request.party,
        utterance=request.utterance,
        span=request.span,
        is_final=request.is_final,
        language=job.language,
        language_probability=round(job.language_probability, 4),
        words=() if job.rejected else job.words,
        average_log_probability=round(job.average_log_probability, 4),
        rejected=job.rejected,
    )
