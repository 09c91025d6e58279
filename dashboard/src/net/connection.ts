/**
 * The page's one connection to the event stream.
 *
 * It reconnects by itself, and subscribes again where each topic had come to, so that nothing is missed or
 * doubled. It knows nothing of what the messages mean to the pages: they go to `onInput`.
 */
import { COME_AGAIN, SIGNED_OUT } from "../protocol/accounts";
import {
  type ClientMessage,
  PROTOCOL_VERSION,
  type ServerMessage,
  type Subscription,
  UNKNOWN_CALL,
} from "../protocol/messages";
import type { Input } from "../state/reduce";
import { backoffMs } from "./backoff";

/** What a connection needs of the world; tests give their own. */
export interface World {
  readonly open: (url: string) => WebSocket;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly setTimer: (run: () => void, ms: number) => number;
  readonly clearTimer: (timer: number) => void;
}

/** Before the server has said how often it gives a sign of life. */
const FIRST_PATIENCE_MS = 10_000;

const keyOf = (topic: string, callId: string | null | undefined) => `${topic} ${callId ?? ""}`;

export class Connection {
  private socket: WebSocket | null = null;
  private readonly topics = new Map<string, Subscription & { after: number | null }>();
  private attempt = 0;
  private isGreeted = false;
  private retryTimer: number | null = null;
  private silenceTimer: number | null = null;
  private patienceMs = FIRST_PATIENCE_MS;

  constructor(
    private readonly url: string,
    private readonly onInput: (input: Input) => void,
    private readonly world: World,
    /** Nobody is signed in any more: no attempt follows. */
    private readonly onSignedOut: () => void = () => undefined,
  ) {}

  start(): void {
    this.connect();
  }

  /** Ends the connection and every topic. */
  stop(): void {
    this.clear("retryTimer");
    this.topics.clear();
    this.attempt = 0;
    this.drop();
  }

  /** Asks for a topic from its start, or anew. */
  subscribe({ topic, call_id }: Subscription): void {
    const wanted = { topic, call_id, after: null };
    this.topics.set(keyOf(topic, call_id), wanted);
    if (this.isGreeted) this.send({ type: "subscribe", ...wanted });
  }

  unsubscribe({ topic, call_id }: Subscription): void {
    if (this.topics.delete(keyOf(topic, call_id)) && this.isGreeted) {
      this.send({ type: "unsubscribe", topic, call_id });
    }
  }

  /** Tries at once: the user asked, or the machine says that it is on-line again. */
  retryNow(): void {
    if (this.socket !== null) return;
    this.attempt = 0;
    this.connect();
  }

  private connect(): void {
    this.clear("retryTimer");
    this.isGreeted = false;
    this.onInput({ kind: "connecting" });
    const socket = this.world.open(this.url);
    this.socket = socket;
    socket.onmessage = (message: MessageEvent<string>) => {
      if (socket === this.socket) this.receive(JSON.parse(message.data) as ServerMessage);
    };
    socket.onclose = ({ code }) => {
      if (socket === this.socket) this.closed(code);
    };
    this.watchSilence();
  }

  private receive(message: ServerMessage): void {
    this.watchSilence();
    this.onInput({ kind: "message", message, nowMs: this.world.nowMs() });
    switch (message.type) {
      case "hello":
        this.greet(message.v, message.heartbeat_s);
        break;
      case "event":
        if (message.pos !== null) {
          this.reached(
            keyOf(message.topic, message.topic === "call" ? message.event.call_id : null),
            message.pos,
          );
        }
        break;
      case "snapshot":
        this.reached(keyOf("wall", null), message.pos);
        break;
      case "gap":
        this.reached(keyOf(message.topic, message.call_id), message.pos);
        break;
      case "heartbeat":
        for (const key of this.topics.keys()) this.reached(key, message.pos);
        break;
      case "error":
        if (message.code === UNKNOWN_CALL) {
          this.topics.delete(keyOf(message.topic ?? "call", message.call_id));
        }
        break;
    }
  }

  private greet(version: number, heartbeatS: number): void {
    if (version !== PROTOCOL_VERSION) {
      this.drop(); // the page must be loaded again; asking more often does not help
      return;
    }
    this.isGreeted = true;
    this.attempt = 0;
    this.patienceMs = heartbeatS * 2000;
    this.watchSilence();
    for (const wanted of this.topics.values()) this.send({ type: "subscribe", ...wanted });
  }

  private reached(key: string, pos: number): void {
    const wanted = this.topics.get(key);
    if (wanted) wanted.after = pos;
  }

  private send(message: ClientMessage): void {
    this.socket?.send(JSON.stringify(message));
  }

  /** A connection can die without a word: silence for too long counts as a loss. */
  private watchSilence(): void {
    this.clear("silenceTimer");
    this.silenceTimer = this.world.setTimer(() => this.lose(), this.patienceMs);
  }

  private closed(code: number): void {
    if (code === SIGNED_OUT) {
      this.stop();
      this.onSignedOut();
    } else if (code === COME_AGAIN && this.isGreeted) {
      this.drop();
      // What one may see has changed, perhaps: the wall is asked for whole.
      this.subscribeAnew("wall");
      this.connect();
    } else this.lose();
  }

  private subscribeAnew(topic: string): void {
    for (const wanted of this.topics.values()) if (wanted.topic === topic) wanted.after = null;
  }

  private lose(): void {
    this.drop();
    const waitMs = backoffMs(this.attempt, this.world.random);
    this.attempt += 1;
    const nowMs = this.world.nowMs();
    this.onInput({ kind: "disconnected", nowMs, retryMs: nowMs + waitMs });
    this.retryTimer = this.world.setTimer(() => this.connect(), waitMs);
  }

  private drop(): void {
    this.clear("silenceTimer");
    this.isGreeted = false;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private clear(timer: "retryTimer" | "silenceTimer"): void {
    if (this[timer] !== null) this.world.clearTimer(this[timer]);
    this[timer] = null;
  }
}
