/** The invented calls. The words are the project's own. */
import { parcelReadings } from "./readings";
import type { Judged, Line, Script } from "./scenario";

const a = (start: number, end: number, text: string, isBackchannel = false): Line => ({
  party: "agent",
  start,
  end,
  text,
  isBackchannel,
});
const c = (start: number, end: number, text: string, heat = 0, isBackchannel = false): Line => ({
  party: "caller",
  start,
  end,
  text,
  heat,
  isBackchannel,
});

const hotTemper = (raised: number, cleared: number | null): Judged => ({
  rule: "hot_temper",
  severity: "high",
  party: "caller",
  about: [raised - 3.5, raised],
  raised,
  cleared,
  title: ["客户情绪激烈", "Caller is heated"],
  because: [
    "客户比自己平常响 7.8 dB、高 4.9 个半音，已持续 3.5 秒",
    "7.8 dB louder and 4.9 st higher than the caller’s own usual, for 3.5 s",
  ],
  evidence: [
    ["level", 7.8, "dB", 0.46, "响度比本人平常高 7.8 dB", "Loudness 7.8 dB above own usual"],
    ["f0", 4.9, "st", 0.31, "音高比本人平常高 4.9 个半音", "pitch 4.9 semitones above own usual"],
    ["rate", 1.29, "x", 0.15, "语速是本人平常的 1.29 倍", "Pace 1.29 times own usual"],
    ["words", 1, "", 0.08, "用词：太慢、投诉", "Words: too slow, complaint"],
  ],
});

export const parcel: Script = {
  id: "call-0718-parcel",
  agent: "3012 林",
  title: "投递查询热线 02",
  source: "demo",
  duration: 92,
  language: "zh",
  lines: [
    a(0.8, 4.2, "您好，这里是投递服务，请问有什么可以帮您？"),
    c(4.9, 9.6, "你好，我有个包裹都八天了还没到，麻烦你查一下。"),
    a(7.2, 7.6, "嗯。", true),
    a(10.1, 13.4, "好的，请您说一下邮件号，我马上查询。"),
    c(14.3, 19.8, "我上次打电话也报过号码，每次都要重新说，能不能快一点？", 0.35),
    a(20.4, 23.2, "麻烦您再报一次，系统里没有保留记录。"),
    c(23.6, 30.4, "怎么会没有记录？我前天打了二十分钟的电话，你们到底有没有人在管这件事！", 0.75),
    a(28.6, 31.9, "先生您听我说，我们规定必须先核对号码才行。"),
    c(32.2, 39.9, "又是规定，又是规定！我花了钱，东西丢了没有人负责，我要投诉，让你们领导来跟我讲！", 0.95),
    a(41.2, 47.8, "非常抱歉让您等了这么久，您着急的心情我理解，我现在就为您核实。"),
    c(44.0, 44.5, "行。", 0.3, true),
    c(48.6, 52.4, "那你快一点吧，号码是七零二九，后面是四四一。", 0.45),
    a(58.8, 66.2, "查到了，包裹昨天晚上已经到本市，今天下午四点以前会送到您手上。"),
    c(66.9, 70.0, "下午四点以前，是吗？别又是空话。", 0.25),
    a(70.4, 76.9, "我把派送员的电话发给您，如果四点还没有到，我会亲自给您回电。"),
    c(77.8, 80.6, "好，那就先这样，谢谢你。", 0.05),
    a(81.2, 84.9, "不客气，给您添麻烦了，祝您生活愉快，再见。"),
    c(85.2, 86.3, "再见。"),
  ],
  cuts: [{ by: "agent", start: 28.6, end: 30.4, yielded: true }],
  extra: parcelReadings,
  judged: [
    {
      rule: "agent_interrupts",
      severity: "medium",
      party: "agent",
      about: [28.6, 30.4],
      raised: 29.7,
      cleared: 33.5,
      title: ["坐席打断客户", "Agent interrupts"],
      because: [
        "坐席在客户说话时插话 1.8 秒，客户停了下来",
        "The agent cut in for 1.8 s and the caller gave way",
      ],
      evidence: [["overlap", 1.8, "s", null, "同时说话 1.8 秒", "1.8 s of speech at once"]],
      cue: {
        text: ["您打断了客户，请让客户说完", "You cut in: let the caller finish"],
        say: ["您请说，我在听。", "Please go on, I am listening."],
        clears: ["您让客户说话时消失", "goes when you let the caller speak"],
        cleared: 33.4,
        reason: "replaced",
      },
    },
    {
      rule: "policy_refusal",
      severity: "high",
      party: "agent",
      about: [29.9, 31.9],
      raised: 32.8,
      cleared: 47.8,
      title: ["以规定拒绝", "Policy used as refusal"],
      because: ["坐席说了“我们规定必须”", "The agent said “我们规定必须”"],
      evidence: [["phrase", 1, "", null, "原话：我们规定必须", "Words: 我们规定必须"]],
    },
    {
      ...hotTemper(35.9, 53.6),
      cue: {
        text: ["先安抚情绪，再核对号码", "Comfort first, then ask for the number"],
        say: [
          "您着急的心情我理解，给您添麻烦了，我现在就为您核实。",
          "I understand how worrying this is. I am checking it for you right now.",
        ],
        clears: ["您这样说了就消失", "goes when you have said so"],
        cleared: 47.9,
        reason: "done",
      },
    },
    {
      rule: "asks_for_leader",
      severity: "critical",
      party: "caller",
      about: [36.8, 39.9],
      raised: 40.8,
      cleared: 60,
      title: ["客户要求找领导、要投诉", "Caller demands the manager"],
      because: ["客户说了“我要投诉”“让你们领导来”", "The caller said “我要投诉”, “让你们领导来”"],
      evidence: [["phrase", 2, "", null, "原话：我要投诉；让你们领导来", "Words: 我要投诉; 让你们领导来"]],
    },
    {
      rule: "dead_air",
      severity: "low",
      party: null,
      about: [52.4, 58.8],
      raised: 57.4,
      cleared: 59,
      title: ["冷场", "Dead air"],
      because: ["双方静默已 5 秒", "Neither party has spoken for 5 s"],
      evidence: [["silence", 5, "s", null, "静默 5 秒", "5 s of silence"]],
      cue: {
        text: ["告诉客户您在查询", "Tell the caller you are still looking"],
        say: ["我正在为您查询，请您稍等一下。", "I am looking it up for you, one moment please."],
        clears: ["您开口就消失", "goes when you speak"],
        cleared: 58.9,
        reason: "done",
      },
    },
  ],
};

