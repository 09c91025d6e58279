/** A call's sound in the browser: one element, the two parties apart, each with its own volume. */
import type { Party } from "../protocol/messages";

export class Sound {
  readonly element = new Audio();
  private context: AudioContext | null = null;
  private readonly gains: Partial<Record<Party, GainNode>> = {};
  private readonly meters: Partial<Record<Party, AnalyserNode>> = {};
  private readonly buffer = new Float32Array(1024);

  constructor(url: string) {
    this.element.preload = "metadata";
    this.element.src = url;
  }

  /** Must be called from a click: browsers play nothing before one. */
  async play(): Promise<void> {
    this.connect();
    await this.context?.resume();
    await this.element.play();
  }

  pause(): void {
    this.element.pause();
  }

  close(): void {
    this.element.pause();
    this.element.removeAttribute("src");
    void this.context?.close();
  }

  setVolume(party: Party, volume: number): void {
    const gain = this.gains[party];
    if (gain) gain.gain.value = volume;
  }

  /** RMS of the party's sound just now, 0..1. */
  level(party: Party): number {
    const meter = this.meters[party];
    if (!meter) return 0;
    meter.getFloatTimeDomainData(this.buffer);
    let sum = 0;
    for (const sample of this.buffer) sum += sample * sample;
    return Math.sqrt(sum / this.buffer.length);
  }

  /** Left is the agent, right the caller; both are heard in the middle, as on a telephone. */
  private connect(): void {
    if (this.context) return;
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(2);
    context.createMediaElementSource(this.element).connect(splitter);
    (["agent", "caller"] as const).forEach((party, channel) => {
      const gain = context.createGain();
      const meter = context.createAnalyser();
      meter.fftSize = this.buffer.length;
      splitter.connect(gain, channel);
      gain.connect(meter);
      gain.connect(context.destination);
      this.gains[party] = gain;
      this.meters[party] = meter;
    });
    this.context = context;
  }
}
