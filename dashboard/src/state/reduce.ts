/** The pages' whole state, and the only function that makes a new one. It is pure: time comes with inputs. */
import {
  type AlertState,
  PROTOCOL_VERSION,
  type Problem,
  type ServerMessage,
  UNKNOWN_CALL,
} from "../protocol/messages";
import { breakOff, type CallState, emptyCall, reduceCallEvent } from "./call";
import { type DeskState, emptyDesk, muteOf, reduceDesk, tickDesk, withStates } from "./desk";
import { type SideState, sideOf } from "./side";
import { emptyWall, type IsMuted, reduceWall, tickWall, type WallState, wallOfSnapshot } from "./wall";

export type Phase =
  /** the first connection is being made */
  | "connecting"
  | "live"
  /** it was live; what the pages show is old */
  | "lost"
  /** the server speaks another version of the protocol */
  | "outdated";

export interface ConnectionState {
  readonly phase: Phase;
  /** When the connection broke off. */
  readonly lostMs: number | null;
  /** When the next attempt will be made; null while one is under way. */
  readonly retryMs: number | null;
  readonly serverVersion: string | null;
}

export interface State {
  readonly connection: ConnectionState;
  readonly problems: readonly Problem[];
  readonly wall: WallState;
  readonly desk: DeskState;
  /** The call whose page is open. */
  readonly call: CallState | null;
  /** What people do beside it; null until the server has told. */
  readonly side: SideState | null;
  /** The open call is not known to the server. */
  readonly isCallMissing: boolean;
}

export type Input =
  | { readonly kind: "message"; readonly message: ServerMessage; readonly nowMs: number }
  | { readonly kind: "connecting" }
  | { readonly kind: "disconnected"; readonly nowMs: number; readonly retryMs: number }
  | { readonly kind: "tick"; readonly nowMs: number }
  /** What the server answered about alerts: it comes by the stream as well, perhaps later. */
  | { readonly kind: "desk_states"; readonly states: readonly AlertState[] }
  | { readonly kind: "open_call"; readonly callId: string }
  | { readonly kind: "close_call" };

export const initialState: State = {
  connection: { phase: "connecting", lostMs: null, retryMs: null, serverVersion: null },
  problems: [],
  wall: emptyWall,
  desk: emptyDesk,
  call: null,
  side: null,
  isCallMissing: false,
};

export function reduce(state: State, input: Input): State {
  switch (input.kind) {
    case "message":
      return reduceMessage(state, input.message, input.nowMs);
    case "connecting":
      return { ...state, connection: { ...state.connection, retryMs: null } };
    case "disconnected":
      return disconnected(state, input.nowMs, input.retryMs);
    case "tick": {
      const desk = tickDesk(state.desk, input.nowMs);
      const wall = tickWall(state.wall, input.nowMs, mutedBy(desk, input.nowMs));
      return wall === state.wall && desk === state.desk ? state : { ...state, wall, desk };
    }
    case "desk_states":
      return { ...state, desk: withStates(state.desk, input.states) };
    case "open_call":
      if (state.call?.id === input.callId) return state;
      return { ...state, call: emptyCall(input.callId), side: null, isCallMissing: false };
    case "close_call":
      return { ...state, call: null, side: null, isCallMissing: false };
  }
}

function mutedBy(desk: DeskState, nowMs: number): IsMuted {
  return (rule, agent) => muteOf(desk, rule, agent, nowMs) !== null;
}

function disconnected(state: State, nowMs: number, retryMs: number): State {
  const { connection } = state;
  if (connection.phase === "outdated") return state;
  const wasLive = connection.phase === "live";
  return {
    ...state,
    connection: {
      ...connection,
      phase: wasLive ? "lost" : connection.phase,
      lostMs: wasLive ? nowMs : connection.lostMs,
      retryMs,
    },
  };
}

function reduceMessage(state: State, message: ServerMessage, nowMs: number): State {
  switch (message.type) {
    case "hello": {
      const isKnown = message.v === PROTOCOL_VERSION;
      return {
        ...state,
        connection: {
          phase: isKnown ? "live" : "outdated",
          lostMs: null,
          retryMs: null,
          serverVersion: message.version,
        },
      };
    }
    case "snapshot":
      return {
        ...state,
        wall: wallOfSnapshot(state.wall, message.calls, nowMs, mutedBy(state.desk, nowMs)),
      };
    case "event":
      return message.topic === "wall"
        ? { ...state, wall: reduceWall(state.wall, message.event, nowMs, mutedBy(state.desk, nowMs)) }
        : state.call === null
          ? state
          : { ...state, call: reduceCallEvent(state.call, message.event, nowMs) };
    case "desk":
    case "desk_alert":
    case "desk_state":
    case "desk_mute":
      return { ...state, desk: reduceDesk(state.desk, message, nowMs) };
    case "gap":
      return message.topic === "call" && state.call?.id === message.call_id
        ? { ...state, call: breakOff(state.call, message.is_lossy) }
        : state;
    case "side":
      return state.call?.id === message.call_id ? { ...state, side: sideOf(message, nowMs) } : state;
    case "status":
      return { ...state, problems: message.problems };
    case "error":
      return message.code === UNKNOWN_CALL && message.call_id === state.call?.id
        ? { ...state, isCallMissing: true }
        : state;
    case "heartbeat":
      return state;
  }
}
