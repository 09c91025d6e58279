"""Conversations as the shipped signals read them, in both languages, and lookalikes that mean nothing."""

from __future__ import annotations

import math

import pytest

from monitor.core.clock import samples
from monitor.core.facts import TemperState
from monitor.core.reading.context import CallerNeed, CallerType, ComplaintSlot, Note, RiskKind
from monitor.core.reading.reader import held
from tests.core.reading.scripted import AGENT, CALLER, Conversation

HELLO = {"zh": "您好，请问有什么可以帮您？", "en": "Hello, how can I help you?"}


def told(language: str, *caller: str) -> Conversation:
    """The agent's greeting, and then the caller's lines with short answers between them."""
    call = Conversation()
    call.say(AGENT, HELLO[language])
    for number, text in enumerate(caller):
        if number:
            call.say(AGENT, "好的" if language == "zh" else "Okay")
        call.say(CALLER, text)
    call.wait(2.0)
    return call


@pytest.mark.parametrize(
    ("language", "lines", "kind"),
    [
        ("zh", ["我寄的邮件都这么多天了还没收到，花那么多钱，我都快急死了，再也不用你们了"], "subjective"),
        (
            "en",
            ["I've been waiting for two weeks, this is taking too long, I need it by tomorrow, it's urgent"],
            "subjective",
        ),
        ("zh", ["凭什么不送给我本人，我要求你们马上送过来", "你们必须今天就给我送来，我不管"], "commanding"),
        (
            "en",
            ["You have to send it today", "I don't care what your policy is, fix it now, I demand an answer"],
            "commanding",
        ),
        ("zh", ["我要投诉，叫你们领导来，不然我找记者曝光", "你是不是有病，气死我了"], "irritable"),
        ("en", ["This is a formal complaint, I'll call my lawyer", "You are useless, shut up"], "irritable"),
        (
            "zh",
            [
                "我的东西坏了，给我换一个新的吧，还有上次那个也没修好",
                "算了还是不换了，把钱退给我，我要退款",
                "要不然就给我重新发一个，我又不想退了",
            ],
            "wavering",
        ),
        (
            "en",
            [
                "It's broken, I want a replacement for it please",
                "Actually no, I don't want that, just give me a refund instead",
                "On second thought I want to keep it, so send me a replacement after all",
            ],
            "wavering",
        ),
    ],
)
def test_a_manner_of_calling_is_named_with_the_words_that_show_it(
    language: str, lines: list[str], kind: str
) -> None:
    call = told(language, *lines)
    scores = call.context.types
    assert scores[CallerType(kind)] >= 0.5, {name.value: round(score, 2) for name, score in scores.items()}
    proofs = call.reader.type_proofs(CallerType(kind))
    assert all(proof.words and proof.words in " ".join(lines) for proof in proofs)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh", "你好，我想问一下你们几点下班，不着急的"),
        ("zh", "我没有要投诉的意思，就是想了解一下收费的标准"),
        ("zh", "麻烦你帮我查一下话费余额，谢谢"),
        ("zh", "我跟领导商量好了，下周二再来办理"),
        ("en", "Hi, I'd just like to know your opening hours, no rush"),
        ("en", "I don't want to complain, I only want to change my address"),
        ("en", "My manager asked me to confirm the appointment for Tuesday"),
    ],
)
def test_an_ordinary_enquiry_names_nobody(language: str, line: str) -> None:
    context = told(language, line).context
    assert max(context.types.values()) < 0.5
    assert context.risk < 0.25
    assert not context.promises
    assert not context.concessions


@pytest.mark.parametrize(
    ("language", "line", "need"),
    [
        ("zh", "你们到底什么时候能处理，帮我查一下，尽快给我解决", "resolve"),
        ("en", "When will it be fixed? Please sort this out as soon as possible", "resolve"),
        ("zh", "你们这是什么态度，一直在敷衍我，踢皮球", "respect"),
        ("en", "He was so rude to me, nobody takes me seriously, you keep passing me around", "respect"),
        ("zh", "造成的损失谁来承担，你们必须给我赔偿", "compensation"),
        ("en", "I want compensation for this, who is going to reimburse my costs?", "compensation"),
        ("zh", "气死我了，真是受够了，你们太差劲了", "venting"),
        ("en", "I'm fed up, this is ridiculous, it's an absolute disgrace", "venting"),
    ],
)
def test_a_need_is_named(language: str, line: str, need: str) -> None:
    context = told(language, line).context
    assert context.needs[CallerNeed(need)] >= 0.4
    assert max(context.needs, key=lambda kind: context.needs[kind]) is CallerNeed(need)


