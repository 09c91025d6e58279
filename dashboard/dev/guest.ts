/** Who looks at the mock's pages: the guest of a server where nobody needs to sign in. */
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
