"""The lines that a supervisor can pick, unless the settings give others."""

from __future__ import annotations

DEFAULT_TEMPLATES: dict[str, tuple[str, str]] = {
    "well_done": ("处理得很好，继续。", "You are doing well. Keep going."),
    "let_them_finish": ("先让客户把话说完。", "Let the caller finish first."),
    "slower": ("说慢一点，句子短一点。", "A little slower, in short sentences."),
    "apologise_once": ("道一次歉就够，接着说怎么解决。", "One apology is enough. Say what happens next."),
    "say_when": ("告诉客户具体什么时候有结果。", "Tell the caller when there will be a result."),
    "check_number": ("请再核对一遍单号。", "Check the order number once more."),
    "i_approve": ("补偿我批准，您可以答应。", "I approve the compensation. You may offer it."),
    "transfer": ("需要的话转给我。", "Put the call through to me if you need to."),
}
"""By id: Chinese, English."""
