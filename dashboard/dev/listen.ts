/** The mock's live sound: a hum where a party of the script speaks, in packets of 20 ms. */
import type { WebSocket } from "ws";
import type { Script } from "./scenario";

const RATE_HZ = 16_000;
const COUNT = 320;
const HEADER_BYTES = 16;
const SILENT = 2;

/** Sends a call's sound from where it is now, until it is over or the listener goes. */
export function playLive(socket: WebSocket, script: Script, placeS: () => number): void {
  let parties = ["agent", "caller"];
  let next = Math.floor((placeS() * RATE_HZ) / COUNT);
  socket.send(JSON.stringify({ type: "listening", call_id: script.id, sample_rate_hz: RATE_HZ }));
  const timer = setInterval(() => {
    const until = Math.floor((placeS() * RATE_HZ) / COUNT);
    for (; next < until; next += 1) {
      for (const party of parties) socket.send(packet(script, party, next * COUNT));
    }
    if (placeS() > script.duration) {
      socket.send(JSON.stringify({ type: "over" }));
      socket.close(1000);
    }
  }, 20);
  socket.on("message", (data) => {
    const told = JSON.parse(String(data)) as { type: string; parties?: string[]; number?: number };
    if (told.type === "choose") parties = told.parties ?? [];
    else socket.send(JSON.stringify({ type: "pong", number: told.number }));
  });
  socket.on("close", () => clearInterval(timer));
}

function packet(script: Script, party: string, start: number): Buffer {
  const at = start / RATE_HZ;
  const line = script.lines.find((one) => one.party === party && one.start <= at && at < one.end);
  const data = Buffer.alloc(HEADER_BYTES + (line ? COUNT * 2 : 0));
  data.writeUInt8(1, 0);
  data.writeUInt8(party === "agent" ? 0 : 1, 1);
  data.writeUInt8(line ? 0 : SILENT, 2);
  data.writeUInt32LE(start, 4);
  data.writeUInt32LE(COUNT, 8);
  if (line) {
    const heat = line.heat ?? 0;
    const hz = party === "agent" ? 118 : 205 * (1 + heat / 3);
    for (let n = 0; n < COUNT; n += 1) {
      const sample = Math.sin((2 * Math.PI * hz * (start + n)) / RATE_HZ) * 4000 * (1 + heat);
      data.writeInt16LE(Math.round(sample), HEADER_BYTES + n * 2);
    }
  }
  return data;
}
