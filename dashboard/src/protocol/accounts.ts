/** What the server says about accounts: PROTOCOL.md, "Signing in, and accounts". */
export const ROLES = ["admin", "supervisor", "agent", "viewer"] as const;
export type Role = (typeof ROLES)[number];
export type Right = "see_calls" | "see_own_call" | "hear_calls" | "act" | "tune" | "manage";

export interface Account {
  readonly name: string;
  readonly display: string;
  readonly role: Role;
  readonly team: string;
  readonly teams: readonly string[];
  readonly agent: string;
  readonly is_enabled: boolean;
  readonly has_password: boolean;
  readonly is_external: boolean;
  readonly created_at: string;
}

export interface Whoami {
  readonly account: Account | null;
  readonly rights: readonly Right[];
  readonly is_open: boolean;
  readonly has_provider: boolean;
}

export interface TrailEntry {
  readonly number: number;
  readonly at: string;
  readonly name: string;
  readonly action: string;
  readonly object: string;
  readonly address: string;
}

/** Close codes of the stream: signed out, and come again at once. */
export const SIGNED_OUT = 4401;
export const COME_AGAIN = 4409;
