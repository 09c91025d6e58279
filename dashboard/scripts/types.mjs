// Writes src/protocol/generated.ts from schema.json, the one description of the wire.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const folder = new URL("../src/protocol/", import.meta.url);

/** Tuples as draft 2020-12 writes them, in the older form that the compiler knows. */
function withOldTuples(node) {
  if (Array.isArray(node)) return node.map(withOldTuples);
  if (node === null || typeof node !== "object") return node;
  const { prefixItems, items, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, withOldTuples(value)]),
  );
  if (prefixItems === undefined) return items === undefined ? rest : { ...rest, items };
  return { ...rest, items: prefixItems, additionalItems: false, minItems: prefixItems.length };
}

const schema = withOldTuples(JSON.parse(await readFile(new URL("schema.json", folder), "utf8")));
const types = await compile(schema, "Wire", {
  additionalProperties: false,
  bannerComment: "/* Made from schema.json by `npm run types`. */",
  unreachableDefinitions: true,
});
await writeFile(new URL("generated.ts", folder), types);