def test_a_long_complaint_without_a_wish_is_a_need_to_vent() -> None:
    call = told(
        "zh", "我跟你说啊，那天快递员把东西放在门口，后来就找不到了，丢了" + "，我心里真的很不好受" * 16
    )
    call.wait(1.0)
    assert call.context.needs[CallerNeed.VENTING] >= 0.45
    assert "long_account" in {proof.code for proof in call.reader.need_proofs(CallerNeed.VENTING)}


def test_heat_makes_irritable_and_is_explained() -> None:
    call = told("zh", "我想查一下我的订单")
    before = call.context.types[CallerType.IRRITABLE]
    call.heat(0.75, TemperState.HOT)
    call.cut_in(CALLER)
    call.wait(1.1)
    assert call.context.types[CallerType.IRRITABLE] > before + 0.5
    codes = {proof.code for proof in call.reader.type_proofs(CallerType.IRRITABLE)}
    assert codes == {"heat", "cuts_in"}
    assert RiskKind.HEAT in call.context.risk_reasons
    call.wait(300.0)
    assert call.context.types[CallerType.IRRITABLE] < 0.2, "heat that is over is no reason any more"


def test_an_agent_s_temper_is_no_evidence_of_anything() -> None:
    call = told("zh", "你好，我是你们的老客户")
    call.cut_in(AGENT)
    call.say(AGENT, "气死我了，我要投诉你，凭什么，我要退款")
    call.wait(2.0)
    assert max(call.context.types.values()) < 0.1
    assert not call.context.slots


def test_scores_fade_and_relief_takes_them_down_at_once() -> None:
    line = "我要投诉，我会找记者曝光你们，叫你们领导来"
    call = told("zh", line)
    risk = call.context.risk
    assert risk > 0.6
    call.say(AGENT, "我马上帮您处理")
    call.say(CALLER, "好吧，那就这样，谢谢你")
    call.wait(2.0)
    assert call.context.risk < risk * 0.8
    quiet = told("zh", line)
    quiet.wait(1200.0)
    assert quiet.context.risk < risk * 0.7
    assert quiet.context.types[CallerType.IRRITABLE] < 0.05


@pytest.mark.parametrize(
    ("language", "line", "kinds"),
    [
        ("zh", "叫你们领导来，我要打12315，还要找律师起诉你们", {"leader", "regulator", "lawyer"}),
        (
            "en",
            "I want to speak to your manager, and I'll go to the press and see you in court",
            {"leader", "media", "lawyer"},
        ),
        ("zh", "我要去消协，再也不用你们的服务了", {"consumer_body", "leaving"}),
    ],
)
def test_escalation_is_one_score_of_named_reasons(language: str, line: str, kinds: set[str]) -> None:
    call = told(language, line)
    found = {reason.kind.value for reason in call.reader.reasons}
    assert kinds <= found
    assert 0.5 <= call.context.risk < 1.0
    shares = [reason.share for reason in call.reader.reasons]
    assert shares == sorted(shares, reverse=True)
    assert math.isclose(1 - math.prod(1 - share for share in shares), call.context.risk)


def test_a_demand_made_again_and_refused_is_a_risk() -> None:
    call = told("zh", "我要退款，把钱退给我")
    assert RiskKind.REFUSED not in call.context.risk_reasons
    call.say(AGENT, "很抱歉，这个我们不能退")
    call.wait(2.0)
    assert RiskKind.REFUSED in call.context.risk_reasons
    call.wait(15.0)
    call.say(CALLER, "我就要退款，你给我退钱")
    call.wait(2.0)
    assert RiskKind.REPEATED_DEMAND in call.context.risk_reasons


