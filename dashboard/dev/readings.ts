/** What is read of the invented call with a late parcel, at a few of its moments. */
import type { Leaning, Reading, ReadingProof, SlotName } from "../src/protocol/messages";

type Pair = readonly [string, string];

const text = ([zh, en]: Pair) => ({ zh, en });

const said = (at_s: number, words: string): ReadingProof => ({
  at_s,
  text: { zh: `说了“${words}”`, en: `said “${words}”` },
});

const NAMES: Readonly<Record<string, { title: Pair; meet: Pair }>> = {
  subjective: {
    title: ["主观急切", "Pressed and personal"],
    meet: ["先体谅、站在对方一边，情绪缓下来再解释", "Take their side first; explain once they have eased"],
  },
  commanding: {
    title: ["命令式", "Commanding"],
    meet: [
      "不直接回绝，先尊重，职责内尽量照办，再给建议",
      "Never a flat no: show respect, do what you can, then suggest",
    ],
  },
  wavering: {
    title: ["反复不定", "Back and forth"],
    meet: ["不卑不亢，抓住一个重点，按步骤往下走", "Stay even: settle on the main point and go step by step"],
  },
  irritable: {
    title: ["脾气火暴", "Quick-tempered"],
    meet: [
      "以柔克刚：不争辩，听完，适时致歉，说明会尽力",
      "Don’t argue: hear them out, say sorry now and then, say you’ll help",
    ],
  },
  resolve: {
    title: ["解决问题", "To have it solved"],
    meet: [
      "给出明确时限；还没查清的，说明会尽快并保持联系",
      "Give a deadline; if not yet clear, say you’ll hurry and keep in touch",
    ],
  },
  respect: {
    title: ["得到尊重", "To be respected"],
    meet: ["致歉，说会进一步核查，谢谢对方指出来", "Apologise, say you’ll look further into it, thank them"],
  },
  compensation: {
    title: ["得到补偿", "To be made good"],
    meet: [
      "既已问到，尽早讲清能否补、什么条件、怎么办",
      "Now that they ask, say early whether, when and how it is paid",
    ],
  },
  venting: {
    title: ["宣泄不满", "To let it out"],
    meet: ["让对方说完，温和回应，弄清缘由再解释", "Let them finish, answer gently, find the cause first"],
  },
};

function leaning(name: string, score: number, proofs: readonly ReadingProof[]): Leaning {
  const { title, meet } = NAMES[name]!;
  const is_named = score >= 0.5;
  return {
    name,
    title: text(title),
    score,
    is_named,
    meet: is_named ? text(meet) : null,
    proofs: score >= 0.15 ? [...proofs] : [],
  };
}

const WAIT = said(5.8, "都八天了");
const EVERY_TIME = said(16.2, "每次都要重新说");
const NOBODY = said(27.9, "有没有人在管");
const COMPLAIN = said(36.8, "我要投诉");
const LEADER = said(37.9, "让你们领导来");
const HEAT: ReadingProof = { at_s: 40, text: { zh: "情绪热度 78%", en: "temper at 78%" } };

const filled = (slot: SlotName, words: string, at_s: number) => ({ slot, words, at_s });

interface Snapshot {
  readonly t_s: number;
  readonly phase: Reading["phase"];
  readonly types: readonly [number, number, number, number];
  readonly needs: readonly [number, number, number, number];
  readonly slots: number;
  readonly apologies: number;
  readonly isThreatened?: boolean;
  readonly isPromised?: boolean;
}

const SLOTS = [
  filled("outcome", "我有个包裹都八天了还没到", 6.4),
  filled("course", "我上次打电话也报过号码", 14.6),
  filled("cause", "我花了钱，东西丢了没有人负责", 33.4),
  filled("demand", "我要投诉，让你们领导来跟我讲", 36.8),
  filled("order_number", "号码是七零二九，后面是四四一", 49.9),
];

