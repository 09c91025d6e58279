/** The page that lets one in, in the place of the page that was wanted. */
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { ask, Refusal } from "../net/api";
import type { Whoami } from "../protocol/accounts";
import { visitor, welcome } from "../state/session";
import { query, replace, replaceQuery } from "../ui/router";
import { Fault, Field, useAct, useWait, worded } from "./form";

const WANTED = "tingyin.wanted";

/** Where one was going when the company's sign-in took over; it comes back to the first page only. */
export function goWhereWanted(): void {
  try {
    const wanted = sessionStorage.getItem(WANTED);
    sessionStorage.removeItem(WANTED);
    if (wanted !== null && location.pathname === "/") replace(wanted);
  } catch {
    // storage may be forbidden
  }
}

function keepWanted(): void {
  try {
    sessionStorage.setItem(WANTED, location.pathname + (location.pathname === "/" ? "" : location.search));
  } catch {
    // storage may be forbidden
  }
}

/** Why the company's sign-in let nobody in: the server sends the browser back with a code. */
function refusedByCompany(): string | null {
  return new URLSearchParams(query.value).get("refused");
}

export function SignInPage() {
  const words = t.value.door;
  const refused = refusedByCompany();
  const { busy, error, act } = useAct();
  const waitS = useWait(error);
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = new FormData(form.current!);
    const body = { name: String(given.get("name")).trim(), password: String(given.get("password")) };
    if (refused !== null) replaceQuery(new URLSearchParams());
    act(async () => welcome(await ask<Whoami>("POST", "/api/session", body)));
  };
  const isWaiting = error instanceof Refusal && error.waitS !== null;
  const fault = isWaiting ? (waitS > 0 ? words.wait(waitS) : null) : error !== null ? worded(error) : null;
  return (
    <main id="content" class="door">
      <form ref={form} class="door-card" onSubmit={submit}>
        <h1>{words.title}</h1>
        {visitor.value.wasIn && <p class="door-note">{words.wasOut}</p>}
        {refused !== null && <Fault says={worded(new Refusal(refused))} />}
        <Field id="door-name" name="name" label={words.name} autocomplete="username" required />
        <Field
          id="door-password"
          name="password"
          label={words.password}
          type="password"
          autocomplete="current-password"
          required
        />
        <Fault says={fault} />
        <button type="submit" class="primary" disabled={busy || waitS > 0}>
          {busy ? words.entering : words.enter}
        </button>
        {visitor.value.hasProvider && (
          <a class="door-provider" href="/api/provider" onClick={keepWanted}>
            {words.provider}
          </a>
        )}
      </form>
    </main>
  );
}
