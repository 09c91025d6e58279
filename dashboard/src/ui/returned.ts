/** Does something once more when the server is there again. */
import { useEffect, useRef } from "preact/hooks";
import { connection } from "../state/store";

/** Runs `again` each time that the stream is back after it broke off: what a page was told is old then. */
export function useReturned(again: () => void): void {
  const { phase } = connection.value;
  const wasLost = useRef(false);
  useEffect(() => {
    if (phase === "lost") wasLost.current = true;
    if (phase !== "live" || !wasLost.current) return;
    wasLost.current = false;
    again();
  }, [phase]);
}
