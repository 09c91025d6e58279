/** The mock's side of calls: messages to agents, pauses, and answers to cues, for one server's pages. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { MessageToAgent, Side } from "../src/protocol/messages";

const TEMPLATES = [
  { id: "well_done", text: { zh: "处理得很好，继续。", en: "You are doing well. Keep going." } },
  { id: "let_them_finish", text: { zh: "先让客户把话说完。", en: "Let the caller finish first." } },
  { id: "slower", text: { zh: "说慢一点，句子短一点。", en: "A little slower, in short sentences." } },
  {
    id: "say_when",
    text: { zh: "告诉客户具体什么时候有结果。", en: "Tell the caller when there will be a result." },
  },
  {
    id: "i_approve",
    text: { zh: "补偿我批准，您可以答应。", en: "I approve the compensation. You may offer it." },
  },
  { id: "transfer", text: { zh: "需要的话转给我。", en: "Put the call through to me if you need to." } },
];

interface Kept {
  readonly messages: MessageToAgent[];
  readonly listeners: string[];
  pause: { readonly at: string; readonly forS: number; readonly untilMs: number } | null;
}

export class MockSides {
  private readonly sides = new Map<string, Kept>();
  private count = 0;

  constructor(
    private readonly tell: (side: Side) => void,
    private readonly answerCue: (callId: string, cueId: string, answer: string) => void,
  ) {}

  of(callId: string): Side {
    const { messages, pause, listeners } = this.kept(callId);
    const leftS = pause === null ? 0 : (pause.untilMs - Date.now()) / 1000;
    return {
      type: "side",
      call_id: callId,
      messages: [...messages],
      pause: pause !== null && leftS > 0 ? { at: pause.at, for_s: pause.forS, left_s: leftS } : null,
      listeners: [...new Set(listeners)],
    };
  }

  /** Somebody begins to listen; returns what ends it. */
  listen(callId: string, name: string): () => void {
    const { listeners } = this.kept(callId);
    listeners.push(name);
    this.tell(this.of(callId));
    return () => {
      listeners.splice(listeners.indexOf(name), 1);
      this.tell(this.of(callId));
    };
  }

  send(callId: string, text: MessageToAgent["text"], given: Partial<MessageToAgent> = {}): MessageToAgent {
    this.count += 1;
    const message: MessageToAgent = {
      id: `m${this.count}`,
      at: new Date().toISOString(),
      t_s: 30 + this.count,
      sender: "local",
      display: "李组长",
      text,
      template: null,
      is_urgent: false,
      shown_at: null,
      seen_at: null,
      ...given,
    };
    this.kept(callId).messages.push(message);
    this.tell(this.of(callId));
    return message;
  }

  /** The agent pauses the cues; null ends it. */
  pause(callId: string, forS: number | null): void {
    this.kept(callId).pause =
      forS === null ? null : { at: new Date().toISOString(), forS, untilMs: Date.now() + forS * 1000 };
    this.tell(this.of(callId));
  }

  /** Answers what the pages ask and tell; false where the address is another's. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const path = request.url ?? "";
    if (path === "/api/templates") {
      json(response, 200, { templates: TEMPLATES, length_max: 120 });
      return true;
    }
    const found = /^\/api\/calls\/([^/]+)\/(messages|pause|cues)(?:\/([^/]+))?$/.exec(path);
    if (!found) return false;
    const [, id, what, part] = found;
    void bodyOf(request).then((body) =>
      this.take(decodeURIComponent(id!), what!, part, request.method!, body, response),
    );
    return true;
  }

  private take(
    callId: string,
    what: string,
    part: string | undefined,
    method: string,
    body: Record<string, unknown>,
    response: ServerResponse,
  ): void {
    const kept = this.kept(callId);
    if (what === "cues") {
      this.answerCue(callId, part!, String(body.answer));
      response.writeHead(202).end();
    } else if (what === "pause") {
      this.pause(callId, method === "DELETE" ? null : Number(body.for_s));
      response.writeHead(204).end();
    } else if (part === undefined) {
      const template = TEMPLATES.find((one) => one.id === body.template);
      const typed = String(body.text ?? "");
      const message = this.send(callId, template?.text ?? { zh: typed, en: typed }, {
        template: template?.id ?? null,
        is_urgent: body.is_urgent === true,
      });
      json(response, 201, message);
    } else {
      const at = kept.messages.findIndex((one) => one.id === part);
      const now = new Date().toISOString();
      const before = kept.messages[at]!;
      kept.messages[at] = {
        ...before,
        shown_at: before.shown_at ?? now,
        seen_at: before.seen_at ?? (body.mark === "seen" ? now : null),
      };
      this.tell(this.of(callId));
      json(response, 200, kept.messages[at]);
    }
  }

  private kept(callId: string): Kept {
    const known = this.sides.get(callId) ?? { messages: [], listeners: [], pause: null };
    this.sides.set(callId, known);
    return known;
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
