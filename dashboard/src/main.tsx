import { options, render } from "preact";
import { loadLanguage } from "./i18n";
import { startSession } from "./state/session";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/signs.css";
import "./styles/door.css";
import "./styles/forced.css";
import { App } from "./ui/app";
import { startRouter } from "./ui/router";

/**
 * Effects run with the drawing that they belong to. Preact runs them after the painting, which a busy machine
 * does late: a key could still do what the last drawing meant, and a field show what was there before.
 */
options.requestAnimationFrame = (run) => queueMicrotask(run);

/** Without its words nothing can be drawn: a server that was just restarted is asked again. */
const AGAIN_MS = 1500;

function begin(): void {
  loadLanguage().then(
    () => {
      startSession();
      render(<App />, document.getElementById("app")!);
    },
    () => setTimeout(begin, AGAIN_MS),
  );
}

startRouter();
begin();
