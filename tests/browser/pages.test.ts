/** The built pages in Chromium, with invented calls told over the real protocol. */
import { parcel } from "dashboard/dev/scripts";
import { describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { expectAccessibleInBothThemes, expectNoSidewaysScroll } from "./support";

const CALL = `/call/${parcel.id}`;
const AGENT = `/agent/${parcel.id}`;

describe.skipIf(!hasBrowser)("the pages", () => {
  const stage = useStage();
  const open = (path: string, at?: Record<string, number>, options = {}) =>
    stage.open(path, at === undefined ? {} : { at }, options);

  it("put the call that needs attention first, and are accessible", async () => {
    const page = await open("/", {
      [parcel.id]: 42,
      "call-0720": 130,
      "call-0722-no": 75,
      "call-0703-c": 1000,
    });
    const names = page.locator(".row .row-link");
    await names.first().waitFor();
    await expect.poll(() => names.first().textContent()).toBe(parcel.agent);
    await expect
      .poll(() => page.locator(".row").first().locator(".badge").first().textContent())
      .toBe("Critical");
    await expect.poll(() => page.title()).toMatch(/^\(1\) /);
    await expectAccessibleInBothThemes(page);
  });

  it("open a call from the wall, and go back", async () => {
    const page = await open("/", { [parcel.id]: 42 });
    await page.locator(".row-link").first().click();
    await page.locator(".said").first().waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toBe(CALL);
    await page.goBack();
    await page.locator(".row").first().waitFor();
  });

  it("watch an alert appear and clear, on the wall and on the call's page", async () => {
    const page = await open(CALL, { [parcel.id]: 34 });
    const wall = await open("/");
    const card = page.locator(".alert", { hasText: "Caller is heated" });
    await card.and(page.locator('[data-open="true"]')).waitFor();
    await wall.locator(".row-alert", { hasText: "Caller is heated" }).waitFor();
    await card.and(page.locator('[data-open="false"]')).waitFor();
    await wall.locator(".row-alert", { hasText: "Caller is heated" }).waitFor({ state: "detached" });
    await expect.poll(() => card.locator(".alert-cleared").textContent()).toContain("cleared 0:53");
  });

  it("show a call accessibly: words, charts and alerts", async () => {
    const page = await open(CALL, { [parcel.id]: 44.5 });
    await page.locator(".alert").first().waitFor();
    await expect.poll(() => page.locator(".strip-plot canvas").count()).toBe(5);
    await expect.poll(() => page.locator(".at-once").count()).toBeGreaterThan(1);
    await expect.poll(() => page.locator(".cut-note").count()).toBe(1);
    await expect.poll(() => page.locator(".said.backchannel").count()).toBeGreaterThan(0);
    await expectAccessibleInBothThemes(page);
  });

  it("read the charts where one points, by mouse and by keyboard", async () => {
    const page = await open(CALL, { [parcel.id]: 50 });
    const glass = page.locator(".glass");
    await glass.waitFor();
    const box = (await glass.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
    await expect.poll(() => page.locator(".caption-time").textContent()).toMatch(/^0:[23]\d$/);
    await page.mouse.move(10, 10);
    await glass.focus();
    await page.keyboard.press("ArrowLeft");
    await page.locator(".caption-time").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".caption.hint").waitFor();
  });

  it("find words in the transcript, from the keyboard, without losing the reader’s place", async () => {
    const page = await open(CALL, { [parcel.id]: 44 });
    await page.locator(".said").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("规定");
    await page.locator(".find-count", { hasText: /^1 of \d/ }).waitFor();
    await expect.poll(() => page.locator(".transcript mark").count()).toBeGreaterThan(1);
    await page.keyboard.press("Enter");
    await page.locator(".find-count", { hasText: /^2 of/ }).waitFor();
    await page.keyboard.press("Shift+Enter");
    await page.locator(".find-count", { hasText: /^1 of/ }).waitFor();
    const shown = page.locator("mark[data-current]");
    await expect.poll(() => shown.count()).toBe(1);
    await expect.poll(() => shown.evaluate((e) => e.getBoundingClientRect().top)).toBeGreaterThan(0);
    await expectAccessibleInBothThemes(page);
    await page.locator(".find input").fill("没有这样的词");
    await page.getByText("Not found").waitFor();
  });

  it("explain the marks on the charts where one points", async () => {
    const page = await open(CALL, { [parcel.id]: 44 });
    await page.locator(".said").first().waitFor();
    const box = (await page.locator(".glass").boundingBox())!;
    const label = page.locator(".caption");
    const read: string[] = [];
    for (let share = 0.02; share < 1; share += 0.02) {
      await page.mouse.move(box.x + box.width * share, box.y + 20);
      // The caption is drawn with the next frame.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      read.push((await label.textContent()) ?? "");
    }
    const told = read.join("\n");
    expect(told).toMatch(/Agent cut in on the caller · [\d.]+ s · the other gave way/);
    expect(told).toMatch(/Heat: /);
    expect(told).toMatch(/Caller is heated/);
  });

  it("keep the place of a reader who looks back, and return to live when asked", async () => {
    const page = await open(CALL, { [parcel.id]: 60 });
    const scroller = page.locator(".transcript-scroll");
    await page.locator(".said").nth(8).waitFor();
    const distance = () => scroller.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
    await expect.poll(distance).toBeLessThan(48);
    await scroller.evaluate((e) => e.scrollTo(0, 10));
    const back = page.locator(".to-live");
    await back.waitFor();
    const count = await page.locator(".said-row").count();
    await expect.poll(() => page.locator(".said-row").count(), { timeout: 20_000 }).toBeGreaterThan(count);
    expect(await scroller.evaluate((e) => e.scrollTop)).toBe(10);
    await back.click();
    await expect.poll(distance).toBeLessThan(48);
    await expect.poll(() => back.count()).toBe(0);
  });

  it("let a supervisor listen in on a live call, and hear one party alone", async () => {
    const page = await open(CALL, { [parcel.id]: 30 });
    await page.getByRole("button", { name: "Listen in" }).click();
    const listen = page.locator(".listen");
    const played = async () => Number(await listen.getAttribute("data-played"));
    const rms = async (party: string) =>
      Number(await listen.locator(`[data-party="${party}"]`).getAttribute("data-rms"));
    await listen.and(page.locator('[data-phase="playing"]')).waitFor();
    await page.getByText("You are listening to this call").waitFor();
    await expect.poll(() => page.title()).toContain("🎧");
    const before = await played();
    await expect.poll(played, { timeout: 10_000 }).toBeGreaterThan(before + 16_000);
    await expect.poll(() => rms("caller"), { timeout: 20_000 }).toBeGreaterThan(0.02);
    await expectAccessibleInBothThemes(page);
    await page.getByRole("button", { name: "Mute the caller" }).click();
    await expect.poll(() => rms("caller")).toBe(0);
    await page.keyboard.press("Alt+l");
    await listen.and(page.locator('[data-phase="off"]')).waitFor();
    await expect.poll(() => page.title()).not.toContain("🎧");
    await page.keyboard.press("Alt+l");
    await listen.and(page.locator('[data-phase="playing"]')).waitFor();
    await expect.poll(() => stage.served.hub.sides.of(parcel.id).listeners).toEqual(["local"]);
    await page.locator(".back").click();
    await page.locator(".row").first().waitFor();
    await expect.poll(() => stage.served.hub.sides.of(parcel.id).listeners).toEqual([]);
  });

  it("let a key mean what is shown, however soon it comes", async () => {
    const page = await open(CALL, { [parcel.id]: 30 });
    const listen = page.locator(".listen");
    await listen.waitFor();
    // Again with the first event after the page shows that it listens, before that is painted.
    await listen.evaluate((section) => {
      const next = new MessageChannel();
      next.port1.onmessage = () => press();
      const press = () =>
        window.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyL", key: "l", altKey: true }));
      const shown = new MutationObserver(() => {
        shown.disconnect();
        next.port2.postMessage(null);
      });
      shown.observe(section, { attributes: true, attributeFilter: ["data-on"] });
      press();
    });
    await page.waitForTimeout(500);
    await expect.poll(() => listen.getAttribute("data-phase")).toBe("off");
  });

  it("show the agent one hint, and that it was followed", async () => {
    const page = await open(AGENT, { [parcel.id]: 44 });
    await page.locator("blockquote").waitFor();
    await expect.poll(() => page.locator(".cue").count()).toBe(1);
    await expectAccessibleInBothThemes(page);
    await page.locator(".done-cue").waitFor();
    await page.locator(".done-cue").waitFor({ state: "detached", timeout: 10_000 });
    await page.locator(".quiet-cue").waitFor();
    await expectAccessibleInBothThemes(page);
  });

  it("never tell the agent a temper or a score", async () => {
    const page = await open(AGENT, { [parcel.id]: 38 });
    await page.locator("blockquote").waitFor();
    const text = await page.locator("main").textContent();
    expect(text).not.toMatch(/heated|rising|calm|temper|score|\b\d+ ?\/ ?100\b/i);
    await expect.poll(() => page.locator(".agent [data-temper], .agent .strip").count()).toBe(0);
  });

  it.each(["a button", "a key"])("let the agent send a hint away by %s", async (means) => {
    const page = await open(AGENT, { [parcel.id]: 37 });
    await page.locator("blockquote").waitFor();
    if (means === "a key") await page.keyboard.press("x");
    else await page.getByRole("button", { name: "Not helpful" }).click();
    // Well before it would have gone by itself, and with no praise for what was not done.
    await page.locator(".quiet-cue").waitFor({ timeout: 4000 });
    expect(await page.locator(".done-cue").count()).toBe(0);
  });

  it("let the agent pause the hints by keyboard, with an end, and supervisors see it", async () => {
    const page = await open(AGENT, { [parcel.id]: 38 });
    const call = await open(CALL);
    await page.locator("blockquote").waitFor();
    await page.keyboard.press("m");
    await page.getByRole("group", { name: "Pause hints for" }).locator("button:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("blockquote").waitFor({ state: "detached" });
    await page.getByText("Hints are paused").waitFor();
    await page.getByText(/^[12]:\d\d left/).waitFor();
    await call.getByText(/The agent has paused hints for [12]:\d\d more/).waitFor();
    await expectAccessibleInBothThemes(page);
    await page.keyboard.press("m");
    await page.getByText("Hints are paused").waitFor({ state: "detached" });
    await call.getByText("The agent has paused hints").waitFor({ state: "detached" });
  });

  it("let single keys be switched off, for those whom they disturb", async () => {
    const page = await open(AGENT, { [parcel.id]: 38 });
    await page.locator("blockquote").waitFor();
    await page.getByLabel("Single keys work on this page").uncheck();
    await expect.poll(() => page.locator("kbd").count()).toBe(0);
    await page.keyboard.press("m");
    await expect.poll(() => page.getByRole("group", { name: "Pause hints for" }).count()).toBe(0);
    await page.reload();
    await expect.poll(() => page.getByLabel("Single keys work on this page").isChecked()).toBe(false);
  });

  it("bring a supervisor's message to the agent, and tell when it was seen", async () => {
    const call = await open(CALL, { [parcel.id]: 38 });
    const agent = await open(AGENT, undefined, { locale: "zh-CN", viewport: { width: 320, height: 640 } });
    await call.getByText("Ready lines").click();
    await call.getByRole("button", { name: "Let the caller finish first." }).click();
    await expect
      .poll(() => call.getByLabel("Message to the agent").inputValue())
      .toBe("Let the caller finish first.");
    await call.keyboard.press("Enter");
    await agent.locator(".message-text", { hasText: "先让客户把话说完。" }).waitFor();
    const mark = call.locator(".sent-mark").first();
    await mark.and(call.locator('[data-mark="shown"]')).waitFor();
    await expectAccessibleInBothThemes(call);
    await expectAccessibleInBothThemes(agent);
    await expectNoSidewaysScroll(agent);
    await agent.keyboard.press("s");
    await mark.and(call.locator('[data-mark="seen"]')).waitFor();
    await agent.locator(".message-card").waitFor({ state: "detached" });
  });

  it("hold a message back in a pause, unless it is urgent", async () => {
    const call = await open(CALL, { [parcel.id]: 38 });
    const agent = await open(AGENT);
    await agent.locator("blockquote").waitFor();
    await agent.keyboard.press("m");
    await agent.getByRole("button", { name: "5 min", exact: true }).click();
    await agent.getByText("Hints are paused").waitFor();
    const send = async (line: string) => {
      await call.getByLabel("Message to the agent").fill(line);
      await call.getByRole("button", { name: "Send" }).click();
      await call.locator(".sent-text", { hasText: line }).waitFor();
    };
    await send("When you have a moment");
    await agent.getByText("1 message waits until the pause ends").waitFor();
    expect(await agent.locator(".message-card").count()).toBe(0);
    await call.getByLabel("Show at once, even in a pause").check();
    await send("Stop, put them through to me");
    await agent.locator(".message-text", { hasText: "Stop, put them through to me" }).waitFor();
    await agent.keyboard.press("s");
    await agent.locator(".message-card").waitFor({ state: "detached" });
    await agent.getByRole("button", { name: "Show hints" }).click();
    await agent.locator(".message-text", { hasText: "When you have a moment" }).waitFor();
  });

  it("follow the newest live call without being told which", async () => {
    const page = await open("/agent", { "call-0720": 130, [parcel.id]: 38 });
    await page.locator("h1", { hasText: parcel.agent }).waitFor();
  });

  it("fit on narrow screens", async () => {
    for (const path of ["/", CALL, AGENT]) {
      const page = await open(
        path,
        { [parcel.id]: 44, "call-0703-c": 1000 },
        { viewport: { width: 320, height: 640 } },
      );
      await page.locator("main:not([aria-busy])").waitFor();
      await expectNoSidewaysScroll(page);
    }
  });

  it("leave no gap after a narrow call's alerts", async () => {
    const page = await open(CALL, { [parcel.id]: 44 }, { viewport: { width: 390, height: 800 } });
    await page.locator(".alert").first().waitFor();
    const gaps = await page.locator(".alerts").evaluateAll((parts) =>
      parts.map((alerts) => {
        const last = [...alerts.querySelectorAll(".alert")].at(-1)!;
        return alerts.getBoundingClientRect().bottom - last.getBoundingClientRect().bottom;
      }),
    );
    expect(gaps).toHaveLength(2); // what is open, and further down what has cleared
    expect(Math.max(...gaps)).toBeLessThan(40);
  });

  it("show a narrow call's open alerts before all that was said", async () => {
    const page = await open(CALL, { [parcel.id]: 44 }, { viewport: { width: 390, height: 844 } });
    const alert = page.locator('.alert[data-open="true"]').first();
    await alert.waitFor();
    const bottom = async (selector: string) => {
      const box = await page.locator(selector).first().boundingBox();
      return box!.y + box!.height;
    };
    expect(await bottom('.alert[data-open="true"]')).toBeLessThan(844); // without scrolling
    expect(await bottom(".alerts-first")).toBeLessThan(await bottom(".transcript"));
    // The keyboard meets them in the same order.
    const order = await page.evaluate(() =>
      [...document.querySelectorAll(".alerts-first, .transcript, .call-side")].map(
        (part) => part.classList[0],
      ),
    );
    expect(order).toEqual(["alerts", "transcript", "call-side"]);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.locator(".alerts-first").waitFor({ state: "detached" });
    await expect.poll(() => page.locator(".call-side .alert").count()).toBeGreaterThan(1);
  });

  it("tell shares and choices where the system forces its colours", async () => {
    const page = await open(CALL, { [parcel.id]: 44 }, { forcedColors: "active" });
    await page.locator(".talk-bar i").first().waitFor();
    const ground = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    const parts = [
      await ground('.talk-bar [data-party="agent"]'),
      await ground('.talk-bar [data-party="caller"]'),
    ];
    expect(new Set([...parts, await ground("body")]).size).toBe(3);
    expect(await ground('.choice [aria-pressed="true"]')).not.toBe(
      await ground('.choice [aria-pressed="false"]'),
    );
    expect(
      await page
        .locator(".acts .primary")
        .first()
        .evaluate((button) => getComputedStyle(button).borderTopWidth),
    ).toBe("1px");
  });

  it("say calmly that they are cut off, and go on by themselves", async () => {
    const page = await open(CALL, { [parcel.id]: 44 });
    await page.locator(".said").first().waitFor();
    await stage.served.stop();
    const banner = page.locator(".banner", { hasText: "Cut off from the server since" });
    await banner.waitFor();
    await expect.poll(() => page.locator("main").getAttribute("data-stale")).toBe("true");
    await expectAccessibleInBothThemes(page);
    const before = await page.locator(".said").count();
    await stage.served.resume();
    await page
      .getByRole("button", { name: "Try now" })
      .click({ timeout: 3000 })
      .catch(() => undefined);
    await banner.waitFor({ state: "detached", timeout: 20_000 });
    await expect.poll(() => page.locator(".said").count(), { timeout: 20_000 }).toBeGreaterThan(before);
  });

  it("have words for having nothing to show", async () => {
    const page = await open("/", {});
    await page.getByText("No call yet").waitFor();
    await expectAccessibleInBothThemes(page);
    await page.goto(`${stage.served.url}/call/nobody`);
    await page.getByText("This call is not known here").waitFor();
    await expectAccessibleInBothThemes(page);
    await page.goto(`${stage.served.url}/agent`);
    await page.getByText("No call", { exact: true }).waitFor();
    await expectAccessibleInBothThemes(page);
  });

  it("speak the browser's language, and remember another that is chosen", async () => {
    const page = await open("/", { [parcel.id]: 44 }, { locale: "zh-CN" });
    await page.getByRole("heading", { name: "通话", exact: true }).waitFor();
    await expect.poll(() => page.locator("html").getAttribute("lang")).toBe("zh-CN");
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("heading", { name: "Calls", exact: true }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Calls", exact: true }).waitFor();
    await expect.poll(() => page.locator("html").getAttribute("lang")).toBe("en");
  });

  it("follow the system's theme until the viewer chooses one", async () => {
    const page = await open("/", { [parcel.id]: 44 }, { colorScheme: "dark" });
    const theme = () => page.locator("html").getAttribute("data-theme");
    await page.locator(".row").first().waitFor();
    await expect.poll(theme).toBe("dark");
    await page.getByRole("button", { name: /^Theme/ }).click();
    await expect.poll(theme).toBe("light");
    await page.reload();
    await expect.poll(theme).toBe("light");
  });
});
