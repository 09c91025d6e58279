// Runs a TypeScript file of the dashboard on the Node that Vite runs on: `node scripts/run.mjs dev/x.ts …`.
import { runnerImport } from "vite";

const file = process.argv[2];
if (file === undefined) throw new Error("which file?");
const { module } = await runnerImport(file, { configFile: false, logLevel: "error" });
await module.main(process.argv.slice(3));
