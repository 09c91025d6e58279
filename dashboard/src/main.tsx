import { render } from "preact";
import { startSession } from "./state/session";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/signs.css";
import "./styles/door.css";
import { App } from "./ui/app";
import { startRouter } from "./ui/router";

startRouter();
startSession();
render(<App />, document.getElementById("app")!);
