/** Serves the built pages and the mock from one port, as the product does. */
import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { MockHub, type MockOptions } from "./hub";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export interface Served {
  readonly url: string;
  readonly hub: MockHub;
  /** Goes away, and comes back at the same address. */
  stop(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export async function serveMock(options: MockOptions = {}): Promise<Served> {
  if (!existsSync(join(DIST, "index.html"))) throw new Error("the pages are not built: npm run build");
  const hub = new MockHub(options);
  let server = await listen(hub, 0);
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    hub.cutOff();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    hub,
    stop,
    resume: async () => {
      server = await listen(hub, port);
    },
    close: async () => {
      hub.close();
      await stop();
    },
  };
}

async function listen(hub: MockHub, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (hub.answer(request, response)) return;
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://mock").pathname));
    const file = join(DIST, path);
    const isFile = extname(path) !== "" && existsSync(file);
    const shown = isFile ? file : join(DIST, "index.html");
    response.writeHead(200, { "Content-Type": TYPES[extname(shown)] ?? "application/octet-stream" });
    createReadStream(shown).pipe(response);
  });
  hub.attach(server);
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return server;
}
