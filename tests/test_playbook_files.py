"""Playbook files: what is shipped, and how faults are told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from monitor.config import load_settings
from monitor.core.audio import Party
from monitor.core.playbook.model import DETECTOR_RULES
from monitor.errors import PlaybookError
from monitor.playbook_files import load_files, load_playbook
from monitor.resources import resource

GOOD = """[[rule]]
id = "one"
title = { zh = "一", en = "one" }
who = "agent"
severity = "high"
because = { zh = "因为{phrase}", en = "because {phrase}" }

[rule.phrases]
zh = ["没有权限"]
"""


def write(folder: Path, text: str, name: str = "book.toml") -> Path:
    """A playbook file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def fault(path: Path) -> PlaybookError:
    """The error that a file brings."""
    with pytest.raises(PlaybookError) as caught:
        load_files([path])
    return caught.value


def test_shipped_playbook_has_words_for_every_detector() -> None:
    book = load_playbook()
    assert all(rule in book for rule in DETECTOR_RULES)
    assert len(book) >= 40


def test_a_good_file(tmp_path: Path) -> None:
    book = load_files([write(tmp_path, GOOD)])
    assert book["one"].who is Party.AGENT
    assert book["one"].wording(Party.AGENT).title.en == "one"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("[[rule]\n", "playbook.unreadable", "line 1"),
        ("", "playbook.unreadable", "no [[rule]]"),
        ("rule = 3\n", "playbook.unreadable", "no [[rule]]"),
        ("[rules]\nx = 1\n", "playbook.unreadable", "'rules'"),
        (GOOD + 'zhh = ["a"]\n', "playbook.invalid", "line 10"),
        (GOOD.replace('"high"', '"worst"'), "playbook.invalid", "line 5"),
        (GOOD.replace('["没有权限"]', '["没有+权限"]'), "playbook.invalid", "line 9"),
        (GOOD.replace('["没有权限"]', '["(?:a{0,3}){0,3}b"]'), "playbook.invalid", "itself repeats"),
        (GOOD.replace('id = "one"', 'id = "One"'), "playbook.invalid", "line 2"),
        (GOOD.replace('who = "agent"\n', ""), "playbook.invalid", "who"),
        (GOOD.replace(', en = "one"', ""), "playbook.invalid", "title.en"),
        (GOOD + "\n" + GOOD, "playbook.duplicate", "line 12"),
        (
            GOOD + '[rule.cue]\ntext = { zh = "一二三四五六七八九十一二三四五六七八", en = "long" }\n',
            "playbook.invalid",
            "17",
        ),
        (
            GOOD + '[rule.cue]\ntext = { zh = "短", en = "short" }\nclears_when = "agent_says"\n',
            "playbook.invalid",
            "clearing_phrases",
        ),
    ],
)
def test_faults_name_the_place(tmp_path: Path, text: str, code: str, said: str) -> None:
    error = fault(write(tmp_path, text))
    assert error.code == code
    assert said in str(error)
    assert "book.toml" in str(error)


def test_line_of_the_second_rule(tmp_path: Path) -> None:
    second = GOOD.replace('"one"', '"two"').replace('"high"', '"worst"')
    error = fault(write(tmp_path, GOOD + "\n" + second))
    assert "line 15" in str(error) and "'two'" in str(error)


def test_duplicates_over_files(tmp_path: Path) -> None:
    paths = [write(tmp_path, GOOD, "a.toml"), write(tmp_path, GOOD, "b.toml")]
    with pytest.raises(PlaybookError, match=r"b\.toml.*a\.toml"):
        load_files(paths)


def test_missing_broken_and_huge_files(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.toml").code == "playbook.unreadable"
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert fault(binary).code == "playbook.unreadable"
    assert "bytes" in str(fault(write(tmp_path, "#" * 1_000_001, "huge.toml")))


def test_a_folder_without_the_detectors_words(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=r"\*\.toml"):
        load_playbook(tmp_path)
    write(tmp_path, GOOD)
    with pytest.raises(PlaybookError) as caught:
        load_playbook(tmp_path)
    assert caught.value.code == "playbook.missing"


def test_a_folder_of_ones_own_takes_the_place_of_the_shipped_rules(tmp_path: Path) -> None:
    """The setting `playbook.folder` names it, for `serve`, `demo`, `listen`, `replay` and `playbook list`."""
    for path in resource("playbooks").glob("*.toml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "manner.toml").unlink()
    settings = load_settings(overrides={"playbook": {"folder": str(tmp_path)}})
    book = load_playbook(settings.playbook.folder)
    assert "hot_temper" in book
    assert "rises_with_caller" not in book
    assert "rises_with_caller" in load_playbook(load_settings().playbook.folder)
    with pytest.raises(PlaybookError) as error:
        load_playbook(tmp_path / "nowhere")
    assert error.value.code == "playbook.unreadable"
