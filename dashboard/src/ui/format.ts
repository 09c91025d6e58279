/** Numbers and times as people read them. */

/** 3:07, or 1:03:07 from an hour on. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** One decimal below ten, none from there on. */
export function shortSeconds(seconds: number): string {
  return seconds < 9.95 ? seconds.toFixed(1) : seconds.toFixed(0);
}

/** Hours with a tenth; what is less is not told as none. */
export function hoursText(hours: number): string {
  return hours > 0 && hours < 0.05 ? "<0.1" : hours.toFixed(1);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** What stands on a line of its own begins like a sentence; inside one, it was written small. */
export function sentence(text: string): string {
  return text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}

/** A difference with its sign; a true minus, and no sign at zero. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}

const localeOf = (language: string) => (language === "zh" ? "zh-CN" : "en-GB");

/** The viewer's own time of day; with the date where that is another day. */
export function timeOfDay(rfc3339: string, language: string, today = new Date()): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return "";
  const time = date.toLocaleTimeString(localeOf(language), {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
  if (date.toDateString() === today.toDateString()) return time;
  const day = date.toLocaleDateString(localeOf(language), { month: "short", day: "numeric" });
  return `${day} ${time}`;
}

/** The viewer's own time of day, to the second. */
export function exactTime(ms: number, language: string): string {
  return new Date(ms).toLocaleTimeString(localeOf(language), { hour12: false });
}
