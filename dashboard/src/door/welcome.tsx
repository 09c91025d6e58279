/** The page behind a one-time link: choose a password, and in. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { ask, Refusal } from "../net/api";
import type { Whoami } from "../protocol/accounts";
import { welcome } from "../state/session";
import { type PasswordFault, passwordFault } from "../state/visitor";
import type { PageProps } from "../ui/pages";
import { replace } from "../ui/router";
import { Fault, Field, useAct, worded } from "./form";

export function WelcomePage({ id }: PageProps) {
  const words = t.value.door;
  const token = id!; // the address has none without
  const path = `/api/links/${encodeURIComponent(token)}`;
  const [name, setName] = useState<string | null>(null);
  const [broken, setBroken] = useState<unknown>(null);
  const [wrong, setWrong] = useState<PasswordFault | null>(null);
  const { busy, error, act } = useAct();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    ask<{ name: string }>("GET", path).then((found) => setName(found.name), setBroken);
  }, [path]);
  const isOver = broken instanceof Refusal && broken.code === "account.link";
  const submit = (event: Event) => {
    event.preventDefault();
    const given = new FormData(form.current!);
    const password = String(given.get("password"));
    const fault = passwordFault(password, String(given.get("again")), name!);
    setWrong(fault);
    if (fault !== null) {
      form.current!.querySelector<HTMLInputElement>(fault === "differs" ? "#again" : "#chosen")?.focus();
      return;
    }
    act(async () => {
      const whoami = await ask<Whoami>("POST", path, { password });
      replace("/");
      welcome(whoami);
    });
  };
  return (
    <main id="content" class="door">
      <form ref={form} class="door-card" onSubmit={submit}>
        <h1>{isOver ? words.linkOver : words.welcome}</h1>
        {broken !== null && (
          <>
            <Fault says={worded(broken)} />
            {isOver && (
              <a class="door-provider" href="/">
                {words.toSignIn}
              </a>
            )}
          </>
        )}
        {broken === null && name === null && <p class="door-note">{words.loading}</p>}
        {name !== null && (
          <>
            <p class="door-note">{words.welcomeFor(name)}</p>
            <input
              class="unseen"
              tabIndex={-1}
              aria-hidden="true"
              autocomplete="username"
              value={name}
              readOnly
            />
            <Field
              id="chosen"
              name="password"
              label={words.newPassword}
              hint={words.rules}
              type="password"
              autocomplete="new-password"
              required
            />
            <Field
              id="again"
              name="again"
              label={words.again}
              type="password"
              autocomplete="new-password"
              required
            />
            <Fault says={wrong !== null ? words.faults[wrong] : error !== null ? worded(error) : null} />
            <button type="submit" class="primary" disabled={busy}>
              {words.choose}
            </button>
          </>
        )}
      </form>
    </main>
  );
}
