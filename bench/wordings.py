"""How many wordings of the same thing the playbook's phrases find, sentence by sentence.

`bench/sentences` holds 12,480 sentences by six writers who had seen neither the phrases nor a labelled
conversation (the sixth had written some, and knew titles and reasons of rules), only each row's name and a
line of meaning: for 130 signals and rules, in both languages, six that do what the row means and three that
only look so; of the sixth, two and one. The fifth writer's are longer, and hold other matters; the sixth's
are in the words of those whom textbooks leave out: curt, old, wordy, regional, in a language not their
first. The first five may be read to write patterns from. Nobody who writes one reads the sixth.

A sentence counts as found where its own row's phrases match it. What other rows of the same party say to it
is an upper bound of what is false: many sentences rightly are more than one thing. The reference, in the same
run, is the plainest learner of texts: pairs and triples of characters weighted by rarity, and ridge
regression, taught by the other writers; each row's threshold is where one of a hundred of other rows'
sentences passes.

    python -m bench.wordings [--playbook FOLDER] [--weakest N]
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_ridge import KernelRidge

from bench.common import TOP, describe_machine
from monitor.core.audio import Party
from monitor.core.playbook.listener import phrases_of
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.normalise import normalise
from monitor.playbook_files import load_playbook

SENTENCES = TOP / "bench" / "sentences"
UNREAD = "hand6"
"""The writer whose sentences nobody reads to write a pattern from."""
LONG = "hand5"
"""The writer of whole utterances."""
LANGUAGES = ("zh", "en")
FALSE_SHARE = 0.01
"""Of other rows' sentences, what the reference lets through."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, by whom, and whether it is what its row means."""

    hand: str
    row: str
    language: str
    is_it: bool
    text: str


def read_sentences(folder: Path = SENTENCES) -> list[Sentence]:
    """Every writer's sentences."""
    out = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            out += [
                Sentence(path.stem, line["id"], line["language"], line["is_it"] == "1", line["sentence"])
                for line in csv.DictReader(file)
            ]
    return out


def parties_of(book: RuleBook) -> dict[str, Party]:
    """Who says what a row listens for."""
    return {row.id: row.who for row in (*book, *book.signals.values()) if isinstance(row.who, Party)}


def found_by_phrases(sentences: Sequence[Sentence], book: RuleBook, rows: Sequence[str]) -> Flags:
    """Which rows' phrases match which sentence of their party: sentences x rows."""
    phrases = {party: phrases_of(book, party) for party in Party}
    parties, places = parties_of(book), {row: place for place, row in enumerate(rows)}
    found = np.zeros((len(sentences), len(rows)), bool)
    for number, sentence in enumerate(sentences):
        for hit in phrases[parties[sentence.row]].search(normalise([sentence.text]).text, 0):
            if hit.is_complete and hit.rule in places:
                found[number, places[hit.rule]] = True
    return found


def found_by_learner(sentences: Sequence[Sentence], rows: Sequence[str], rivals: Flags) -> Flags:
    """The same by the reference; `rivals` are the rows of each sentence's party. One language at a time."""
    found = np.zeros((len(sentences), len(rows)), bool)
    hands = np.array([sentence.hand for sentence in sentences])
    own = np.array([rows.index(sentence.row) for sentence in sentences])
    wanted = -np.ones((len(sentences), len(rows)))
    wanted[np.arange(len(sentences)), own] = [1.0 if sentence.is_it else -1.0 for sentence in sentences]
    texts = np.array([normalise([sentence.text]).text for sentence in sentences])
    for hand in np.unique(hands):
        told, asked = hands != hand, hands == hand
        counted = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True)
        teach = counted.fit_transform(texts[told])
        learner: Any = KernelRidge(alpha=1.0, kernel="precomputed").fit(
            (teach @ teach.T).toarray(), wanted[told]
        )
        scores = learner.predict((counted.transform(texts[asked]) @ teach.T).toarray())
        for row in range(len(rows)):
            others = rivals[asked, row] & (own[asked] != row)
            if others.any():
                least = np.quantile(scores[others, row], 1 - FALSE_SHARE)
                found[asked, row] = scores[:, row] > least
    return found & rivals


def show(title: str, sentences: Sequence[Sentence], rows: Sequence[str], found: Flags, rivals: Flags) -> None:
    """Prints what was found of one language."""
    own = np.array([rows.index(sentence.row) for sentence in sentences])
    is_it = np.array([sentence.is_it for sentence in sentences])
    hands = np.array([sentence.hand for sentence in sentences])
    is_unread, is_long = hands == UNREAD, hands == LONG
    hits = found[np.arange(len(sentences)), own]
    others = rivals.copy()
    others[np.arange(len(sentences)), own] = False
    print(
        f"  {title:<28} found {hits[is_it & ~is_long & ~is_unread].mean():.3f} of sentences, "
        f"{hits[is_it & is_long].mean():.3f} of whole utterances, "
        f"{hits[is_it & is_unread].mean():.3f} of the writer whom nobody reads; "
        f"near misses flagged {hits[~is_it].mean():.3f} ({hits[~is_it & is_unread].mean():.3f}), "
        f"other rows' {found[others].mean():.4f}"
    )


def weakest(sentences: Sequence[Sentence], rows: Sequence[str], found: Flags, count: int) -> None:
    """Prints the rows whose phrases find least of what may be read."""
    shares: dict[str, list[bool]] = defaultdict(list)
    for number, sentence in enumerate(sentences):
        if sentence.is_it and sentence.hand != UNREAD:
            shares[sentence.row].append(bool(found[number, rows.index(sentence.row)]))
    ordered = sorted((float(np.mean(hits)), row) for row, hits in shares.items())
    print("  found least: " + ", ".join(f"{row} {share:.2f}" for share, row in ordered[:count]))


def main() -> int:
    """Reads, looks and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--playbook", type=Path, help="a folder of rules; the shipped ones without")
    parser.add_argument("--weakest", type=int, default=12, help="rows that are named, least found first")
    arguments = parser.parse_args()
    print(describe_machine(), flush=True)
    book = load_playbook(arguments.playbook)
    parties = parties_of(book)
    everything = [sentence for sentence in read_sentences() if sentence.row in parties]
    rows = sorted({sentence.row for sentence in everything})
    print(f"{len(everything)} sentences for {len(rows)} rows")
    for language in LANGUAGES:
        sentences = [sentence for sentence in everything if sentence.language == language]
        rivals = np.array(
            [[parties[row] is parties[sentence.row] for row in rows] for sentence in sentences], bool
        )
        print(language)
        phrases = found_by_phrases(sentences, book, rows)
        show("the playbook's phrases", sentences, rows, phrases, rivals)
        show(
            "learner, one writer left out", sentences, rows, found_by_learner(sentences, rows, rivals), rivals
        )
        weakest(sentences, rows, phrases, arguments.weakest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
