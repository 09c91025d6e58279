/** A stand-in for the server: tells invented calls over the real protocol, in real time. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import {
  type CallEvent,
  type CallSummary,
  type ClientMessage,
  type Problem,
  type ServerMessage,
  UNKNOWN_CALL,
} from "../src/protocol/messages";
import { Crowd, TOLD_PEOPLE } from "./crowd";
import { MockDesk } from "./desk";
import { answerAtDoor, type Visitor } from "./door";
import { answerHistory } from "./history";
import { playLive } from "./listen";
import { eventsOf, type Script } from "./scenario";
import { billing, calm, ended, parcel } from "./scripts";
import { MockSides } from "./side";
import { toneFile } from "./sound";
import { Summaries, WALL_TYPES } from "./summaries";
import { MockTuning } from "./tuning";

const HEARTBEAT_S = 2;
const STEP_MS = 50;

interface Told {
  readonly pos: number | null;
  readonly event: CallEvent;
}

interface Playing {
  readonly script: Script;
  events: readonly CallEvent[];
  zeroMs: number;
  next: number;
}

interface Client {
  readonly socket: WebSocket;
  readonly topics: Set<string>;
}

export interface MockOptions {
  /** How far each call has come when the mock starts, in seconds; calls that are not named do not run. */
  readonly at?: Readonly<Record<string, number>>;
  /** Call time a second. */
  readonly speed?: number;
  /** So many further calls, on the wall only. */
  readonly crowd?: number;
  /** Other supervisors have been at work on the alerts. */
  readonly isStaffed?: boolean;
  /** Who looks at the pages: by default the guest of a server where nobody signs in. */
  readonly visitor?: Visitor;
  /** What is wrong with the server. */
  readonly problems?: readonly Problem[];
}

/** Where the calls stand when the pages are looked at by hand. */
export const USUAL: Readonly<Record<string, number>> = {
  [parcel.id]: 24,
  [billing.id]: 16,
  "call-0720": 130,
  "call-0721-x": 301,
  "call-0722-no": 75,
  "call-0723-dd": 12,
  "call-0701": 1000,
  "call-0702-b": 1000,
  "call-0703-c": 1000,
};

export class MockHub {
  private readonly problems: readonly Problem[];
  private readonly log: Told[] = [];
  private readonly playing: Playing[] = [];
  readonly tuning = new MockTuning();
  private readonly clients = new Set<Client>();
  private readonly summaries = new Summaries();
  readonly sides = new MockSides(
    (side) => {
      for (const client of this.clients) if (client.topics.has(`side ${side.call_id}`)) send(client, side);
    },
    (callId, cueId, answer) => this.clearCue(callId, cueId, answer),
  );
  private readonly desk = new MockDesk((message) => {
    for (const client of this.clients) if (client.topics.has("desk")) send(client, message);
  });
  private readonly sockets = new WebSocketServer({ noServer: true });
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly speed: number;
  private readonly crowd: Crowd;
  private readonly visitor: Visitor;

  constructor(options: MockOptions = {}) {
    this.speed = options.speed ?? 1;
    this.visitor = options.visitor ?? "guest";
    this.problems = options.problems ?? [];
    const now = Date.now();
    for (const [id, at] of Object.entries(options.at ?? USUAL)) {
      const script = [parcel, billing, ...calm, ...ended].find((one) => one.id === id);
      if (!script) throw new Error(`no invented call is called ${id}`);
      const agoS = at > script.duration ? 3600 + at : at;
      const startedAt = new Date(now - agoS * 1000).toISOString();
      this.playing.push({ script, events: eventsOf(script, startedAt), zeroMs: now - at * 1000, next: 0 });
    }
    this.crowd = new Crowd(options.crowd ?? 0, now);
    for (const event of this.crowd.beginnings()) this.tell(event);
    this.play();
    if (options.isStaffed ?? options.at === undefined) this.desk.staff();
    this.timers.push(setInterval(() => this.play(), STEP_MS));
    this.timers.push(
      setInterval(() => this.sendAll({ type: "heartbeat", pos: this.log.length }), HEARTBEAT_S * 1000),
    );
  }

  /** Answers `/ws` on a server. */
  attach(server: Server): void {
    server.on("upgrade", (request, socket, head) => {
      const heard = /^\/listen\/([^/]+)$/.exec(request.url ?? "");
      if (heard) {
        this.sockets.handleUpgrade(request, socket, head, (opened) =>
          this.listen(opened, decodeURIComponent(heard[1]!)),
        );
      }
      if (request.url !== "/ws") return;
      this.sockets.handleUpgrade(request, socket, head, (opened) => this.greet(opened));
    });
  }

  /** Answers what the pages ask over HTTP; false where the address is not the mock's. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (answerAtDoor(this.visitor, request, response) || this.sides.answer(request, response)) return true;
    if (request.url === "/api/agents") {
      const agents = { ...TOLD_PEOPLE, ...this.crowd.people() };
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ agents }));
      return true;
    }
    if (answerHistory(request, response)) return true;
    if (this.desk.answer(request, response) || this.tuning.answer(request, response)) return true;
    const found = /^\/api\/calls\/([^/]+)(\/audio)?$/.exec(request.url ?? "");
    if (!found) return false;
    const script = this.playing.find((one) => one.script.id === decodeURIComponent(found[1]!))?.script;
    const hasAudio = script?.source === "demo";
    if (found[2] === undefined) {
      response
        .writeHead(200, { "Content-Type": "application/json" })
        .end(JSON.stringify({ has_audio: hasAudio }));
    } else if (hasAudio) sendRange(request, response, toneFile(script));
    else response.writeHead(404).end();
    return true;
  }

  /** Another supervisor acknowledges all of a call's alerts. */
  deskAct(by: string, callId: string): void {
    this.desk.acknowledge(by, callId);
  }

