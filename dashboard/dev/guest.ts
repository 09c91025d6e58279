/** Who looks at the mock's pages: the guest of a server where nobody needs to sign in. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Whoami } from "../src/protocol/accounts";

export const GUEST: Whoami = {
  account: {
    name: "local",
    display: "local",
    role: "admin",
    team: "",
    teams: [],
    agent: "",
    is_enabled: true,
    has_password: false,
    is_external: false,
    created_at: "",
  },
  rights: ["see_calls", "see_own_call", "hear_calls", "act", "tune", "manage"],
  is_open: true,
  has_provider: false,
};

/** Answers who is signed in; false where something else was asked. */
export function answerAsGuest(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.url !== "/api/session") return false;
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(GUEST));
  return true;
}
