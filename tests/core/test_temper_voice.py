"""The trained ear: features that no gain knob changes, weights that are checked, its own baseline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.core.audio import Party
from monitor.core.facts import ProsodyFrame, TemperState, VoiceTexture
from monitor.core.settings import TemperSettings
from monitor.core.temper import JoinedWitnesses, PublishedRules, TemperFeatures, TemperScorer, VoiceWeights
from monitor.core.temper.trained import VERSION, Leaning, TrainedEar, usual_voice
from monitor.core.temper.voice import FEATURE_NAMES, voice_features

SLOPE = FEATURE_NAMES.index("slope_db_octave")
F0 = FEATURE_NAMES.index("f0_p50_st")


def frame(
    index: int,
    f0_hz: float = 150.0,
    gain_db: float = 0.0,
    slope_db: float = -6.0,
    voiced: int = 8,
    seed: int = 0,
) -> ProsodyFrame:
    """A block whose spectrum falls by `slope_db` an octave."""
    rng = np.random.default_rng((seed, index))
    octaves = np.log2(np.linspace(350.0, 3300.0, 16) / 1000.0)
    bands = -30.0 + gain_db + slope_db * octaves + rng.normal(0.0, 3.0, (10, 16)) + rng.normal(0, 5, (10, 1))
    f0 = np.zeros(10, dtype=np.float32)
    f0[:voiced] = f0_hz * 2.0 ** (rng.normal(0.0, 1.0, voiced) / 12.0)
    return ProsodyFrame(
        party=Party.CALLER,
        at=1600 * (index + 1),
        f0_hz=f0_hz,
        f0_st=0.0,
        level_dbfs=-25.0 + gain_db,
        level_db=0.0,
        voicing=0.8,
        rate_syl_s=4.0,
        rate_ratio=1.0,
        alpha_db=-10.0,
        alpha_delta_db=0.0,
        confidence=1.0,
        texture=VoiceTexture(
            f0_hz=f0,
            voicing=(f0 > 0).astype(np.float32),
            bands_db=bands.astype(np.float32),
            harmonicity_db=np.where(f0 > 0, 12.0, 0.0).astype(np.float32),
        ),
    )


def frames(count: int = 30, **kind: float) -> list[ProsodyFrame]:
    return [frame(index, **kind) for index in range(count)]  # type: ignore[arg-type]


def weights(**coefficients: float) -> VoiceWeights:
    """Anger against calm, by the features named, in their own units."""
    row = np.array([coefficients.get(name, 0.0) for name in FEATURE_NAMES])
    known = voice_features(frames())
    assert known is not None
    return VoiceWeights.parse(
        {
            "version": VERSION,
            "calibration": [1.0, 0.0],
            "features": list(FEATURE_NAMES),
            "classes": ["anger", "calm"],
            "population": known.tolist(),
            "scale": [1.0] * len(row),
            "coefficients": [row.tolist(), [0.0] * len(row)],
            "intercepts": [-3.0, 0.0],
        }
    )


def features(**kind: float) -> TemperFeatures:
    usual = {
        "level_db": 0.0,
        "f0_st": 0.0,
        "alpha_delta_db": 0.0,
        "rate_ratio": 1.0,
        "interruptions": 0.0,
        "words": 0.0,
        "confidence": 1.0,
    }
    return TemperFeatures(at=0, **{**usual, **kind})


def test_pace_keeps_other_kinds_company_but_not_the_voice() -> None:
    judge = JoinedWitnesses(TemperSettings()).judge
    assert judge(features(anger=0.95, rate_ratio=1.6)).heat == 0.0
    assert judge(features(words=0.8, rate_ratio=1.6)).heat > 0.6
    raised = judge(features(anger=0.95, f0_st=2.5)).heat
    assert raised > 0.6
    assert judge(features(anger=0.95, f0_st=2.5, rate_ratio=1.6)).heat >= raised


def test_every_feature_has_its_name_and_is_finite() -> None:
    found = voice_features(frames())
    assert found is not None
    assert found.shape == (len(FEATURE_NAMES),)
    assert np.isfinite(found).all()
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES)
    assert found[F0] == pytest.approx(12 * np.log2(1.5), abs=0.3)
    assert found[SLOPE] == pytest.approx(-6.0, abs=0.5)


@pytest.mark.parametrize("gain_db", [-20.0, 12.0])
def test_a_gain_knob_changes_nothing(gain_db: float) -> None:
    one, other = voice_features(frames()), voice_features(frames(gain_db=gain_db))
    assert one is not None
    assert other == pytest.approx(one, abs=1e-3)


@pytest.mark.parametrize("few", [frames(10), frames(30, voiced=0), []], ids=["short", "unvoiced", "none"])
def test_too_little_is_no_evidence(few: list[ProsodyFrame]) -> None:
    assert voice_features(few) is None
    assert TrainedEar(weights()).judge(few, is_calm=True) is None


def test_digital_silence_between_words_is_finite() -> None:
    quiet = frames(30, gain_db=-90.0)
    found = voice_features(quiet)
    assert found is not None
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    "fault",
    [
        {"features": ["f0"]},
        {"version": VERSION + 1},
        {"calibration": [-1.0, 0.0]},
        {"by_language": {"zh": {"coefficients": [[0.0]], "intercepts": [0.0, 0.0], "calibration": [1, 0]}}},
        {"by_language": []},
        {"classes": ["joy", "calm"]},
        {"scale": [0.0] * len(FEATURE_NAMES)},
        {"intercepts": [0.0]},
        {"population": [float("nan")] * len(FEATURE_NAMES)},
        {"coefficients": None},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_weights_that_do_not_fit_are_refused(fault: dict[str, object]) -> None:
    good = {
        "version": VERSION,
        "calibration": [1.0, 0.0],
        "features": list(FEATURE_NAMES),
        "classes": ["anger", "calm"],
        "population": [0.0] * len(FEATURE_NAMES),
        "scale": [1.0] * len(FEATURE_NAMES),
        "coefficients": [[0.0] * len(FEATURE_NAMES)] * 2,
        "intercepts": [0.0, 0.0],
    }
    VoiceWeights.parse(good)
    with pytest.raises(ValueError, match="model"):
        VoiceWeights.parse({**good, **fault})
    with pytest.raises(ValueError, match="lacks"):
        VoiceWeights.parse({key: value for key, value in good.items() if key != "scale"})


def test_probabilities_add_up_however_far_off() -> None:
    ear = weights(slope_db_octave=2.0)
    far = np.stack([np.full(len(FEATURE_NAMES), value) for value in (-1e9, 0.0, 1e9)])
    assert ear.probabilities(far).sum(axis=1) == pytest.approx(1.0)
    assert list(np.diff(ear.anger(far)) >= 0) == [True, True]


def test_usual_voice_is_trusted_slowly() -> None:
    population, own = np.zeros(3), np.ones(3)
    assert usual_voice(population, own, 0.0) == pytest.approx(population)
    shares = [float(usual_voice(population, own, windows)[0]) for windows in (1.0, 4.0, 30.0)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.85


def test_a_voice_that_is_sharp_by_nature_becomes_its_own_usual() -> None:
    ear = TrainedEar(weights(slope_db_octave=1.5))
    heard = [ear.judge(frames(30, slope_db=-3.7, seed=step), is_calm=True) for step in range(80)]
    assert heard[0] is not None
    assert heard[-1] is not None
    assert heard[-1].anger < 0.3 < 0.5 < heard[0].anger


def test_heat_is_not_learned() -> None:
    ear = TrainedEar(weights(slope_db_octave=1.5))
    for step in range(40):
        ear.judge(frames(30, seed=step), is_calm=True)
    hot = [ear.judge(frames(30, slope_db=-2.0, seed=step), is_calm=False) for step in range(60)]
    assert min(found.anger for found in hot if found) > 0.7


def test_a_caller_of_whom_the_ear_is_sure_from_the_first_word_is_not_learned() -> None:
    ear = TrainedEar(weights(slope_db_octave=1.5))
    heard = [ear.judge(frames(30, slope_db=-2.0, seed=step), is_calm=True) for step in range(40)]
    assert min(found.anger for found in heard if found) > 0.7


def test_what_goes_on_without_end_is_how_the_caller_speaks() -> None:
    ear = TrainedEar(weights(slope_db_octave=1.5))
    heard = [ear.judge(frames(30, slope_db=-2.0, seed=step), is_calm=False) for step in range(240)]
    assert heard[60] is not None
    assert heard[-1] is not None
    assert heard[60].anger > 0.7
    assert heard[-1].anger < 0.3


def test_melody_and_colour_are_told_apart_and_add_up() -> None:
    ear = weights(slope_db_octave=1.5, f0_p50_st=0.5)
    off = np.zeros(len(FEATURE_NAMES))
    off[SLOPE], off[F0] = 2.0, 3.0
    heard = ear.hear(off)
    assert heard.colour == pytest.approx(3.0)
    assert heard.melody == pytest.approx(1.5)
    assert heard.anger == pytest.approx(float(ear.anger(off)))
    assert heard.anger == pytest.approx(1.0 / (1.0 + np.exp(3.0 - heard.colour - heard.melody)))


def test_an_ear_leans_as_the_language_does_where_it_is_known() -> None:
    ear = weights(slope_db_octave=1.5)
    other = Leaning(coefficients=-ear.coefficients, intercepts=ear.intercepts, calibration=(0.5, 0.0))
    ear = replace(ear, by_language={"zh": other})
    off = np.zeros(len(FEATURE_NAMES))
    off[SLOPE] = 4.0
    assert ear.of_language("zh").anger(off) < 0.5 < ear.of_language("en").anger(off)
    assert ear.of_language(None) is ear
    listener = TrainedEar(ear)
    sharp = frames(30, slope_db=-2.0)
    listener.expect("zh")
    in_mandarin = listener.judge(sharp, is_calm=True)
    listener.expect("en")
    elsewhere = listener.judge(sharp, is_calm=True)
    assert in_mandarin is not None
    assert elsewhere is not None
    assert in_mandarin.anger < 0.3 < elsewhere.anger


def test_joy_is_aroused_and_not_hot() -> None:
    """Loud, high, pressed: no more than raised without a voice that sounds angry, pace or words."""
    settings = TemperSettings()
    judge = JoinedWitnesses(settings).judge
    aroused = {"level_db": 12.0, "f0_st": 6.0, "alpha_delta_db": 6.0}
    assert judge(features(**aroused, anger=0.1)).heat < settings.hot_score
    assert judge(features(**aroused, anger=0.8)).heat > settings.hot_score
    assert judge(features(**aroused, anger=0.1, words=0.8)).heat > settings.hot_score
    assert judge(features(anger=0.99)).heat == 0.0, "one kind alone is no evidence"
    assert judge(features(level_db=30.0)).heat == 0.0


def test_where_the_line_clips_the_ear_has_to_be_surer() -> None:
    """As a real calm caller sounds who is recorded 12 dB louder than the recording holds."""
    settings = TemperSettings()
    judge = JoinedWitnesses(settings).judge
    calm = {"level_db": 0.0, "f0_st": 3.0, "alpha_delta_db": 2.0, "anger": 0.75}
    assert judge(features(**calm)).heat > settings.hot_score
    assert judge(features(**calm, clipping=0.5)).heat < settings.hot_score
    assert judge(features(**{**calm, "anger": 0.95}, clipping=1.0)).heat > settings.hot_score
    heats = [judge(features(**calm, clipping=share / 10)).heat for share in range(11)]
    assert heats == sorted(heats, reverse=True)


def test_a_raised_voice_after_a_refusal_or_a_complaint_is_not_raised_for_joy() -> None:
    settings = TemperSettings()
    judge = JoinedWitnesses(settings).judge
    aroused = {"level_db": 8.0, "f0_st": 4.0, "alpha_delta_db": 3.0, "anger": 0.1}
    plain, refused = judge(features(**aroused)), judge(features(**aroused, cause=1.0))
    assert plain.heat < refused.heat < settings.hot_score, "whoever weeps at a refusal is not hot"
    assert judge(features(**aroused, words=0.15)).heat < settings.hot_score
    assert judge(features(**aroused, words=0.15, cause=1.0)).heat > settings.hot_score
    assert judge(features(**aroused, words=0.4)).heat > settings.hot_score
    assert judge(features(cause=1.0)).heat == 0.0
    assert judge(features(level_db=30.0, cause=1.0)).heat == 0.0, "a cause is no second kind"
    assert "cause" in {item.feature for item in refused.evidence}


@pytest.mark.parametrize("model", [JoinedWitnesses, PublishedRules])
@pytest.mark.parametrize("none", [{"arousal_weight": 0.0}, {"level_weight": 0.0}])
def test_a_weight_of_nought_is_no_heat_and_no_crash(
    model: type[JoinedWitnesses | PublishedRules], none: dict[str, float]
) -> None:
    settings = TemperSettings().model_copy(update=none)
    judged = model(settings).judge(features(level_db=12.0, anger=0.1))
    assert judged.heat == 0.0
    assert {item.feature for item in judged.evidence} == {"level"}


def test_evidence_says_what_the_ear_heard() -> None:
    judgement = JoinedWitnesses(TemperSettings()).judge(features(f0_st=4.0, level_db=8.0, anger=0.83))
    told = {item.feature: (item.value, item.unit) for item in judgement.evidence}
    assert told["voice"] == (83.0, "%")
    assert told["f0"] == (4.0, "st")
    assert sum(item.contribution or 0.0 for item in judgement.evidence) == pytest.approx(1.0, abs=0.01)


def test_the_scorer_hears_with_the_ear() -> None:
    scorer = TemperScorer(TemperSettings(), voice=weights(slope_db_octave=1.5))
    calm = [scorer.push(frame(index)) for index in range(300)]
    assert {reading.state for reading in calm if reading} == {TemperState.CALM}
    told = [scorer.push(frame(300 + index, slope_db=-1.0)) for index in range(60)]
    last = next(reading for reading in reversed(told) if reading)
    assert last.score == 0.0, "the ear alone is one kind of evidence"
    assert any(item.feature == "voice" for reading in told if reading for item in reading.evidence)


def test_a_caller_hot_from_the_first_second_is_hot_where_melody_and_colour_agree() -> None:
    settings = TemperSettings()
    judge = JoinedWitnesses(settings).judge
    agreed = {"melody": 1.8, "colour": 2.0}
    assert judge(features(anger=0.93, confidence=0.0, **agreed)).heat > settings.hot_score
    told = {item.feature for item in judge(features(anger=0.93, confidence=0.0, **agreed)).evidence}
    assert told == {"voice", "melody_colour"}
    assert judge(features(anger=0.93, confidence=0.0, melody=4.0, colour=-0.5)).heat == 0.0, "joy moves too"
    assert judge(features(anger=0.93, confidence=0.0, melody=-0.5, colour=4.0)).heat == 0.0, "a sharp voice"
    assert judge(features(anger=0.4, confidence=0.0, **agreed)).heat == 0.0
    assert judge(features(anger=0.93, confidence=1.0, **agreed)).heat == 0.0, "a known voice needs more"


def test_an_ear_that_stays_sure_needs_no_company_before_the_voice_is_known() -> None:
    settings = TemperSettings()
    judge = JoinedWitnesses(settings).judge
    odd = {"melody": -0.5, "colour": 4.0, "anger": 0.93}
    judged = judge(features(**odd, lasting=2.2, confidence=0.0))
    assert judged.heat > settings.hot_score
    assert {item.feature for item in judged.evidence} == {"voice", "lasting"}
    assert judge(features(**odd, lasting=0.8, confidence=0.0)).heat == 0.0, "a word or two"
    assert judge(features(**{**odd, "anger": 0.4}, lasting=2.2, confidence=0.0)).heat == 0.0, "it was"
    assert judge(features(**odd, lasting=2.2, confidence=1.0)).heat == 0.0, "a known voice needs more"


def test_how_long_an_ear_is_sure_is_heard_over_two_seconds() -> None:
    listener = TrainedEar(weights(slope_db_octave=1.5))
    heard = [listener.judge(frames(30, slope_db=-2.0), is_calm=True) for _ in range(5)]
    assert [item.lasting for item in heard if item][:3] == [0.0, 0.0, 0.0]
    assert heard[4] is not None
    assert heard[4].lasting == pytest.approx(np.log(heard[4].anger / (1.0 - heard[4].anger)))


def test_a_caller_hot_from_the_first_second_is_hot_by_voice_and_words() -> None:
    """No baseline is known; the ear hears against the population, and what is said needs none."""
    settings = TemperSettings()
    judge = JoinedWitnesses(settings).judge
    aroused = {"level_db": 12.0, "f0_st": 6.0, "alpha_delta_db": 6.0, "confidence": 0.0}
    assert judge(features(**aroused, anger=0.75, words=0.7)).heat > settings.hot_score
    assert judge(features(**aroused, anger=0.75)).heat == 0.0, "what a baseline is needed for does not count"


@pytest.mark.parametrize("low", [0.05, 0.45, 0.93])
def test_any_thresholds_hold_where_the_line_clips(low: float) -> None:
    settings = TemperSettings(anger_low=low, anger_high=low + 0.02)
    judge = JoinedWitnesses(settings).judge
    heats = [judge(features(anger=odds / 20, level_db=12.0, clipping=1.0)).heat for odds in range(21)]
    assert heats == sorted(heats)
