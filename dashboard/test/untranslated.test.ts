/** No text on the pages is left in one language: dictionaries are alike, and views hold no words of their own. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vite";
import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const LETTER = /\p{L}/u;
const HAN = /\p{Script=Han}/u;

/** Written alike in both languages: names, units and formats. */
const ALIKE = new Set([
  "听音",
  "Tingyin",
  "听音 Tingyin",
  "English",
  "中文",
  "tingyin demo",
  "F0",
  "dBFS",
  "Alt+L",
]);
/** Attributes that people read or hear. */
const READ = new Set([
  "aria-label",
  "aria-description",
  "aria-valuetext",
  "alt",
  "label",
  "placeholder",
  "says",
  "title",
]);

type Node = { type: string; start: number; [key: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

function* children(node: Node): Iterable<Node> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) for (const one of value) if (isNode(one)) yield one;
  }
}

/** What an expression may come to, as far as it is written out: its strings and the pieces of its templates. */
function written(node: Node): string[] {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? [node.value] : [];
    case "TemplateLiteral":
      return (node.quasis as { value: { cooked: string } }[]).map((quasi) => quasi.value.cooked);
    case "ConditionalExpression":
      return [...written(node.consequent as Node), ...written(node.alternate as Node)];
    case "LogicalExpression":
      return [...written(node.left as Node), ...written(node.right as Node)];
    case "JSXExpressionContainer":
      return written(node.expression as Node);
    default:
      return [];
  }
}

function textsOf(node: Node): string[] {
  if (node.type === "JSXText") return [String(node.value)];
  if (node.type === "JSXAttribute") {
    const name = (node.name as { name: unknown }).name;
    return READ.has(String(name)) && isNode(node.value) ? written(node.value) : [];
  }
  if (node.type === "JSXElement" || node.type === "JSXFragment") {
    return (node.children as Node[]).flatMap((child) =>
      child.type === "JSXExpressionContainer" ? written(child) : [],
    );
  }
  // Chinese is only ever text, wherever it stands.
  return written(node).filter((text) => HAN.test(text));
}

function untranslated(source: string): string[] {
  const found: string[] = [];
  const walk = (node: Node) => {
    for (const text of textsOf(node)) {
      const bare = text.trim();
      if (LETTER.test(bare) && !ALIKE.has(bare)) {
        found.push(`line ${source.slice(0, node.start).split("\n").length}: ${bare}`);
      }
    }
    for (const child of children(node)) walk(child);
  };
  walk(parseAst(source, { lang: "tsx" }) as unknown as Node);
  return [...new Set(found)];
}

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => !/[\\/](i18n|protocol)[\\/]/.test(file));

describe("views", () => {
  it("hold no words of their own", () => {
    expect(files.length).toBeGreaterThan(40);
    const told = files.flatMap((file) =>
      untranslated(readFileSync(file, "utf8")).map((fault) => `${relative(SRC, file)}, ${fault}`),
    );
    expect(told, told.join("\n")).toEqual([]);
  });

  it.each([
    "const a = <p>Hello</p>;",
    "const a = <p>{n} s</p>;",
    "const a = <p title='Close'>{x}</p>;",
    "const a = <p>{isOpen ? 'Yes' : word}</p>;",
    "const a = <p>{`${n} dB`}</p>;",
    "const a = '你好';",
  ])("would be found out: %s", (source) => {
    expect(untranslated(source)).toHaveLength(1);
  });

  it("may hold signs and figures", () => {
    expect(untranslated("const a = <p class='row' title={words.x}>{n} / 100 · {t.y}</p>;")).toEqual([]);
  });
});

type Tree = { readonly [key: string]: unknown };

function* leaves(tree: Tree, path = ""): Iterable<[string, unknown]> {
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "object" && value !== null) yield* leaves(value as Tree, `${path}${key}.`);
    else yield [path + key, value];
  }
}

/** What a wording says for some figures; empty where it takes something else. */
function said(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "function") return "";
  try {
    return String(value(7, 9, 8));
  } catch {
    return "";
  }
}

describe("the dictionaries", () => {
  const english = new Map(leaves(en as unknown as Tree));
  const chinese = new Map(leaves(zh as unknown as Tree));

  it("have the same words, of the same kind", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, value] of english) expect(typeof chinese.get(key), key).toBe(typeof value);
  });

  it("speak each its own language", () => {
    const foreign = [...english].filter(([, value]) => HAN.test(said(value)) && !ALIKE.has(said(value)));
    expect(foreign.map(([key]) => key)).toEqual([]);
    const copied = [...chinese].filter(([key, value]) => {
      const text = said(value);
      // Words, not units: two Latin letters or more in a row that English says alike.
      return text === said(english.get(key)) && /[a-z]{3,}/i.test(text) && !ALIKE.has(text);
    });
    expect(copied.map(([key, value]) => `${key}: ${said(value)}`)).toEqual([]);
  });

  it("name every act that the trail knows", () => {
    const trail = readFileSync(join(SRC, "../../monitor/accounts/trail.py"), "utf8");
    const acts = [.../Action = Literal\[([^\]]*)\]/.exec(trail)![1]!.matchAll(/"(\w+)"/g)].map(
      ([, act]) => act,
    );
    expect(acts.length).toBeGreaterThan(15);
    expect(acts.filter((act) => !(act! in en.door.log.actions))).toEqual([]);
  });

  it("leave nothing empty", () => {
    for (const [key, value] of [...english, ...chinese])
      if (typeof value === "string") expect(value, key).not.toBe("");
  });
});
