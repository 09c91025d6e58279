"""Drafts, versions and the files: what is saved is in force, and nothing is ever lost."""

from __future__ import annotations

import asyncio
import errno
import pickle
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Settings
from monitor.core.settings import CoreSettings
from monitor.errors import PlaybookError, StoreError, TuningError
from monitor.playbook_watch import load_whole, playbook_digest, tuned_playbook
from monitor.resources import resource
from monitor.tuning import office as office_module
from monitor.tuning.catalogue import thresholds
from monitor.tuning.office import TuningOffice
from monitor.tuning.overlay import RULES_FILE, SECTIONS, THRESHOLDS_FILE, Overlay, read_overlay
from monitor.tuning.words import WORDS

CORE = Settings().core
LOUDER = Overlay(thresholds={"detectors": {"raised_level_db": 4.5}})
OFF = Overlay(rules={"no_authority": {"is_on": False}})


@pytest.fixture
def office(tmp_path: Path) -> Iterator[TuningOffice]:
    opened = TuningOffice(tmp_path, None, CORE)
    yield opened
    opened.close()


values = st.recursive(
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), st.dictionaries(st.text(), values, min_size=1), max_size=3))
def test_what_is_written_is_read(rules: dict[str, dict[str, object]]) -> None:
    overlay = Overlay(rules=rules, thresholds=rules)
    assert read_overlay(overlay.rules_text(), overlay.thresholds_text()) == overlay


def test_every_threshold_has_words_in_both_languages() -> None:
    names = {
        f"{section}.{name}"
        for section in SECTIONS
        for name, field in type(getattr(CORE, section)).model_fields.items()
        if field.annotation in {int, float}
    }
    assert set(WORDS) == names
    for one in thresholds(CORE):
        assert one.label["zh"] != one.label["en"] and one.why["zh"] and one.why["en"]
        assert one.unit or one.name in {
            *(
                "min_confidence",
                "pace_ratio",
                "slow_ratio",
                "talk_share",
                "talk_share_clear",
                "interruptions",
            ),
            *("yields", "quiet_after", "raises_max", "shown_score", "apologies_max", "questions_max"),
            *("pace_clear_share", "fast_syl_s", "slow_syl_s"),
            *("most", "quiet_times", "quiet_agents", "quiet_window_hours", "quiet_hours"),
        }


def test_a_saved_draft_is_in_force_and_a_version(office: TuningOffice, tmp_path: Path) -> None:
    told: list[CoreSettings] = []
    office.follow(told.append)
    assert office.save(LOUDER, base=0, author="li", comment="quiet room") == 1
    assert told[-1].detectors.raised_level_db == 4.5
    assert office.save(Overlay(thresholds=LOUDER.thresholds, rules=OFF.rules), base=1, author="he") == 2
    assert not load_whole(resource("playbooks"), office.rules_file).book["no_authority"].is_on
    assert playbook_digest(None) != playbook_digest(None, office.rules_file)
    assert [(one.number, one.author, one.kind) for one in office.versions()] == [
        (2, "he", "saved"),
        (1, "li", "saved"),
    ]
    assert office.restore(1, base=2, author="li") == 3
    assert not office.rules_file.exists(), "nothing is tuned about rules any more"
    assert office.restore(0, base=3, author="li") == 4
    assert told[-1] == CORE
    assert [one.restores for one in office.versions()] == [0, 1, None, None]
    again = TuningOffice(tmp_path, None, CORE)
    assert again.state().version == 4
    again.close()


def test_who_saves_second_is_told_and_loses_nothing(office: TuningOffice) -> None:
    office.save(LOUDER, base=0, author="li")
    with pytest.raises(TuningError) as caught:
        office.save(OFF, base=0, author="he")
    assert caught.value.code == "tuning.conflict"
    assert office.state().tuned == LOUDER
    assert office.save(Overlay(thresholds=LOUDER.thresholds, rules=OFF.rules), base=1, author="he") == 2


def test_what_is_edited_by_hand_becomes_a_version(office: TuningOffice, tmp_path: Path) -> None:
    office.save(LOUDER, base=0, author="li")
    file = tmp_path / "tuning" / THRESHOLDS_FILE
    file.write_text("[cues]\nbetween_s = 20\n", encoding="utf-8")
    state = office.state()
    assert (state.version, state.fault) == (2, "")
    assert office.versions()[0].kind == "outside"
    assert office.core.cues.between_s == 20
    file.write_text("[cues]\nbetween_s = -20\n", encoding="utf-8")
    state = office.state()
    assert state.version == 2 and "cues.between_s" in state.fault
    assert office.core.cues.between_s == 20, "the last good one stays"
    file.write_text("[cues\n", encoding="utf-8")
    assert office.state().fault
    assert office.save(LOUDER, base=2, author="li") == 3
    assert office.state().fault == ""


def test_a_file_that_is_no_text_is_a_fault_and_stops_no_start(office: TuningOffice, tmp_path: Path) -> None:
    office.save(LOUDER, base=0, author="li")
    (tmp_path / "tuning" / THRESHOLDS_FILE).write_bytes(b"# \xff\n")
    office.look()
    state = office.state()
    assert (state.version, state.tuned) == (1, LOUDER) and "UTF-8" in state.fault
    assert office.core.detectors.raised_level_db == 4.5, "the last good one stays"


