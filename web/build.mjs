// Joins web/src into web/dist/page.html: one file, with @TITLE@ and @DATA@ left for the program.
//
//   node web/build.mjs           writes web/dist/page.html
//   node web/build.mjs --check   exits 1 if web/dist/page.html is not what the sources give
//
// A module is put after those that it imports. Lines that begin with `import` are dropped, and so is the word
// `export` at the beginning of a line. All modules then share one scope, so a name at the top of a module must be unique.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url)), source = join(here, "src"), target = join(here, "dist", "page.html");
const names = readdirSync(source).sort();
const text = Object.fromEntries(names.map(name => [name, readFileSync(join(source, name), "utf8")]));

const hash = createHash("sha256");
for (const name of names) hash.update(`${name}\0${text[name]}\0`);
hash.update(`build.mjs\0${readFileSync(fileURLToPath(import.meta.url), "utf8")}\0`);

const order = [], owner = new Map();
function take(name, path) {
  if (order.includes(name)) return;
  if (path.includes(name)) throw new Error(`modules import each other: ${[...path, name].join(" -> ")}`);
  for (const line of text[name].match(/^import .*$/gm) || []) {
    const found = /^import \{[^}]*\} from "\.\/([a-z0-9]+\.js)";$/.exec(line);
    if (!found || !(found[1] in text)) throw new Error(`${name}: an import must be one line, { names } from "./file.js": ${line}`);
    take(found[1], [...path, name]);
  }
  for (const [, kind, top] of text[name].matchAll(/^(?:export )?(?:async )?(const|let|class|function) ([A-Za-z_$][\w$]*)/gm)) {
    if (owner.has(top)) throw new Error(`${kind} ${top} is in ${owner.get(top)} and in ${name}; names at the top must be unique`);
    owner.set(top, name);
  }
  order.push(name);
}
take("main.js", []);
const left = names.filter(name => name.endsWith(".js") && !order.includes(name));
if (left.length) throw new Error(`nothing imports ${left.join(", ")}`);

const script = order.map(name => `// ${name}\n${text[name].replace(/^import .*\n/gm, "").replace(/^export /gm, "").trim()}\n`).join("\n");
if (/<\/script|<!--/i.test(script)) throw new Error("the script holds a tag that would end it");
const fill = (page, mark, value) => page.replace(mark, () => value);
let page = fill(fill(text["page.html"], "@STYLE@", text["page.css"].trim()), "@SCRIPT@", `"use strict";\n(() => {\n${script}})();`);
page = page.replace("<!DOCTYPE html>\n", `<!DOCTYPE html>\n<!-- sources: ${hash.digest("hex")} -->\n<!-- Written by web/build.mjs. Edit the files of web/src. -->\n`);

if (process.argv.includes("--check")) {
  if (!existsSync(target) || readFileSync(target, "utf8") !== page) {
    console.error("web/dist/page.html is stale; run: node web/build.mjs");
    process.exit(1);
  }
} else {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, page);
  console.log(`web/dist/page.html: ${page.length} characters from ${order.length} modules`);
}