export const billing: Script = {
  id: "call-0719-billing",
  agent: "3040 Rao",
  title: "Billing line 1",
  source: "stream",
  duration: 140,
  language: "en",
  lines: [
    a(0.6, 4.0, "Good morning, billing, how may I help you today?"),
    c(4.6, 10.2, "Yes, I was charged twice this month and nobody has called me back about it.", 0.2),
    a(10.8, 14.0, "I'm sorry to hear that, could I have your account number?"),
    c(14.6, 19.8, "It's five five two, one nine. And this is the third time I'm reading it out.", 0.5),
    c(22.0, 27.2, "Are you still there? I really don't have the whole morning for this.", 0.55),
    a(
      27.6,
      35.0,
      "I am, thank you for waiting. I can see both charges, and the second one was ours by mistake.",
    ),
    c(31.0, 31.5, "Right.", 0.2, true),
    c(35.6, 38.8, "So when do I get the money back?", 0.35),
    a(
      39.2,
      47.5,
      "It will be with you in three working days, and I will send you a message once it has left.",
    ),
    c(48.0, 50.1, "Okay, that's fine.", 0.1),
    a(51.0, 58.0, "While I have you, let me check that the next bill will be right as well."),
    c(58.5, 60.2, "Please do.", 0.05),
    a(70.0, 80.0, "All good, the next one is the usual amount. Is there anything else that I can do?"),
    c(81.0, 84.0, "No, that is all, thank you."),
  ],
  judged: [
    {
      rule: "caller_raised",
      severity: "medium",
      party: "caller",
      about: [15, 19],
      raised: 18.6,
      cleared: 34,
      title: ["客户声音升高", "Caller’s voice is rising"],
      because: [
        "客户比自己平常响 4.2 dB、快 1.2 倍",
        "4.2 dB louder and 1.2 times as fast as the caller’s own usual",
      ],
      evidence: [
        ["level", 4.2, "dB", 0.6, "响度比本人平常高 4.2 dB", "Loudness 4.2 dB above own usual"],
        ["rate", 1.2, "x", 0.4, "语速是本人平常的 1.2 倍", "Pace 1.2 times own usual"],
      ],
    },
  ],
  extra: [
    { type: "engine_lagging", t_s: 24, is_lagging: true, delay_s: 6.4 },
    { type: "engine_lagging", t_s: 90, is_lagging: false, delay_s: 0.8 },
  ],
};

