/** Runs in the browser's audio thread: plays the jitter buffer, and tells how it stands. */
import type { Party } from "../protocol/messages";
import { JitterBuffer } from "./jitter";
import type { FromWorklet, ToWorklet } from "./worklet-messages";

/** What the audio thread has, and its types do not tell. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, kind: new () => AudioWorkletProcessor): void;

/** Quanta of 128 samples between two reports: 48 ms, so that the bars move smoothly. */
const REPORT_EVERY = 6;

class ListenProcessor extends AudioWorkletProcessor {
  private readonly buffer = new JitterBuffer();
  private readonly squares: Record<Party, number> = { agent: 0, caller: 0 };
  private summed = 0;
  private quanta = 0;
  private isOpen = true;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => {
      if (data.kind === "packet") this.buffer.push(data.party, data.start, data.count, data.pcm);
      else if (data.kind === "choose") this.buffer.choose(data.parties);
      else this.isOpen = false;
    };
  }

  /** One output for each party, mono. */
  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [agent, caller] = [outputs[0]?.[0], outputs[1]?.[0]];
    if (agent === undefined || caller === undefined) return this.isOpen;
    if (this.buffer.pull({ agent, caller })) {
      this.sum("agent", agent);
      this.sum("caller", caller);
    }
    this.summed += agent.length;
    this.quanta += 1;
    if (this.quanta === REPORT_EVERY) this.report();
    return this.isOpen;
  }

  private sum(party: Party, samples: Float32Array): void {
    for (const sample of samples) this.squares[party] += sample * sample;
  }

  private report(): void {
    const { buffer, squares, summed } = this;
    const told: FromWorklet = {
      ...buffer.stats,
      isPlaying: buffer.isPlaying,
      held: buffer.held,
      rms: { agent: Math.sqrt(squares.agent / summed), caller: Math.sqrt(squares.caller / summed) },
    };
    this.port.postMessage(told);
    this.squares.agent = this.squares.caller = this.summed = this.quanta = 0;
  }
}

registerProcessor("tingyin-listen", ListenProcessor);