def test_what_a_mended_playbook_makes_sound_comes_into_force(tmp_path: Path) -> None:
    place = tmp_path / "playbook"
    shutil.copytree(resource("playbooks"), place)
    broken = place / "zz.toml"
    broken.write_text("[[rule]\n", encoding="utf-8")
    (tmp_path / "tuning").mkdir()
    (tmp_path / "tuning" / THRESHOLDS_FILE).write_text("[cues]\nbetween_s = 20\n", encoding="utf-8")
    with closing(TuningOffice(tmp_path, place, CORE)) as office:
        office.look()
        with pytest.raises(PlaybookError) as caught:
            office.state()
        assert "zz.toml" in caught.value.sentence and office.core == CORE
        broken.write_bytes(b"\xff")
        office.look()
        broken.unlink()
        office.look()
        assert (office.state().fault, office.core.cues.between_s) == ("", 20)


async def test_a_look_that_fails_does_not_end_the_watch(
    office: TuningOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        raise RuntimeError

    monkeypatch.setattr(office_module, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(office, "look", look)
    watching = asyncio.create_task(office.watch())
    while looks < 2:
        await asyncio.sleep(0.001)
        assert not watching.done()
    watching.cancel()


def test_a_version_that_the_disk_did_not_take_is_not_told_as_in_force(
    office: TuningOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def fails(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(Path, "write_text", fails)
        with pytest.raises(StoreError):
            office.save(LOUDER, base=0, author="li")
    state = office.state()
    assert (state.version, state.tuned, office.core) == (2, Overlay(), CORE)
    assert office.version(2) == Overlay(), "the latest version is what is in force"


@pytest.mark.parametrize("value", [None, [None]])
def test_what_no_file_can_hold_is_refused(office: TuningOffice, value: object) -> None:
    for work in (office.check, lambda tuned: office.save(tuned, base=0, author="li")):
        with pytest.raises(TuningError) as caught:
            work(Overlay(rules={"no_authority": {"severity": value}}))
        assert caught.value.code == "tuning.invalid"


def test_a_version_of_any_number_is_only_unknown(office: TuningOffice) -> None:
    with pytest.raises(TuningError) as caught:
        office.version(10**30)
    assert caught.value.code == "tuning.unknown_version"


@pytest.mark.parametrize(
    ("draft", "rule", "field"),
    [
        (Overlay(thresholds={"detectors": {"raised_level_db": -1}}), "", "detectors.raised_level_db"),
        (Overlay(thresholds={"detectors": {"nothing": 1}}), "", "detectors.nothing"),
        (Overlay(thresholds={"detectors": {"raised_level_db": True}}), "", "detectors.raised_level_db"),
        (Overlay(thresholds={"detectors": {"raised_level_db": "5"}}), "", "detectors.raised_level_db"),
        (Overlay(thresholds={"speech": {"min_silence_s": 1}}), "", "speech"),
        (Overlay(rules={"no_authority": {"severity": "deadly"}}), "no_authority", "severity"),
        (Overlay(rules={"no_authority": {"phrases": {"zh": ["(啊+)+"]}}}), "no_authority", "phrases.zh"),
        (Overlay(rules={"no_authority": {"is_on": "no"}}), "no_authority", "is_on"),
        (Overlay(rules={"no_authority": {"phrases": {"zh": [" "]}}}), "no_authority", "phrases.zh"),
        (Overlay(rules={"nobody": {"is_on": False}}), "nobody", ""),
    ],
)
def test_a_draft_that_is_not_sound_is_told_and_not_saved(
    office: TuningOffice, draft: Overlay, rule: str, field: str
) -> None:
    (fault,) = office.check(draft)
    assert (fault.level, fault.rule, fault.field) == ("error", rule, field), fault
    with pytest.raises(TuningError) as caught:
        office.save(draft, base=0, author="li")
    assert caught.value.code == "tuning.invalid"
    assert office.versions() == []


def test_doubts_are_told_of_what_the_draft_brings(office: TuningOffice) -> None:
    assert office.check(Overlay()) == []
    (doubt,) = office.check(Overlay(rules={"no_authority": {"phrases": {"zh": ["您好"]}}}))[:1]
    assert (doubt.rule, doubt.level) != ("", "")


def test_what_was_tuned_and_does_not_fit_any_more_does_not_stop_the_start(tmp_path: Path) -> None:
    file = tmp_path / RULES_FILE
    file.write_text("[tune.long_gone]\nis_on = false\n", encoding="utf-8")
    playbook, error = tuned_playbook(None, file)
    assert len(playbook.book) > 100 and error is not None and "long_gone" in error.sentence


def test_errors_cross_between_processes() -> None:
    error = PlaybookError("playbook.invalid", path=Path("a.toml"), line=3, rule="x", reason="y")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, again.sentence, str(again)) == (
        PlaybookError,
        error.code,
        error.sentence,
        str(error),
    )