/** A small thing that was noticed in a call that runs calmly. */
const noticed = (
  rule: string,
  severity: Judged["severity"],
  [raised, cleared]: readonly [number, number | null],
  title: Judged["title"],
  because: Judged["because"],
): Judged => ({
  rule,
  severity,
  party: "agent",
  about: [raised - 4, raised],
  raised,
  cleared,
  title,
  because,
});

const talksMuch = (raised: number, cleared: number | null) =>
  noticed(
    "talks_much",
    "medium",
    [raised, cleared],
    ["坐席说得太多", "Agent does most of the talking"],
    ["近 3 分钟里坐席的话占 82%", "82% of the speech of the last 3 min was the agent’s"],
  );
const fastPace = (raised: number, cleared: number | null) =>
  noticed(
    "fast_pace",
    "low",
    [raised, cleared],
    ["坐席语速偏快", "Agent speaks fast"],
    ["比自己平常快 31%，已 12 秒", "31% faster than the agent’s own usual, for 12 s"],
  );
const slowPace = (raised: number, cleared: number | null) =>
  noticed(
    "slow_pace",
    "low",
    [raised, cleared],
    ["坐席停顿过长", "Agent pauses for long"],
    ["三次停顿超过 4 秒", "Three pauses of more than 4 s"],
  );

/** Two people taking turns, for rows that run calmly. */
function chat(
  id: string,
  agent: string,
  title: string,
  duration: number,
  extra: Partial<Script> = {},
): Script {
  const lines: Line[] = [];
  const phrases = ["好的，我看一下。", "嗯，是这样的。", "请您稍等。", "没问题，谢谢。", "那我明白了。"];
  let at = 1 + (id.length % 3);
  for (let turn = 0; at < duration - 6; turn += 1) {
    const long = 2.5 + ((turn * 7 + id.charCodeAt(id.length - 1)) % 5);
    const words = phrases[turn % phrases.length]!;
    const heat = 0.08 + 0.12 * Math.abs(Math.sin(turn + id.length));
    lines.push(turn % 2 === 0 ? a(at, at + long, words) : c(at, at + long, words, heat));
    at += long + 0.4 + (turn % 4) * 0.5;
  }
  return { id, agent, title, source: "stream", duration, language: "zh", lines, ...extra };
}

export const calm: readonly Script[] = [
  chat("call-0720", "3027 陈", "投递查询热线 01", 400, { judged: [slowPace(96, null)] }),
  chat("call-0721-x", "3033 周", "大客户专线", 600, {
    judged: [fastPace(214, null)],
    extra: [
      {
        type: "notice",
        t_s: 3,
        code: "line.narrow",
        level: "info",
        text: { zh: "线路只有电话带宽", en: "The line has telephone bandwidth only" },
        party: null,
      },
    ],
  }),
  chat("call-0722-no", "3051 Osei", "English line 3", 500, {
    hasWords: false,
    extra: [{ type: "audio_lost", t_s: 20, party: "caller", start_s: 17.5, end_s: 19.8 }],
  }),
  chat("call-0723-dd", "3008 何", "投递查询热线 04", 700, { judged: [talksMuch(9, null)] }),
];

export const ended: readonly Script[] = [
  chat("call-0701", "3012 林", "投递查询热线 02", 214),
  chat("call-0702-b", "3033 周", "大客户专线", 388, {
    judged: [talksMuch(190, 260), fastPace(236, 250)],
  }),
  chat("call-0703-c", "3027 陈", "投递查询热线 01", 61, { ending: "cut_off" }),
];
