/** The frame around every page, and which page is in it. */
import { useSignalEffect } from "@preact/signals";
import { AgentPage } from "../agent/page";
import { CallPage } from "../call/page";
import { language, t } from "../i18n";
import { openCall, wall } from "../state/store";
import { liveCalls } from "../state/wall";
import { WallPage } from "../wall/page";
import { Banner } from "./banner";
import { Header } from "./header";
import { route } from "./router";

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
    if (page.page !== "call" && (page.page !== "agent" || page.callId === null)) {
      if (page.page !== "agent") openCall(null);
    } else openCall(page.callId);
  });
  return (
    <>
      <a class="skip" href="#content">
        {t.value.nav.skip}
      </a>
      <Header />
      <Banner />
      <Page />
    </>
  );
}

function Page() {
  const page = route.value;
  switch (page.page) {
    case "wall":
      return <WallPage />;
    case "call":
      return <CallPage key={page.callId} callId={page.callId} />;
    case "agent":
      return <AgentPage chosenId={page.callId} />;
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
