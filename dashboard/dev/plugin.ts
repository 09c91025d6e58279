/** `npm run dev`: the pages with the mock behind them. */
import type { Server } from "node:http";
import type { Plugin } from "vite";
import { MockHub } from "./hub";

export function mockPlugin(): Plugin {
  return {
    name: "tingyin-mock",
    configureServer(vite) {
      const hub = new MockHub();
      hub.attach(vite.httpServer as Server);
      vite.middlewares.use((request, response, next) => {
        if (!hub.answer(request, response)) next();
      });
    },
  };
}
