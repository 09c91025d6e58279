/** One question to the server at a time: the newest wins, and what it answers stays while the next is asked. */
import { useEffect, useRef, useState } from "preact/hooks";
import { askAsOneself } from "../state/session";
import { useReturned } from "./returned";

export interface Answer<T> {
  /** The last answer; null while there is none yet. */
  readonly value: T | null;
  readonly isAsking: boolean;
  readonly error: unknown;
  readonly again: () => void;
  /** Changes the answer where more of it was fetched. */
  readonly change: (value: T) => void;
}

/** What `path` answers; null asks nothing. With a form it is asked by POST: no address holds what is in it. */
export function useAnswer<T>(path: string | null, form: URLSearchParams | null = null): Answer<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isAsking, setAsking] = useState(path !== null);
  const [attempt, setAttempt] = useState(0);
  const newest = useRef(0);
  const isLonger = useRef(false);
  useEffect(() => {
    newest.current += 1;
    const mine = newest.current;
    if (path === null) return;
    setAsking(true);
    setError(null);
    const asked = form === null ? askAsOneself<T>("GET", path) : askAsOneself<T>("POST", path, form);
    asked.then(
      (answer) => {
        if (mine !== newest.current) return;
        isLonger.current = false;
        setValue(answer);
        setAsking(false);
      },
      (fault: unknown) => {
        if (mine !== newest.current) return;
        setError(fault);
        setAsking(false);
      },
    );
    return () => {
      newest.current += 1; // what comes after the page is left is nobody's
    };
  }, [path, form?.toString(), attempt]);
  const again = () => setAttempt((now) => now + 1);
  const change = (longer: T) => {
    isLonger.current = true;
    setValue(longer);
  };
  // What more of was fetched stays as it is: a list that somebody has gone down does not jump.
  useReturned(() => {
    if (error !== null || !isLonger.current) again();
  });
  return { value, isAsking, error, again, change };
}
