import { defineConfig } from "vite";
import { mockPlugin } from "./dev/plugin";

/** `npm run dev:mock`: the pages with invented calls behind them. */
export default defineConfig({ plugins: [mockPlugin()] });
