/** The frame around every page, and which page is in it. */
import { useSignalEffect } from "@preact/signals";
import { AgentPage } from "../agent/page";
import { CallPage } from "../call/page";
import { AccountsPage } from "../door/accounts";
import { goWhereWanted, SignInPage } from "../door/sign-in";
import { TrailPage } from "../door/trail";
import { WelcomePage } from "../door/welcome";
import { language, t } from "../i18n";
import { has, isUnreachable, visitor } from "../state/session";
import { openCall, wall } from "../state/store";
import { mayOpen } from "../state/visitor";
import { liveCalls } from "../state/wall";
import { WallPage } from "../wall/page";
import { Banner } from "./banner";
import { Header } from "./header";
import { replace, route } from "./router";

export function App() {
  useSignalEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  });
  useSignalEffect(() => {
    const needing = liveCalls(wall.value).filter((call) => call.attention === 3).length;
    document.title = (needing > 0 && route.value.page !== "agent" ? `(${needing}) ` : "") + t.value.name;
  });
  useSignalEffect(() => {
    const page = route.value;
    if (visitor.value.phase !== "in") return;
    if (page.page !== "call" && (page.page !== "agent" || page.callId === null)) {
      if (page.page !== "agent") openCall(null);
    } else openCall(page.callId);
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
    </>
  );
}

function Page() {
  const page = route.value;
  const { phase } = visitor.value;
  if (page.page === "welcome") return <WelcomePage key={page.token} token={page.token} />;
  if (phase === "asking") return <Asking />;
  if (phase === "out") return <SignInPage />;
  if (!mayOpen(visitor.value, page.page)) return <NotYours />;
  switch (page.page) {
    case "wall":
      return <WallPage />;
    case "call":
      return <CallPage key={page.callId} callId={page.callId} />;
    case "agent":
      return <AgentPage chosenId={page.callId} />;
    case "accounts":
      return <AccountsPage />;
    case "trail":
      return <TrailPage />;
    case "unknown":
      return (
        <main id="content" class="empty">
          <h1>{t.value.notFound}</h1>
          <p>
            <a href="/">{t.value.call.back}</a>
          </p>
        </main>
      );
  }
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
