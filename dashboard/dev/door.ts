/** Accounts behind the mock's pages: who looks at them, who else there is, and what they did. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Account, TrailEntry, Whoami } from "../src/protocol/accounts";
import { GUEST } from "./guest";

/** Who looks: the guest of a server where nobody signs in, nobody yet, an administrator, or who leads teams. */
export type Visitor = "guest" | "nobody" | "admin" | "lead";

const base: Account = {
  name: "root",
  display: "赵敏",
  role: "admin",
  team: "",
  teams: [],
  agent: "",
  is_enabled: true,
  has_password: true,
  is_external: false,
  created_at: "2026-01-02T03:04:05Z",
};

const lead: Account = { ...base, name: "li", display: "李组长", role: "supervisor", teams: ["投递", "售后"] };

const ACCOUNTS: readonly Account[] = [
  base,
  lead,
  { ...base, name: "lin", display: "林晓", role: "agent", team: "投递", agent: "3012 林", is_external: true },
  {
    ...base,
    name: "rao",
    display: "Rao",
    role: "agent",
    team: "Billing",
    agent: "3040 Rao",
    has_password: false,
  },
  { ...base, name: "audit", display: "审计", role: "viewer", is_enabled: false },
];

const TOLD: readonly (readonly [name: string, action: string, object: string])[] = [
  ["root", "trail_read", ""],
  ["li", "call_heard", "call-0719"],
  ["li", "call_played", "call-0702-b"],
  ["command line", "account_created", "rao"],
  ["root", "account_changed", "audit"],
  ["stranger", "refused", "account.not_invited"],
  ["li", "signed_in", ""],
];

const trail = (): TrailEntry[] =>
  TOLD.map(([name, action, object], place) => ({
    number: TOLD.length - place,
    at: new Date(Date.now() - place * 340_000).toISOString(),
    name,
    action,
    object,
    address: name === "command line" ? "this machine" : "192.0.2.17",
  }));

const SEEN: Record<Visitor, Whoami> = {
  guest: GUEST,
  nobody: { account: null, rights: [], is_open: false, has_provider: true },
  admin: { account: base, rights: GUEST.rights, is_open: false, has_provider: true },
  lead: {
    account: lead,
    rights: ["see_calls", "see_own_call", "hear_calls", "act"],
    is_open: false,
    has_provider: true,
  },
};

/** False where something else was asked. */
export function answerAtDoor(visitor: Visitor, request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname } = new URL(request.url ?? "/", "http://mock");
  const answers: Record<string, unknown> = {
    "/api/session": request.method === "POST" ? { code: "account.refused", message: "" } : SEEN[visitor],
    "/api/accounts": { accounts: ACCOUNTS },
    "/api/trail": { entries: trail(), next_before: null },
    "/api/links/good": { name: "lin" },
    "/api/links/old": { code: "account.link", message: "" },
  };
  const body = answers[pathname];
  if (body === undefined) return false;
  const isRefused = typeof body === "object" && body !== null && "code" in body;
  response.writeHead(isRefused ? 401 : 200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  return true;
}
