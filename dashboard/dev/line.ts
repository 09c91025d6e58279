/** A telephone line into a real server: a hum from the caller, silence from the agent, until it hangs up. */
import { once } from "node:events";
import { WebSocket } from "ws";

const RATE_HZ = 8000;
const PACKET_MS = 20;
const COUNT = (PACKET_MS * RATE_HZ) / 1000;
const HUM_HZ = 180;
const HUM_PEAK = 6000;

export class Line {
  private frame = 0;
  private readonly begunMs = Date.now();
  private readonly timer = setInterval(() => this.speak(), PACKET_MS);

  private constructor(private readonly socket: WebSocket) {}

  /** A call of `agent`, with the token of the settings. */
  static async dial(url: string, agent: string, token: string): Promise<Line> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ingest`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await once(socket, "open");
    const format = { format: "pcm_s16le", rate: RATE_HZ, channels: 2 };
    socket.send(JSON.stringify({ type: "start", ...format, agent, title: "line 3" }));
    await once(socket, "message");
    return new Line(socket);
  }

  hangUp(): void {
    clearInterval(this.timer);
    this.socket.close();
  }

  private speak(): void {
    const due = ((Date.now() - this.begunMs) * RATE_HZ) / 1000;
    for (; this.frame + COUNT <= due; this.frame += COUNT) {
      const packet = new Int16Array(COUNT * 2);
      for (let n = 0; n < COUNT; n += 1) {
        packet[n * 2 + 1] = HUM_PEAK * Math.sin((2 * Math.PI * HUM_HZ * (this.frame + n)) / RATE_HZ);
      }
      this.socket.send(packet);
    }
  }
}
