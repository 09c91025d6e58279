/** The wire's types, as the pages use them; `generated.ts` is made from the server's own schema. */
import type * as wire from "./generated";

/** The version of the stream that these pages speak. */
export const PROTOCOL_VERSION = 1;

/** The code with which the server refuses a call that it does not know. */
export const UNKNOWN_CALL = "server.unknown_call";

export type Party = "agent" | "caller";
export const PARTIES: readonly Party[] = ["agent", "caller"];

export type Severity = wire.Alert["severity"];
export type TemperState = wire.Temper["state"];
export type Topic = wire.Subscribe["topic"];
export type Bilingual = wire.Text;

export type ServerMessage = wire.ServerMessage;
export type ClientMessage = wire.ClientMessage;
export type CallEvent = wire.AnyEvent;
export type CallSummary = wire.CallSummary;
export type OpenAlert = wire.OpenAlert;
export type Problem = wire.Problem;
export type DeskAlert = wire.DeskAlert;
export type AlertState = wire.AlertState;
export type Mute = wire.Mute;
export type DeskMessage =
  wire.DeskSnapshot | wire.DeskAlertMessage | wire.DeskStateMessage | wire.DeskMuteMessage;
export type MessageToAgent = wire.MessageToAgent;
export type Side = wire.Side;

export type Alert = wire.Alert;
export type AlertCleared = wire.AlertCleared;
export type AudioLost = wire.AudioLost;
export type Backchannel = wire.BackchannelHeard;
export type CallEnded = wire.CallEnded;
export type CallStarted = wire.CallStarted;
export type Cue = wire.Cue;
export type CueCleared = wire.CueCleared;
export type EvidenceItem = wire.EvidenceItem;
export type Gap = wire.GapHeard;
export type Interruption = wire.InterruptionHeard;
export type Notice = wire.Notice;
export type Overlap = wire.OverlapHeard;
export type Partial = wire.Partial;
export type Prosody = wire.Prosody;
export type Reading = wire.Reading;
export type Leaning = wire.Leaning;
export type ReadingProof = wire.ReadingProof;
export type SlotName = wire.SlotFilled["slot"];
/** In the order in which they are shown. */
export const SLOTS: readonly SlotName[] = [
  "about_whom",
  "cause",
  "course",
  "outcome",
  "demand",
  "name",
  "contact",
  "order_number",
];
export type CountName = wire.SaidCount["what"];
export type CallPhase = wire.Reading["phase"];
export type Speaking = wire.Speaking;
export type Temper = wire.Temper;
export type Word = wire.WordItem;
export type Words = wire.WordsCommitted;

/** A half-open stretch of call time, in seconds. */
export interface Stretch {
  readonly start_s: number;
  readonly end_s: number;
}

/** A topic of the stream; `call_id` is null for the wall. */
export interface Subscription {
  readonly topic: Topic;
  readonly call_id: string | null;
}
