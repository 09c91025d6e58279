/** Asks the server, and tells what went wrong by its code. */

/** Nobody answered. */
export const UNREACHABLE = "unreachable";

/** A server that stands still, or a line that swallows what is sent, never answers: this long is waited. */
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
  let answer: Response;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    answer = await fetch(path, { method, signal: patience.signal, ...sent(body) });
  } catch {
    throw new Refusal(UNREACHABLE);
  } finally {
    clearTimeout(timer); // a long file may take longer, once it flows
  }
  if (answer.ok && answer.headers.has("content-disposition")) return (await answer.blob()) as T;
  const said: unknown = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.ok) return said as T;
  const code = (said as { code?: unknown } | null)?.code;
  const wait = Number(answer.headers.get("retry-after") ?? Number.NaN);
  throw new Refusal(typeof code === "string" ? code : UNREACHABLE, Number.isFinite(wait) ? wait : null);
}

function sent(body: unknown): RequestInit {
  if (body instanceof URLSearchParams) return { body };
  const headers = { "content-type": "application/json" };
  return body === undefined ? { headers } : { headers, body: JSON.stringify(body) };
}
