"""What of a reading is told, and when."""

from __future__ import annotations

from itertools import pairwise

from monitor.core import events
from monitor.core.clock import BLOCK_SAMPLES, samples
from monitor.core.facts import TemperState
from monitor.core.reading.context import CallerType
from monitor.core.reading.scores import Proof
from monitor.core.reading.teller import ReadingTeller
from monitor.core.reading.texts import ReadingTexts, reason
from monitor.reading_files import load_reading_texts
from tests.core.reading.scripted import AGENT, CALLER, Conversation

TEXTS = load_reading_texts()


class Watched(Conversation):
    """A conversation whose reading is told."""

    def __init__(self, texts: ReadingTexts = TEXTS) -> None:
        super().__init__()
        self.told: list[events.Reading] = []
        self.teller = ReadingTeller(self.reader, texts, 0.5)

    def wait(self, length_s: float) -> None:
        end = self.now + samples(length_s)
        while self.now < end:
            super().wait(BLOCK_SAMPLES / samples(1.0))
            self.told.extend(
                event for event in self.teller.tick(self.now) if isinstance(event, events.Reading)
            )


def test_nothing_is_told_of_a_call_in_which_nothing_is_read() -> None:
    call = Watched()
    call.wait(30.0)
    assert call.told == []
    assert call.teller.finish(call.now) == []


def test_at_most_one_snapshot_a_second_and_none_without_change() -> None:
    call = Watched()
    call.say(AGENT, "您好，请问有什么可以帮您")
    call.say(CALLER, "我要投诉，我的快递还没收到，必须马上给我退款，叫你们领导来")
    call.say(AGENT, "非常抱歉，我今天下午给您回电")
    call.wait(6.0)
    times = [event.t_s for event in call.told]
    assert len(times) >= 4
    assert all(after - before >= 0.999 for before, after in pairwise(times))
    count = len(call.told)
    call.wait(8.0)
    assert len(call.told) == count
    call.wait(600.0)
    assert count < len(call.told) <= count + 40, "scores that fade are told in steps"


def test_a_snapshot_is_whole() -> None:
    call = Watched()
    call.say(CALLER, "我要投诉那个快递员，我要退款，凭什么不退，叫你们领导来，必须马上给我处理")
    call.say(AGENT, "非常抱歉，我今天下午给您回电，给您补二十元代金券")
    call.wait(5.0)
    last = call.told[-1]
    assert {leaning.name for leaning in last.types} == {"subjective", "commanding", "wavering", "irritable"}
    commanding = next(leaning for leaning in last.types if leaning.name == "commanding")
    assert commanding.is_named
    advice = TEXTS.type[CallerType.COMMANDING].meet
    assert advice is not None
    assert commanding.meet == advice.text
    assert any("凭什么" in proof.text.zh and "凭什么" in proof.text.en for proof in commanding.proofs)
    calm = next(leaning for leaning in last.types if leaning.name == "subjective")
    assert (calm.meet, calm.proofs) == (None, [])
    assert last.is_complaint
    assert {slot.slot for slot in last.slots} == {"about_whom", "demand"}
    assert [made.due for made in last.promises] == ["今天下午"]
    assert [made.number for made in last.concessions] == [1]
    assert {reason.kind for reason in last.risks} >= {"leader", "complaint"}
    assert events.decode(events.encode(last)) == last


def test_the_last_snapshot_comes_with_the_end() -> None:
    call = Watched()
    call.say(CALLER, "我要投诉")
    call.heat(0.9, TemperState.HOT)
    call.reader.finish(call.now)
    (last,) = call.teller.finish(call.now)
    assert isinstance(last, events.Reading)
    assert call.teller.finish(call.now) == []


def test_without_texts_things_have_their_plain_names() -> None:
    call = Watched(ReadingTexts())
    call.say(CALLER, "我要投诉，叫你们领导来，气死我了")
    call.wait(3.0)
    assert [leaning.title.en for leaning in call.told[-1].needs] == [
        "resolve",
        "respect",
        "compensation",
        "venting",
    ]
    assert all(leaning.meet is None for leaning in call.told[-1].needs)


def test_words_are_put_in_as_they_are() -> None:
    told = reason(Proof(code="said", at=0, weight=1.0, words="{0} {value} <b>"))
    assert told.zh == "说了“{0} {value} <b>”"


def test_every_reason_of_a_long_quarrel_has_its_sentence() -> None:
    call = Watched()
    for text in ["我要退款", "我跟你说" + "，真是气死我了" * 20, "给我换一个", "我要退款", "叫你们领导来"]:
        call.say(CALLER, text, gap_s=8.0)
        call.cut_in(CALLER)
        call.heat(0.8, TemperState.HOT)
        call.say(AGENT, "这个我们不能退", gap_s=1.0)
    call.wait(2.0)
    assert call.told
    for event in call.told:
        for leaning in (*event.types, *event.needs):
            assert all(proof.text.zh and proof.text.en for proof in leaning.proofs)
