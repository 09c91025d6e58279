/** What the forms of accounts share. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { Refusal } from "../net/api";

/** What went wrong, in words. */
export function worded(error: unknown): string {
  const { errors, wait } = t.value.door;
  const { code, waitS } = error instanceof Refusal ? error : new Refusal("other");
  if (waitS !== null) return wait(waitS);
  return (errors as Record<string, string>)[code] ?? errors.other;
}

/** Does one thing at a time, and keeps what went wrong with it. */
export function useAct(): { busy: boolean; error: unknown; act: (work: () => Promise<void>) => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const act = (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    void work()
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return { busy, error, act };
}

/** The seconds that are left of a wait after too many attempts; 0 when one may try again. */
export function useWait(error: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const waitS = error instanceof Refusal ? error.waitS : null;
    setLeft(waitS ?? 0);
    if (waitS === null) return;
    const timer = setInterval(() => setLeft((now) => Math.max(0, now - 1)), 1000);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly id: string;
  readonly name: string;
  readonly type?: "text" | "password";
  readonly autocomplete: "username" | "current-password" | "new-password" | "off";
  readonly defaultValue?: string;
  readonly required?: boolean;
}

export function Field({ label, hint, id, type = "text", ...rest }: FieldProps) {
  const given = {
    ...rest,
    id,
    autocapitalize: "none",
    spellcheck: false,
    "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
  } as const;
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {type === "password" ? <input type="password" {...given} /> : <input type="text" {...given} />}
      {hint !== undefined && (
        <small id={`${id}-hint`} class="field-hint">
          {hint}
        </small>
      )}
    </p>
  );
}

export function Fault({ says }: { says: string | null }) {
  return (
    <p class="fault" role="alert">
      {says}
    </p>
  );
}
