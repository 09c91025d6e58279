/** Calls a supervisor about new alerts by a sound and by the browser, as they chose on this browser. */
import { computed, effect, signal } from "@preact/signals";
import { say, t } from "../i18n";
import type { DeskAlert, Severity } from "../protocol/messages";
import { SEVERITY_RANK } from "../state/attention";
import { newlyOpen } from "../state/inbox";
import { desk, nowMs } from "../state/store";
import { remember, remembered } from "../ui/memory";

/** At most one sound in so long, over all windows of this browser: a storm of alerts is one call. */
const SOUND_EVERY_MS = 4000;

export type Permission = NotificationPermission | "unsupported";

export const hasSound = signal(remembered("bell.sound") === "on");
export const hasNotes = signal(remembered("bell.notes") === "on");
export const least = signal<Severity>(severityOf(remembered("bell.least")));
export const permission = signal<Permission>(
  "Notification" in window ? Notification.permission : "unsupported",
);

/** Whether the browser plays: null before anything was to be played. */
export const audioState = signal<AudioContextState | "unsupported" | null>(null);
export const isSilent = computed(() => hasSound.value && audioState.value === "suspended");

let audio: AudioContext | null = null;

export function switchSound(on: boolean): void {
  hasSound.value = on;
  remember("bell.sound", on ? "on" : "off");
  if (on) wakeAudio();
}

/** Asks the browser where it was not asked yet; what it refuses stays off. */
export async function switchNotes(on: boolean): Promise<void> {
  if (on && permission.peek() === "default") permission.value = await Notification.requestPermission();
  hasNotes.value = on && permission.peek() === "granted";
  remember("bell.notes", hasNotes.value ? "on" : "off");
}

export function chooseLeast(severity: Severity): void {
  least.value = severity;
  remember("bell.least", severity);
}

/** Shows by sound and notification how an alert calls, whatever its severity. */
export function test(): void {
  wakeAudio();
  if (hasSound.peek()) sound();
  if (hasNotes.peek()) note(t.peek().inbox.bell.tested, t.peek().name);
}

/** Watches the desk from now on; returns what ends it. */
export function watchDesk(): () => void {
  let before = desk.peek();
  let beforeMs = nowMs.peek();
  if (hasSound.peek()) wakeAudio();
  return effect(() => {
    const [after, atMs] = [desk.value, nowMs.value];
    const news = newlyOpen(before, beforeMs, after, atMs);
    [before, beforeMs] = [after, atMs];
    ring(news.filter((alert) => SEVERITY_RANK[alert.severity] >= SEVERITY_RANK[least.peek()]));
  });
}

function ring(news: readonly DeskAlert[]): void {
  if (news.length === 0) return;
  if (hasSound.peek() && maySound(Date.now(), Number(remembered("bell.sounded")))) sound();
  if (!hasNotes.peek() || permission.peek() !== "granted") return;
  const worst = news.reduce((a, b) => (SEVERITY_RANK[b.severity] > SEVERITY_RANK[a.severity] ? b : a));
  const title = news.length === 1 ? say(worst.title) : t.peek().inbox.bell.alerts(news.length);
  note(title, [worst.agent || worst.call_title, t.peek().severity[worst.severity]].join(" · "));
}

/** A clock that was set back silences nothing for long. */
export function maySound(atMs: number, lastMs: number): boolean {
  return !(Math.abs(atMs - lastMs) < SOUND_EVERY_MS);
}

/** Nothing that anybody said: a notification stands on a screen that others see. */
function note(title: string, body: string): void {
  // One tag: the newer replaces the older, and two windows of one browser show one.
  const shown = new Notification(title, { body, tag: "tingyin-alert", icon: "/icon.svg" });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

function wakeAudio(): void {
  if (!("AudioContext" in window)) {
    audioState.value = "unsupported";
    return;
  }
  if (audio === null) {
    audio = new AudioContext();
    audio.onstatechange = () => {
      audioState.value = audio!.state;
    };
    // Browsers play nothing before the viewer has done something on the page.
    for (const kind of ["pointerdown", "keydown"]) {
      document.addEventListener(kind, () => void audio?.resume().catch(() => undefined), { once: true });
    }
  }
  audioState.value = audio.state;
  void audio.resume().catch(() => undefined);
}

/** Two soft tones, the second a fourth higher: heard in a room that talks, and nobody starts. */
function sound(): void {
  if (audio === null || audio.state !== "running") return;
  remember("bell.sounded", String(Date.now()));
  const start = audio.currentTime + 0.02;
  for (const [place, hz] of [587, 784].entries()) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const at = start + place * 0.16;
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.16, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    tone.connect(gain).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.42);
  }
}

function severityOf(kept: string | null): Severity {
  return kept !== null && Object.hasOwn(SEVERITY_RANK, kept) ? (kept as Severity) : "high";
}