def test_slots_tick_themselves_with_their_words() -> None:
    call = told(
        "zh",
        "上周我在你们网上买了一个水壶，后来快递员说放在门口了，结果到现在还没收到，我要求退款",
        "单号是EA123456789，我姓王，电话是13812345678",
        "我要投诉那个快递员",
    )
    slots = call.context.slots
    assert set(slots) == set(ComplaintSlot)
    assert slots[ComplaintSlot.NAME].words == "我姓王"
    assert slots[ComplaintSlot.CONTACT].words.endswith("78")
    assert "138" not in slots[ComplaintSlot.CONTACT].words, "a contact is known, not shown"
    assert "EA123456789" in slots[ComplaintSlot.ORDER_NUMBER].words
    assert "快递员" in slots[ComplaintSlot.ABOUT_WHOM].words


def test_slots_in_english() -> None:
    call = told(
        "en",
        "I ordered a kettle last week, your driver said he left it outside, it never came, I want a refund",
        "My name is Anna Bell, the order number is 4455667, my number is 555 123 4567",
    )
    slots = call.context.slots
    assert set(slots) == set(ComplaintSlot)
    assert "Anna" in slots[ComplaintSlot.NAME].words


@pytest.mark.parametrize("number", ["07700 900 655", "07700900655", "0851234567"])
def test_a_telephone_number_is_a_contact_however_it_is_written(number: str) -> None:
    assert ComplaintSlot.CONTACT in told("en", f"Well then, Alistair Finch, {number}").context.slots


def test_the_order_number_is_no_contact() -> None:
    slots = told("zh", "单号是1234567890123").context.slots
    assert set(slots) == {ComplaintSlot.ORDER_NUMBER}


def test_apologies_and_questions_are_counted_against_their_limits() -> None:
    call = told("zh", "我的快递还没收到")
    for _ in range(4):
        call.say(AGENT, "非常抱歉", gap_s=4.0)
    call.say(AGENT, "请问您的单号是多少", gap_s=3.0)
    call.wait(1.5)
    apologies = call.context.counts[Note.APOLOGY]
    assert (apologies.total, apologies.recent, apologies.limit, apologies.is_over) == (4, 4, 3, True)
    assert call.context.counts[Note.QUESTION].recent == 1
    call.wait(130.0)
    apologies = call.context.counts[Note.APOLOGY]
    assert (apologies.total, apologies.recent, apologies.is_over) == (4, 0, False)


def test_one_sentence_of_two_formulas_is_one_apology() -> None:
    call = told("zh", "我的快递还没收到")
    call.say(AGENT, "对不起，非常抱歉")
    call.wait(2.0)
    assert call.context.counts[Note.APOLOGY].total == 1


def test_ten_hours_stay_small_and_finite() -> None:
    call = told("zh", "我要投诉，我要退款，必须马上处理")
    lines = [
        (CALLER, "我要退款，凭什么不退，叫你们领导来"),
        (AGENT, "非常抱歉，我们会在三天内给您回复，给您补十元代金券"),
        (CALLER, "算了还是给我换一个，气死我了"),
    ]
    for number in range(150):
        call.say(*lines[number % len(lines)])
        call.heat((number % 10) / 10, TemperState.HOT if number % 2 else TemperState.CALM)
        call.cut_in(CALLER)
        call.now += samples(240.0)
        call.wait(0.2)
    context = call.context
    assert call.now > samples(36_000)
    scores = [*context.types.values(), *context.needs.values(), context.risk, *context.risk_reasons.values()]
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert len(context.promises) <= 40
    assert len(context.concessions) <= 20
    assert all(len(call.reader.type_proofs(kind)) <= 5 for kind in CallerType)


def test_a_score_that_fades_a_little_does_not_fall() -> None:
    assert held(0.50, 0.49) == 0.50
    assert held(0.50, 0.42) == 0.42
    assert held(0.50, 0.51) == 0.51
    assert held(0.05, 0.01) == 0.01
    call = told("zh", "凭什么不送给我本人，我要求你们马上送过来")
    first = call.context.types[CallerType.COMMANDING]
    call.wait(5.0)
    assert call.context.types[CallerType.COMMANDING] == first
    call.wait(200.0)
    assert call.context.types[CallerType.COMMANDING] < first - 0.1
