"""A party's language: found, kept, and found again."""

from __future__ import annotations

from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.recognition import Hypothesis, HypothesisWord
from monitor.core.transcription.language import LanguageLock


def final(
    language: str,
    *,
    text: str = "我要退款",
    probability: float = 0.95,
    log_probability: float = -0.3,
    rejected: str | None = None,
) -> Hypothesis:
    return Hypothesis(
        request_id=1,
        party=Party.CALLER,
        utterance=0,
        span=Span(0, 16000),
        is_final=True,
        language=language,
        language_probability=probability,
        words=(HypothesisWord(span=Span(0, 16000), text=text, probability=0.9),) if not rejected else (),
        average_log_probability=log_probability,
        rejected=rejected,
    )


def after(*finals: Hypothesis) -> str | None:
    lock = LanguageLock(None)
    for hypothesis in finals:
        lock.on_final(hypothesis)
    return lock.language


def test_one_utterance_is_not_enough_and_two_are() -> None:
    assert after(final("zh")) is None
    assert after(final("zh"), final("zh")) == "zh"


def test_two_that_differ_lock_nothing() -> None:
    assert after(final("zh"), final("en"), final("zh")) is None


def test_doubtful_and_short_utterances_do_not_count() -> None:
    doubtful = final("zh", probability=0.6)
    poor = final("zh", log_probability=-1.1)
    short = final("zh", text="OK")
    assert after(doubtful, poor, short, final("zh")) is None


def test_bad_scores_open_the_lock() -> None:
    bad = final("zh", log_probability=-1.2)
    assert after(final("zh"), final("zh"), bad) == "zh"
    assert after(final("zh"), final("zh"), bad, bad) is None
    assert after(final("zh"), final("zh"), bad, final("zh"), bad) == "zh"


def test_a_party_that_switches_is_followed() -> None:
    refused = final("zh", rejected="low_probability")
    assert after(final("zh"), final("zh"), refused, refused, final("en"), final("en")) == "en"


def test_a_failure_of_the_machine_says_nothing_of_the_language() -> None:
    failure = final("zh", rejected="engine_failed")
    assert after(final("zh"), final("zh"), failure, failure, failure) == "zh"


def test_noise_says_nothing_of_the_language() -> None:
    noise = final("en", rejected="no_speech")
    assert after(final("zh"), noise, final("zh"), noise, noise) == "zh"


def test_a_given_language_stays_until_another_is_surely_heard() -> None:
    lock = LanguageLock("en")
    lock.on_final(final("en"))
    assert lock.is_sure
    for _ in range(3):
        lock.on_final(final("en", log_probability=-1.2))
    assert (lock.language, lock.unexpected, lock.is_sure) == ("en", None, False)
    lock.on_final(final("zh"))
    assert lock.language == "en"
    lock.on_final(final("zh"))
    assert (lock.language, lock.unexpected) == ("zh", "zh")


def test_a_wrong_lock_is_left_for_the_language_of_the_settings() -> None:
    lock = LanguageLock("en")
    for heard in ("zh", "zh"):
        lock.on_final(final(heard))
    lock.on_final(final("zh", log_probability=-1.2))
    lock.on_final(final("zh", rejected="low_probability"))
    assert (lock.language, lock.unexpected) == ("en", None)


def test_a_found_language_is_left_for_one_that_is_surely_heard() -> None:
    assert after(final("zh"), final("zh"), final("en")) == "zh"
    assert after(final("zh"), final("zh"), final("en"), final("en")) == "en"
    assert after(final("zh"), final("zh"), final("en"), final("zh"), final("en")) == "zh"


def test_one_confident_utterance_lets_its_language_be_expected() -> None:
    lock = LanguageLock(None)
    assert lock.expected is None
    lock.on_final(final("zh"))
    assert lock.language is None
    assert lock.expected == "zh"
    lock.on_final(final("en"))
    assert lock.language is None
    assert lock.expected == "en"
