"""The sentences that judge the playbook's wordings: whole, and looked for as the product looks."""

from __future__ import annotations

from collections import Counter

from bench.wordings import LANGUAGES, UNREAD, Sentence, found_by_phrases, parties_of, read_sentences
from monitor.playbook_files import load_playbook

SENTENCES = read_sentences()
BOOK = load_playbook()


def test_each_writer_gave_each_row_as_many() -> None:
    counts = Counter((one.hand, one.row, one.language, one.is_it) for one in SENTENCES)
    rows = {one.row for one in SENTENCES}
    hands = {one.hand for one in SENTENCES}
    assert len(hands) == 6
    assert UNREAD in hands
    assert counts == Counter(
        {
            (hand, row, language, is_it): (6 if is_it else 3) // (3 if hand == UNREAD else 1)
            for hand in hands
            for row in rows
            for language in LANGUAGES
            for is_it in (True, False)
        }
    )


def test_no_sentence_of_the_unread_writer_stands_with_the_others() -> None:
    read = {one.text for one in SENTENCES if one.hand != UNREAD}
    assert not read & {one.text for one in SENTENCES if one.hand == UNREAD}


def test_every_row_is_in_the_playbook() -> None:
    assert {one.row for one in SENTENCES} <= parties_of(BOOK).keys()


def test_a_sentence_is_found_by_the_rows_of_its_party() -> None:
    sentences = [
        Sentence("test", "demands_leader", "en", True, "I want to speak to your manager."),
        Sentence("test", "demands_leader", "en", False, "The parcel is green."),
        Sentence("test", "comfort", "en", True, "I understand how upsetting that must be for you."),
    ]
    found = found_by_phrases(sentences, BOOK, ["demands_leader", "comfort"])
    assert found.tolist() == [[True, False], [False, False], [False, True]]
