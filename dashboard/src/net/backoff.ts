/** The least and the most that passes before another attempt to connect, in milliseconds. */
export const FIRST_MS = 500;
export const MOST_MS = 15_000;

/**
 * Wait before attempt `attempt` (0 for the first after a loss): doubling, then taken between a half and
 * the whole of it at random, so that many pages do not return to a restarted server at one instant.
 */
export function backoffMs(attempt: number, random: () => number): number {
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(whole * (0.5 + 0.5 * random()));
}
