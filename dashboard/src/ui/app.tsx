/** The frame around every page, and which page is in it. */
import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { askPeople } from "../desk/acting";
import { watchDesk } from "../desk/bell";
import { DeskStatus } from "../desk/status";
import { goWhereWanted, SignInPage } from "../door/sign-in";
import { language, t } from "../i18n";
import { isListening } from "../state/listening";
import { has, isUnreachable, visitor } from "../state/session";
import { loadPeople } from "../state/people";
import { connection, openCall, side, wall } from "../state/store";
import { unseen } from "../state/side";
import { mayOpen } from "../state/visitor";
import { needingCount } from "../state/wall";
import { Banner } from "./banner";
import { Header } from "./header";
import { LoadedPage, preload, preloadRest } from "./loading";
import { replace, route } from "./router";

export function App() {
  useEffect(watchDesk, []);
  useSignalEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  });
  useSignalEffect(() => {
    const needing = needingCount(wall.value);
    const hasMessage = route.value.page === "agent" && unseen(side.value).length > 0;
    const mark = isListening.value ? "🎧 " : hasMessage ? "✉ " : "";
    document.title =
      mark + (needing > 0 && route.value.page !== "agent" ? `(${needing}) ` : "") + t.value.name;
  });
  useSignalEffect(() => {
    // The page is fetched while the server is asked who is there.
    const { page } = route.value;
    if (page !== "unknown") preload(page);
  });
  useSignalEffect(() => {
    const { page, id } = route.value;
    if (visitor.value.phase !== "in") return;
    // The agent's page without a call chooses one itself.
    if (page === "call" || (page === "agent" && id !== null)) openCall(id);
    else if (page !== "agent") openCall(null);
  });
  useSignalEffect(() => {
    // Names and teams may have changed whenever the stream begins anew.
    if (visitor.value.phase === "in" && connection.value.phase === "live") void loadPeople();
  });
  useSignalEffect(() => {
    // Who did what is told by names that people read.
    if (has("see_calls")) void askPeople();
  });
  useSignalEffect(() => {
    if (visitor.value.phase === "in") preloadRest((page) => mayOpen(visitor.peek(), page));
  });
  useSignalEffect(() => {
    if (visitor.value.phase !== "in") return;
    goWhereWanted();
    // Who sees no calls but their own has their page for their first.
    if (route.value.page === "wall" && !has("see_calls")) replace("/agent");
  });
  const isIn = visitor.value.phase === "in";
  return (
    <>
      <a class="skip" href="#content">
        {t.value.nav.skip}
      </a>
      <Header />
      {isIn && <Banner />}
      <Page />
      {isIn && <DeskStatus />}
    </>
  );
}

function Page() {
  const { page, id } = route.value;
  const { phase } = visitor.value;
  if (page === "welcome") return <LoadedPage page={page} id={id} />;
  if (phase === "asking") return <Asking />;
  if (phase === "out") return <SignInPage />;
  if (page === "unknown") return <NotFound />;
  if (!mayOpen(visitor.value, page)) return <NotYours />;
  // Another account in the same tab begins every page anew.
  return <LoadedPage key={visitor.value.account?.name} page={page} id={id} />;
}

function NotFound() {
  return (
    <main id="content" class="empty">
      <h1>{t.value.notFound}</h1>
      <p>
        <a href="/">{t.value.call.back}</a>
      </p>
    </main>
  );
}

/** Empty for the moment that the answer takes: nothing appears that would go again. */
function Asking() {
  return (
    <main id="content" class="empty" aria-busy={!isUnreachable.value}>
      {isUnreachable.value && <p role="alert">{t.value.door.unreachable}</p>}
    </main>
  );
}

function NotYours() {
  const words = t.value.door;
  return (
    <main id="content" class="empty">
      <h1>{words.notYours}</h1>
      <p>{words.notYoursWhy}</p>
    </main>
  );
}
