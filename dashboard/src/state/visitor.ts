/** Who looks at the pages, as a fold; and which pages and parts are theirs. */
import type { Account, Right, Whoami } from "../protocol/accounts";
import { PAGES, type PageName } from "../ui/pages";

export interface VisitorState {
  readonly phase: /** the server was not heard yet */ "asking" | "out" | "in";
  readonly account: Account | null;
  readonly rights: readonly Right[];
  /** Everybody on this machine is let in: there is nobody to sign out. */
  readonly isOpen: boolean;
  readonly hasProvider: boolean;
  /** They were in before: the sign-in page says so. */
  readonly wasIn: boolean;
}

export type VisitorInput =
  | { readonly kind: "answer"; readonly whoami: Whoami }
  /** The session is over, by whoever's hand. */
  | { readonly kind: "ended" }
  /** They signed out themselves. */
  | { readonly kind: "left" };

export const nobody: VisitorState = {
  phase: "asking",
  account: null,
  rights: [],
  isOpen: false,
  hasProvider: false,
  wasIn: false,
};

export function reduceVisitor(state: VisitorState, input: VisitorInput): VisitorState {
  switch (input.kind) {
    case "answer": {
      const { account, rights, is_open: isOpen, has_provider: hasProvider } = input.whoami;
      const wasIn = account === null && (state.wasIn || state.phase === "in");
      return { phase: account === null ? "out" : "in", account, rights, isOpen, hasProvider, wasIn };
    }
    case "ended":
    case "left": {
      const { hasProvider } = state;
      return { ...nobody, phase: "out", hasProvider, wasIn: input.kind === "ended" && state.phase === "in" };
    }
  }
}

export function may(state: VisitorState, right: Right): boolean {
  return state.phase === "in" && state.rights.includes(right);
}

export function mayOpen(state: VisitorState, page: PageName): boolean {
  const need = PAGES[page].needs;
  return need === null || may(state, need);
}

/** Whether they see everybody's calls, and not those of some teams alone. */
export function seesAll({ isOpen, account }: VisitorState): boolean {
  return isOpen || (account !== null && account.teams.length === 0);
}

/** Why a password is not taken, before it is sent: the server's own rules. */
export type PasswordFault = "short" | "long" | "name" | "same" | "differs";
export const PASSWORD_LEAST = 10;
const PASSWORD_MOST = 256;
const CHARACTERS_LEAST = 5;

export function passwordFault(password: string, again: string, name: string): PasswordFault | null {
  const letters = [...password];
  if (letters.length < PASSWORD_LEAST) return "short";
  if (letters.length > PASSWORD_MOST) return "long";
  if (name !== "" && password.toLowerCase().includes(name.toLowerCase())) return "name";
  if (new Set(letters).size < CHARACTERS_LEAST) return "same";
  return password === again ? null : "differs";
}
