/** Asks the server, and tells what went wrong by its code. */

/** Nobody answered. */
export const UNREACHABLE = "unreachable";

/**
 * A server that stands still, or a line that swallows what is sent, never answers: this long is waited for an
 * answer's beginning, and for each further piece of it. A long file may take longer, as long as it flows.
 */
export const PATIENCE_MS = 30_000;

export class Refusal extends Error {
  constructor(
    readonly code: string,
    /** How long to wait before the next attempt; null where that is not the matter. */
    readonly waitS: number | null = null,
  ) {
    super(code);
  }
}

/** The answer's body, a file where the server sends one; rejects with a `Refusal`. A form is sent as one. */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const { answer, content } = await whole(path, { method, ...sent(body) });
  if (answer.ok && answer.headers.has("content-disposition")) return content as T;
  const said = parsed(await content.text());
  if (answer.ok) return said as T;
  const code = (said as { code?: unknown } | null)?.code;
  const wait = Number(answer.headers.get("retry-after") ?? Number.NaN);
  throw new Refusal(typeof code === "string" ? code : UNREACHABLE, Number.isFinite(wait) ? wait : null);
}

/** The answer with all of its body; one that stalls or breaks off was no answer. */
async function whole(path: string, request: RequestInit): Promise<{ answer: Response; content: Blob }> {
  const patience = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  };
  try {
    wait();
    const answer = await fetch(path, { ...request, signal: patience.signal });
    wait();
    const flowing = answer.body?.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(piece, out) {
          wait();
          out.enqueue(piece);
        },
      }),
    );
    return { answer, content: await new Response(flowing, { headers: answer.headers }).blob() };
  } catch {
    throw new Refusal(UNREACHABLE);
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // there is none, or what stands between has written it
  }
}

function sent(body: unknown): RequestInit {
  if (body instanceof URLSearchParams) return { body };
  const headers = { "content-type": "application/json" };
  return body === undefined ? { headers } : { headers, body: JSON.stringify(body) };
}
