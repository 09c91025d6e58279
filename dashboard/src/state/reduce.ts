/** The pages' whole state, and the only function that makes a new one. It is pure: time comes with inputs. */
import { PROTOCOL_VERSION, type Problem, type ServerMessage, UNKNOWN_CALL } from "../protocol/messages";
import { breakOff, type CallState, emptyCall, reduceCallEvent } from "./call";
import { emptyWall, reduceWall, tickWall, type WallState, wallOfSnapshot } from "./wall";

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
  /** The call whose page is open. */
  readonly call: CallState | null;
  /** The open call is not known to the server. */
  readonly isCallMissing: boolean;
}

export type Input =
  | { readonly kind: "message"; readonly message: ServerMessage; readonly nowMs: number }
  | { readonly kind: "connecting" }
  | { readonly kind: "disconnected"; readonly nowMs: number; readonly retryMs: number }
  | { readonly kind: "tick"; readonly nowMs: number }
  | { readonly kind: "open_call"; readonly callId: string }
  | { readonly kind: "close_call" };

export const initialState: State = {
  connection: { phase: "connecting", lostMs: null, retryMs: null, serverVersion: null },
  problems: [],
  wall: emptyWall,
  call: null,
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
      const wall = tickWall(state.wall, input.nowMs);
      return wall === state.wall ? state : { ...state, wall };
    }
    case "open_call":
      if (state.call?.id === input.callId) return state;
      return { ...state, call: emptyCall(input.callId), isCallMissing: false };
    case "close_call":
      return { ...state, call: null, isCallMissing: false };
  }
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
      return { ...state, wall: wallOfSnapshot(state.wall, message.calls, nowMs) };
    case "event":
      return message.topic === "wall"
        ? { ...state, wall: reduceWall(state.wall, message.event, nowMs) }
        : state.call === null
          ? state
          : { ...state, call: reduceCallEvent(state.call, message.event, nowMs) };
    case "gap":
      return message.topic === "call" && state.call?.id === message.call_id
        ? { ...state, call: breakOff(state.call, message.is_lossy) }
        : state;
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
