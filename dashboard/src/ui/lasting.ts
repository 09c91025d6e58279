/** How long something lasts or has lasted, with its unit. */
import { t } from "../i18n";
import { shortSeconds } from "./format";

/** 3.8 s; 42 s; 3 min; from an hour on in minutes, too: nothing here lasts for days. */
export function lasting(seconds: number): string {
  const { time } = t.value;
  return seconds < 59.5
    ? time.seconds(Number(shortSeconds(Math.max(0, seconds))))
    : time.minutes(Math.round(seconds / 60));
}
