/** One listening: the connection that brings the sound, and the browser's audio that plays it. */
import { SIGNED_OUT } from "../protocol/accounts";
import { PARTIES, type Party } from "../protocol/messages";
import { type Packet, packetOf, RATE_HZ, type Told } from "./packets";
import type { FromWorklet, ToWorklet } from "./worklet-messages";
import workletUrl from "./worklet?worker&url";

export type EarPhase =
  | "connecting"
  /** sound is held back until there is enough of it, or none comes */
  | "waiting"
  | "playing"
  /** the connection broke off; the next attempt follows */
  | "lost"
  /** the call's sound is over */
  | "over"
  /** the server refused, or the browser cannot */
  | "refused";

export interface EarState {
  readonly phase: EarPhase;
  /** Why not, where it was refused. */
  readonly code: string | null;
  /** About how far what is heard lies behind the call; null until it can be told. */
  readonly behindMs: number | null;
  readonly bufferMs: number;
  /** Times that the sound ran dry, and what was left out or lost, since the listening began. */
  readonly dry: number;
  readonly missedMs: number;
  readonly played: number;
  readonly rms: Readonly<Record<Party, number>>;
}

export const silent: EarState = {
  phase: "connecting",
  code: null,
  behindMs: null,
  bufferMs: 0,
  dry: 0,
  missedMs: 0,
  played: 0,
  rms: { agent: 0, caller: 0 },
};

const RETRY_MS = 1000;
const PING_MS = 2000;
/** Browsers that play sound only on safe pages have no worklet elsewhere. */
export const INSECURE = "insecure";

export class Ear {
  private state = silent;
  private readonly context: AudioContext;
  private node: AudioWorkletNode | null = null;
  private readonly gains: Partial<Record<Party, GainNode>> = {};
  private socket: WebSocket | null = null;
  private retry = 0;
  private pinger = 0;
  private isClosed = false;
  private parties: readonly Party[] = PARTIES;
  private readonly volumes: Record<Party, number> = { agent: 1, caller: 1 };
  private pingedAt = 0;
  private pings = 0;
  private wayMs = 0;
  private heldMs = 0;
  private frameMs = 0;
  private lostSamples = 0;

  /** Must be made in a click: browsers play nothing before one. */
  constructor(
    private readonly url: string,
    private readonly onState: (state: EarState) => void,
  ) {
    // At the call's own rate the browser does the resampling, and knows how.
    this.context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    void this.begin();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    window.clearTimeout(this.retry);
    window.clearInterval(this.pinger);
    this.socket?.close();
    this.tell({ kind: "end" });
    void this.context.close();
  }

  setVolume(party: Party, volume: number): void {
    this.volumes[party] = volume;
    const gain = this.gains[party];
    if (gain) gain.gain.setTargetAtTime(volume, this.context.currentTime, 0.015);
  }

  /** Sound of a party that is not chosen does not even leave the server. */
  choose(parties: readonly Party[]): void {
    this.parties = parties;
    this.tell({ kind: "choose", parties });
    this.sendChoice();
  }

  private async begin(): Promise<void> {
    try {
      if (!this.context.audioWorklet) throw new Error(INSECURE);
      await this.context.audioWorklet.addModule(workletUrl);
      await this.context.resume();
    } catch {
      this.refuse(window.isSecureContext ? "audio" : INSECURE);
      return;
    }
    if (this.isClosed) return;
    const node = new AudioWorkletNode(this.context, "tingyin-listen", {
      numberOfInputs: 0,
      numberOfOutputs: 2,
      outputChannelCount: [1, 1],
    });
    PARTIES.forEach((party, output) => {
      const gain = this.context.createGain();
      gain.gain.value = this.volumes[party];
      node.connect(gain, output);
      gain.connect(this.context.destination);
      this.gains[party] = gain;
    });
    node.port.onmessage = ({ data }: MessageEvent<FromWorklet>) => this.report(data);
    this.node = node;
    this.tell({ kind: "choose", parties: this.parties });
    this.connect();
    this.pinger = window.setInterval(() => this.ping(), PING_MS);
  }

  private connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") this.hear(JSON.parse(data) as Told);
      else this.take(packetOf(data));
    };
    socket.onclose = ({ code }) => {
      if (this.isClosed || this.state.phase === "over" || this.state.phase === "refused") return;
      if (code === SIGNED_OUT) {
        this.refuse("account.signed_out");
        return;
      }
      this.set({ phase: "lost", rms: silent.rms });
      this.retry = window.setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  private hear(told: Told): void {
    if (told.type === "listening") {
      this.sendChoice();
      this.ping();
      this.set({ phase: "waiting" });
    } else if (told.type === "pong") {
      if (told.number === this.pings) this.wayMs = (performance.now() - this.pingedAt) / 2;
    } else if (told.type === "over") this.set({ phase: "over", rms: silent.rms });
    else this.refuse(told.code);
  }

  private take(packet: Packet | null): void {
    if (packet === null) return;
    const { party, start, count, pcm } = packet;
    if (packet.isConcealed) this.lostSamples += count;
    this.heldMs += (packet.heldMs - this.heldMs) / 16;
    this.frameMs = (count / RATE_HZ) * 1000;
    // A copy of its own, which the audio thread takes over without another.
    const own = pcm === null ? null : pcm.slice();
    this.node?.port.postMessage(
      { kind: "packet", party, start, count, pcm: own } satisfies ToWorklet,
      own === null ? [] : [own.buffer],
    );
  }

  private report(told: FromWorklet): void {
    if (["connecting", "lost", "over", "refused"].includes(this.state.phase)) return;
    const bufferMs = (told.held / RATE_HZ) * 1000;
    const outMs = ((this.context.outputLatency || this.context.baseLatency) ?? 0) * 1000;
    const missed = told.left + told.late + this.lostSamples;
    this.set({
      phase: told.isPlaying ? "playing" : "waiting",
      // A sample waits for its frame to be full, in the server, on its way, here, and in the machine's output.
      behindMs: told.isPlaying ? this.frameMs + this.heldMs + this.wayMs + bufferMs + outMs : null,
      bufferMs,
      dry: told.dry,
      missedMs: (missed / RATE_HZ) * 1000,
      played: told.played,
      rms: told.rms,
    });
  }

  private ping(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.pings += 1;
    this.pingedAt = performance.now();
    this.socket.send(JSON.stringify({ type: "ping", number: this.pings }));
  }

  private sendChoice(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ type: "choose", parties: this.parties }));
  }

  private tell(told: ToWorklet): void {
    this.node?.port.postMessage(told);
  }

  private refuse(code: string): void {
    this.set({ phase: "refused", code, rms: silent.rms });
  }

  private set(changed: Partial<EarState>): void {
    if (this.isClosed) return;
    this.state = { ...this.state, ...changed };
    this.onState(this.state);
  }
}
