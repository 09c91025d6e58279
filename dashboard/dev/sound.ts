/** A stereo file for the player: a hum where a party of the script speaks, silence elsewhere. */
import type { Script } from "./scenario";

const RATE_HZ = 8000;

export function toneFile(script: Script): Buffer {
  const frames = Math.round(script.duration * RATE_HZ);
  const data = Buffer.alloc(44 + frames * 4);
  header(data, frames);
  for (const { party, start, end, heat = 0 } of script.lines) {
    const channel = party === "agent" ? 0 : 1;
    const hz = party === "agent" ? 118 : 205 * (1 + heat / 3);
    for (let frame = Math.round(start * RATE_HZ); frame < Math.min(frames, end * RATE_HZ); frame += 1) {
      const sample = Math.sin((2 * Math.PI * hz * frame) / RATE_HZ) * 4000 * (1 + heat);
      data.writeInt16LE(Math.round(sample), 44 + frame * 4 + channel * 2);
    }
  }
  return data;
}

function header(data: Buffer, frames: number): void {
  data.write("RIFF", 0);
  data.writeUInt32LE(36 + frames * 4, 4);
  data.write("WAVEfmt ", 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(2, 22);
  data.writeUInt32LE(RATE_HZ, 24);
  data.writeUInt32LE(RATE_HZ * 4, 28);
  data.writeUInt16LE(4, 32);
  data.writeUInt16LE(16, 34);
  data.write("data", 36);
  data.writeUInt32LE(frames * 4, 40);
}
