/** The table of pages: addresses, and whose link is lit. */
import { describe, expect, it, vi } from "vitest";
import { PAGE_NAMES, PAGES, underLink } from "../src/ui/pages";

vi.stubGlobal("location", { pathname: "/", search: "" });
const { routeOf } = await import("../src/ui/router");

describe("the pages", () => {
  it("are named by their addresses", () => {
    expect(routeOf("/")).toEqual({ page: "wall", id: null });
    expect(routeOf("/call/a%20b")).toEqual({ page: "call", id: "a b" });
    expect(routeOf("/agent")).toEqual({ page: "agent", id: null });
    expect(routeOf("/agent/7/")).toEqual({ page: "agent", id: "7" });
    expect(routeOf("/welcome/abc")).toEqual({ page: "welcome", id: "abc" });
  });

  it("are none where the address has too little, too much, or nonsense", () => {
    for (const path of ["/call", "/accounts/x", "/call/a/b", "/nowhere", "/toString", "/call/%E0%A4%A"]) {
      expect(routeOf(path).page, path).toBe("unknown");
    }
  });

  it("stand under one link each", () => {
    expect(underLink("call")).toBe("wall");
    for (const name of PAGE_NAMES) {
      for (const held of PAGES[name].holds ?? []) expect(PAGE_NAMES).toContain(held);
    }
  });
});