  /** And mutes a rule in an agent's calls for ten minutes. */
  deskMute(rule: string, agent: string): void {
    this.desk.mute("limin", rule, [agent], 600);
  }

  /** Tells every client a call's event at once, whatever its script says; it does not come again. */
  say(event: CallEvent): void {
    this.summaries.take(event);
    for (const client of this.clients) this.sendTold(client, { pos: null, event });
  }

  /** Breaks every connection off, as a server does that goes away. */
  cutOff(): void {
    for (const { socket } of this.clients) socket.terminate();
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.cutOff();
    this.sockets.close();
  }

  private listen(socket: WebSocket, callId: string): void {
    const call = this.playing.find((one) => one.script.id === callId);
    if (!call) {
      socket.close(1008);
      return;
    }
    socket.on("close", this.sides.listen(callId, "local"));
    playLive(socket, call.script, () => ((Date.now() - call.zeroMs) / 1000) * this.speed);
  }

  /** What the agent answered ends the cue now, and not when the script would have ended it. */
  private clearCue(callId: string, cueId: string, answer: string): void {
    const call = this.playing.find((one) => one.script.id === callId);
    const at = call?.events.findIndex((event) => event.type === "cue_cleared" && event.id === cueId) ?? -1;
    const scripted = call?.events[at];
    if (!call || scripted?.type !== "cue_cleared" || at < call.next) return;
    const last = call.events[call.next - 1]!;
    const reason = answer as typeof scripted.reason;
    const outcome = answer as typeof scripted.outcome;
    call.events = call.events.filter((event) => event !== scripted);
    this.tell({
      ...scripted,
      seq: last.seq + 0.5,
      t_s: last.t_s,
      cleared_at_s: last.t_s,
      reason,
      outcome,
    });
  }

  private play(): void {
    const now = Date.now();
    for (const event of this.crowd.step(now)) this.tell(event);
    for (const call of this.playing) {
      const atS = ((now - call.zeroMs) / 1000) * this.speed;
      while (call.next < call.events.length && call.events[call.next]!.t_s <= atS) {
        this.tell(call.events[call.next]!);
        call.next += 1;
      }
    }
  }

  private tell(event: CallEvent): void {
    const isKept = event.type !== "partial";
    const told: Told = { pos: isKept ? this.log.length + 1 : null, event };
    if (isKept) this.log.push(told);
    this.summaries.take(event);
    this.desk.take(event);
    for (const client of this.clients) this.sendTold(client, told);
  }

  private sendTold(client: Client, { pos, event }: Told): void {
    if (client.topics.has("wall") && WALL_TYPES.has(event.type)) {
      send(client, { type: "event", topic: "wall", pos, event });
    }
    if (client.topics.has(`call ${event.call_id}`))
      send(client, { type: "event", topic: "call", pos, event });
  }

  private greet(socket: WebSocket): void {
    const client: Client = { socket, topics: new Set() };
    this.clients.add(client);
    socket.on("close", () => this.clients.delete(client));
    socket.on("message", (data) => this.receive(client, JSON.parse(String(data)) as ClientMessage));
    send(client, { type: "hello", v: 1, version: "mock", heartbeat_s: HEARTBEAT_S, pos: this.log.length });
    send(client, { type: "status", problems: [...this.problems] });
  }

  private receive(client: Client, message: ClientMessage): void {
    const isOfAll = message.topic === "wall" || message.topic === "desk";
    const key = isOfAll ? message.topic : `${message.topic} ${message.call_id}`;
    if (message.type === "unsubscribe") {
      client.topics.delete(key);
      return;
    }
    const after = message.after ?? null;
    if (!isOfAll && !this.playing.some((one) => one.script.id === message.call_id)) {
      const { topic, call_id = null } = message;
      send(client, { type: "error", code: UNKNOWN_CALL, message: "no such call", topic, call_id });
      return;
    }
    if (message.topic === "wall" && after === null) {
      const calls: CallSummary[] = this.summaries.all();
      send(client, { type: "snapshot", topic: "wall", pos: this.log.length, calls });
    } else if (message.topic === "desk") send(client, this.desk.whole());
    else if (message.topic === "side") send(client, this.sides.of(message.call_id!));
    else {
      for (const told of this.log.slice(after ?? 0))
        this.sendTold({ socket: client.socket, topics: new Set([key]) }, told);
    }
    client.topics.add(key);
  }

  private sendAll(message: ServerMessage): void {
    for (const client of this.clients) send(client, message);
  }
}

function send(client: Client, message: ServerMessage): void {
  client.socket.send(JSON.stringify(message));
}

function sendRange(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const headers = { "Content-Type": "audio/wav", "Accept-Ranges": "bytes" };
  if (!range) {
    response.writeHead(200, { ...headers, "Content-Length": body.length }).end(body);
    return;
  }
  const from = Number(range[1]);
  const to = range[2] === "" ? body.length - 1 : Math.min(Number(range[2]), body.length - 1);
  response
    .writeHead(206, {
      ...headers,
      "Content-Range": `bytes ${from}-${to}/${body.length}`,
      "Content-Length": to - from + 1,
    })
    .end(body.subarray(from, to + 1));
}
