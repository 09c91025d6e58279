"""Names of the thresholds that can be tuned, and in Chinese also what each is for; in English the settings
themselves say that."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str, str]] = {
    "detectors.hot_after_s": ("激动持续多久才提示", "Hot for", "情绪保持激动这么久之后才提示"),
    "detectors.hot_clear_s": ("平静多久才解除", "Calm before it clears", "不再激动这么久之后解除提示"),
    "detectors.hot_quiet_s": (
        "客户沉默多久不再算激动",
        "Silence that ends it",
        "客户这么久没有出声，就不再算激动",
    ),
    "detectors.min_confidence": (
        "基线可信度",
        "Trust in own usual",
        "对本人平时的声音了解到这个程度，才判断音量与语速",
    ),
    "detectors.raised_level_db": (
        "抬高嗓门：响度",
        "Louder by",
        "比本人平时响这么多：大约从正常说话到抬高嗓门",
    ),
    "detectors.raised_alpha_db": (
        "抬高嗓门：用力程度",
        "Pressed by",
        "声音用力的程度高出平时这么多，调音量旋钮做不到",
    ),
    "detectors.raised_f0_st": ("抬高嗓门：音高", "Higher by", "音高高出平时这么多，说明在用力"),
    "detectors.raised_speech_s": (
        "抬高嗓门：判断时长",
        "Speech that is judged",
        "按这么长的说话来判断，不只一声喊",
    ),
    "detectors.raised_clear_s": ("恢复正常多久才解除", "Normal before it clears", "声音正常这么久之后解除"),
    "detectors.raised_clear_db": ("多响算恢复正常", "Counts as normal", "高出平时不到这么多，就算恢复正常"),
    "detectors.pace_ratio": ("语速快：倍数", "Fast: times own usual", "达到本人平时语速的这么多倍算快"),
    "detectors.slow_ratio": ("语速慢：倍数", "Slow: times own usual", "低于本人平时语速的这个倍数算慢"),
    "detectors.fast_syl_s": (
        "语速快：下限",
        "Never fast below",
        "每秒不到这么多音节不算快（约每分钟三百字）",
    ),
    "detectors.slow_syl_s": ("语速慢：上限", "Never slow above", "每秒超过这么多音节不算慢"),
    "detectors.pace_speech_s": ("语速：判断时长", "Speech that is judged", "按本人这么长的说话来判断语速"),
    "detectors.pace_clear_share": (
        "语速：回落多少才解除",
        "Excess that must go",
        "超出的部分回落这个比例才解除",
    ),
    "detectors.pace_quiet_s": ("语速：沉默多久解除", "Silence that ends it", "本人沉默这么久，解除语速提示"),
    "detectors.dead_air_cue_s": ("冷场：提示坐席", "Silence: cue to the agent", "双方沉默这么久，提示坐席"),
    "detectors.dead_air_alert_s": ("冷场：告知主管", "Silence: alert", "双方沉默这么久，告知主管"),
    "detectors.dead_air_hold_s": (
        "冷场：请客户等待后",
        "Silence after a hold",
        "坐席请客户稍等之后，允许沉默这么久",
    ),
    "detectors.talk_share": ("说话占比", "Share of the talk", "一方说话占到这个比例，就算说得太多"),
    "detectors.talk_share_clear": ("说话占比：解除", "Share that clears it", "占比降到这个以下解除"),
    "detectors.talk_window_s": ("说话占比：时间窗", "Over", "按通话最近这么长来算占比"),
    "detectors.talk_speech_s": ("说话占比：最少说话", "Speech needed", "双方合计说了这么久才判断"),
    "detectors.interruptions": ("抢话次数", "Interruptions", "时间窗内打断这么多次就提示"),
    "detectors.interruption_window_s": ("抢话：时间窗", "Within", "在这么长时间内计数"),
    "detectors.long_overlap_s": ("抢话：单次时长", "A single overlap", "一次重叠说话这么久，也提示"),
    "detectors.interruption_clear_s": (
        "抢话：多久没有再犯才解除",
        "Quiet before it clears",
        "这么久没有再打断，解除",
    ),
    "detectors.yields": ("让话次数", "Times cut off", "时间窗内坐席被打断或放弃说话这么多次"),
    "detectors.yield_window_s": ("让话：时间窗", "Within", "在这么长时间内计数"),
    "detectors.long_turn_s": ("客户一口气说多久", "A caller's turn", "客户一口气说这么久，坐席没有接话"),
    "detectors.let_speak_s": (
        "坐席说多久算插上话",
        "Agent's say that clears it",
        "坐席不受打断地说这么久，解除",
    ),
    "cues.between_s": (
        "两条提示的间隔",
        "Rest between two cues",
        "两条提示之间至少隔这么久，除非下一条更严重",
    ),
    "cues.stale_s": ("提示的时效", "Too late after", "这么久没能显示的提示就不再显示"),
    "cues.listens_s": ("倾听多久算做到", "Counts as listening", "坐席不出声、客户说这么久，算做到了倾听"),
    "cues.slow_ratio": ("放慢到多少算做到", "Counts as slowed down", "语速回到本人平时的这个倍数，算放慢了"),
    "cues.slow_s": ("放慢多久算做到", "Speech at that pace", "以这个语速说这么久就够了"),
    "cues.quiet_after": (
        "关掉几次后静默",
        "Sent away before quiet",
        "坐席把同一规则的提示关掉这么多次，该规则就静默",
    ),
    "cues.quiet_s": ("静默多久", "Quiet for", "对这位坐席静默这么久"),
    "rules.raises_max": ("规则最多触发次数", "A rule may fire", "时间窗内触发更多次的规则会被暂停"),
    "rules.raises_window_s": ("触发次数：时间窗", "Within", "在这么长时间内计数"),
    "rules.muted_s": ("暂停多久", "Then not heard for", "触发过多的规则暂停这么久"),
    "reading.memory_s": (
        "判断的记忆时长",
        "Memory of types and needs",
        "客户类型与需要的依据经过这么久淡化到三分之一",
    ),
    "reading.shown_score": ("显示的分数", "Score that is shown", "类型或需要达到这个分数才显示，并给出应对"),
    "reading.count_window_s": ("道歉与提问：时间窗", "Counts are over", "在这么长时间内计数"),
    "reading.apologies_max": ("道歉次数上限", "Apologies that are enough", "时间窗内道歉这么多次就够了"),
    "reading.questions_max": (
        "提问次数上限",
        "Questions before it is an inquiry",
        "时间窗内问到这么多次就像盘问",
    ),
    "reading.long_account_s": (
        "诉说多久说明想倾诉",
        "Complaint that shows a need to vent",
        "客户抱怨这么久而没有提要求，说明想倾诉",
    ),
}
"""By `section.name`: the name in Chinese and in English, and the reason in Chinese."""