const SNAPSHOTS: readonly Snapshot[] = [
  {
    t_s: 6.9,
    phase: "first_account",
    types: [0.36, 0, 0, 0],
    needs: [0.44, 0, 0, 0.05],
    slots: 1,
    apologies: 0,
  },
  {
    t_s: 12.4,
    phase: "fact_finding",
    types: [0.36, 0, 0, 0],
    needs: [0.46, 0, 0, 0.05],
    slots: 1,
    apologies: 0,
  },
  {
    t_s: 20.6,
    phase: "fact_finding",
    types: [0.5, 0.1, 0.22, 0.05],
    needs: [0.55, 0.2, 0, 0.22],
    slots: 2,
    apologies: 0,
  },
  {
    t_s: 31,
    phase: "fact_finding",
    types: [0.52, 0.16, 0.22, 0.41],
    needs: [0.6, 0.48, 0, 0.34],
    slots: 2,
    apologies: 0,
  },
  {
    t_s: 40.6,
    phase: "comfort",
    types: [0.5, 0.4, 0.21, 0.74],
    needs: [0.58, 0.61, 0.12, 0.42],
    slots: 4,
    apologies: 0,
    isThreatened: true,
  },
  {
    t_s: 43,
    phase: "comfort",
    types: [0.5, 0.4, 0.21, 0.74],
    needs: [0.58, 0.61, 0.12, 0.42],
    slots: 4,
    apologies: 1,
    isThreatened: true,
  },
  {
    t_s: 53,
    phase: "fact_finding",
    types: [0.47, 0.37, 0.2, 0.55],
    needs: [0.55, 0.57, 0.1, 0.38],
    slots: 5,
    apologies: 1,
    isThreatened: true,
  },
  {
    t_s: 75,
    phase: "handling",
    types: [0.42, 0.33, 0.18, 0.36],
    needs: [0.52, 0.5, 0.1, 0.33],
    slots: 5,
    apologies: 1,
    isThreatened: true,
    isPromised: true,
  },
  {
    t_s: 82,
    phase: "closing",
    types: [0.24, 0.18, 0.1, 0.2],
    needs: [0.3, 0.28, 0.06, 0.18],
    slots: 5,
    apologies: 2,
    isPromised: true,
  },
];

/** The `reading` events of that call, without what every event has. */
export const parcelReadings = SNAPSHOTS.map((one) => ({
  type: "reading" as const,
  t_s: one.t_s,
  phase: one.phase,
  phase_since_s: one.t_s - 0.4,
  has_account_ended: one.t_s > 10,
  types: [
    leaning("subjective", one.types[0], [EVERY_TIME, WAIT]),
    leaning("commanding", one.types[1], [LEADER]),
    leaning("wavering", one.types[2], [EVERY_TIME]),
    leaning("irritable", one.types[3], [HEAT, COMPLAIN]),
  ],
  needs: [
    leaning("resolve", one.needs[0], [WAIT]),
    leaning("respect", one.needs[1], [NOBODY]),
    leaning("compensation", one.needs[2], []),
    leaning("venting", one.needs[3], [NOBODY, EVERY_TIME]),
  ],
  is_complaint: true,
  slots: SLOTS.slice(0, one.slots),
  promises: one.isPromised
    ? [
        { what: "今天下午四点以前会送到您手上", due: "今天下午四点以前", at_s: 63.2 },
        { what: "我会亲自给您回电", due: null, at_s: 75.1 },
      ]
    : [],
  concessions: [],
  counts: [
    ...(one.apologies > 0
      ? [{ what: "apology" as const, total: one.apologies, recent: one.apologies, limit: 3, window_s: 120 }]
      : []),
    { what: "question" as const, total: 2, recent: 2, limit: 8, window_s: 120 },
  ],
  risk: one.isThreatened ? 0.71 : 0.12,
  risks: one.isThreatened
    ? [
        {
          kind: "leader" as const,
          share: 0.36,
          title: { zh: "要求找领导", en: "asks for a manager" },
          proofs: [LEADER],
        },
        {
          kind: "complaint" as const,
          share: 0.3,
          title: { zh: "表示要投诉", en: "means to complain" },
          proofs: [COMPLAIN],
        },
        {
          kind: "heat" as const,
          share: 0.23,
          title: { zh: "情绪升高", en: "is heated" },
          proofs: [HEAT],
        },
      ]
    : [],
}));
