import { describe, expect, it } from "vitest";
import type { Whoami } from "../src/protocol/accounts";
import { mayOpen, nobody, passwordFault, reduceVisitor } from "../src/state/visitor";

const account = {
  name: "li",
  display: "Li",
  role: "agent",
  team: "",
  teams: [],
  agent: "8012",
  is_enabled: true,
  has_password: true,
  is_external: false,
  created_at: "",
} as const;
const agent: Whoami = { account, rights: ["see_own_call"], is_open: false, has_provider: true };
const out: Whoami = { account: null, rights: [], is_open: false, has_provider: true };

describe("who looks at the pages", () => {
  it("is unknown until the server says, and then in or out", () => {
    expect(nobody.phase).toBe("asking");
    expect(reduceVisitor(nobody, { kind: "answer", whoami: out })).toMatchObject({
      phase: "out",
      hasProvider: true,
      wasIn: false,
    });
    expect(reduceVisitor(nobody, { kind: "answer", whoami: agent }).account?.name).toBe("li");
  });

  it("is told that a session ended, but not that one signed out oneself", () => {
    const inside = reduceVisitor(nobody, { kind: "answer", whoami: agent });
    expect(reduceVisitor(inside, { kind: "ended" })).toMatchObject({
      phase: "out",
      account: null,
      rights: [],
      wasIn: true,
    });
    expect(reduceVisitor(inside, { kind: "answer", whoami: out }).wasIn).toBe(true);
    expect(reduceVisitor(inside, { kind: "left" })).toMatchObject({ phase: "out", wasIn: false });
  });

  it("opens the pages that their rights open", () => {
    const inside = reduceVisitor(nobody, { kind: "answer", whoami: agent });
    const pages = ["wall", "call", "agent", "accounts", "trail", "welcome"] as const;
    expect(pages.filter((page) => mayOpen(inside, page))).toEqual(["agent", "welcome"]);
    expect(pages.filter((page) => mayOpen(nobody, page))).toEqual(["welcome"]);
  });
});

it("says what is wrong with a password before it is sent", () => {
  const fault = (password: string, again = password) => passwordFault(password, again, "Li");
  expect(fault("短")).toBe("short");
  expect(fault("x".repeat(257))).toBe("long");
  expect(fault("a quiet lilac")).toBe("name");
  expect(fault("abababababab")).toBe("same");
  expect(fault("a warm river bed", "another")).toBe("differs");
  expect(fault("a warm river bed")).toBeNull();
});
