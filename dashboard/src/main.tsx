import { render } from "preact";
import { start } from "./state/store";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/wall.css";
import "./styles/call.css";
import "./styles/call-transcript.css";
import "./styles/call-charts.css";
import "./styles/call-alerts.css";
import "./styles/call-reading.css";
import "./styles/call-narrow.css";
import "./styles/agent.css";
import { App } from "./ui/app";
import { startRouter } from "./ui/router";

startRouter();
start();
render(<App />, document.getElementById("app")!);
