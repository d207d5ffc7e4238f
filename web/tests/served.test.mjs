// Tests of the page as `eigenlex serve` sends it: it asks the server for words and texts that it does not have.
// Needs the program: EIGENLEX=path, or target/release/eigenlex.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url)), root = join(here, "../.."), require = createRequire(import.meta.url);
const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium", PROGRAM = process.env.EIGENLEX || join(root, "target/release/eigenlex");
let chromium = null;
try { ({ chromium } = require("playwright-core")); } catch { chromium = null; }
const missing = !chromium ? "playwright-core is missing; run `npm install` in web/tests" : !existsSync(CHROMIUM) ? `${CHROMIUM} is missing; install chromium`
  : !existsSync(PROGRAM) ? `${PROGRAM} is missing; run \`cargo build --release\`, or name the program with EIGENLEX` : "";
if (missing) console.log(`skipped: ${missing}`);
const skip = missing || false;

let browser, folder, server, address;
before(async () => {
  if (missing) return;
  folder = mkdtempSync(join(tmpdir(), "eigenlex-served-"));
  const lines = readFileSync(join(root, "corpora/english.txt"), "utf8").split("\n").slice(0, 400);
  // A text that is longer than what the page has of it, and one that would end a script.
  lines.push(`${"the king and the queen went home . ".repeat(30)}zeppelin`, "the king </script><b> said zeppelin");
  writeFileSync(join(folder, "texts"), `${lines.join("\n")}\n`);
  execFileSync(PROGRAM, ["embed", "texts", "-o", "m", "--dim", "20", "--min-count", "2", "-q"], { cwd: folder });
  server = spawn(PROGRAM, ["serve", "m", "--in", "texts", "--port", "0", "-q"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  address = await new Promise((done, fail) => { server.stdout.once("data", data => done(String(data).trim())); server.once("exit", fail); });
  while ((await fetch(address)).status === 503) await new Promise(done => setTimeout(done, 200));
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
});
after(async () => { if (browser) await browser.close(); if (server) server.kill(); if (folder) rmSync(folder, { recursive: true, force: true }); });

/** Opens the page; fails on an error of the console, such as a breach of its policy, and on a request to elsewhere. */
async function open(body, hash = "", allowed = []) {
  const browsing = await browser.newContext({ viewport: { width: 1400, height: 900 }, reducedMotion: "reduce" });
  const page = await browsing.newPage(), faults = [];
  page.on("console", message => { if (message.type() === "error" && !allowed.some(text => message.text().includes(text))) faults.push(message.text()); });
  page.on("pageerror", error => faults.push(error.stack));
  page.on("request", request => { if (!request.url().startsWith(address) && !/^(blob|data):/.test(request.url())) faults.push(`request: ${request.url()}`); });
  await page.goto(address + hash);
  await page.waitForFunction(() => window.eigenlex && window.eigenlex.painted > 0);
  try { await body(page); assert.deepEqual(faults, []); } finally { await browsing.close(); }
}
const ask = async path => (await fetch(`${address}api/v1/models/m/${path}`)).json();
/** The names and numbers of a list of the page. */
const values = (page, label) => page.locator(`ol.values[aria-label^="${label}"]`).first().locator("li").evaluateAll(items => items.map(item => [item.querySelector(".name").textContent, Number(item.querySelector(".number").textContent)]));
const rounded = list => list.map(({ word, similarity }) => [word, Number(similarity.toFixed(3))]);

test("a word's card has the neighbours of the server", { skip }, () => open(async page => {
  await page.fill("#search", "king");
  await page.press("#search", "Enter");
  await page.waitForSelector('ol.values[aria-label^="Words used alike"]');
  assert.deepEqual(await values(page, "Words used alike"), rounded((await ask("neighbors?word=king&top=12")).neighbors));
  await page.waitForSelector("#card ul.passages li");
  assert.match(await page.textContent("#card ul.passages"), /king/);
}));

test("word math is that of the server, and its mistakes are sentences", { skip }, () => open(async page => {
  await page.click("#tab-words");
  await page.fill("#math", "king - man + woman");
  await page.press("#math", "Enter");
  await page.waitForSelector("#math-out ol.values");
  const { answers } = await ask("math?expression=king+-+man+%2B+woman&method=add&top=12");
  assert.deepEqual(await values(page, "Results of word math"), rounded(answers));
  await page.fill("#math", "kingg - man");
  await page.press("#math", "Enter");
  await page.waitForFunction(() => document.getElementById("math-out").textContent.includes("not in the vocabulary"));
}, "", ["404"]));

test("two words are compared and stand on an axis", { skip }, () => open(async page => {
  await page.click("#tab-words");
  await page.fill("#first", "man");
  await page.fill("#second", "woman");
  await page.press("#second", "Enter");
  await page.waitForSelector("#pair-out strong");
  const { similarity } = await ask("similarity?word=man&word=woman");
  assert.equal(await page.textContent("#pair-out strong"), similarity.toFixed(3));
  await page.click("#axis-run");
  await page.waitForSelector("#pair-out svg.axis");
}));

test("search looks in whole texts, and a document is shown whole", { skip }, () => open(async page => {
  await page.fill("#search", "zeppelin");
  await page.waitForSelector("#results ul.passages li");
  const passages = await page.locator("#results ul.passages li").allTextContents();
  assert.equal(passages.filter(text => text.includes("zeppelin")).length, 2);
  await page.locator("#results ul.passages button", { hasText: "texts:401" }).click();
  await page.waitForSelector("#card .text.served");
  const text = await page.textContent("#card .text.served");
  assert.ok(text.length > 900 && text.endsWith("zeppelin"));
  await page.fill("#search", "script");
  await page.waitForFunction(() => document.querySelector("#results ul.passages")?.textContent.includes("</script><b>"));
}));

test("an address with a word opens its card", { skip }, () => open(async page => {
  await page.waitForSelector("#card-name");
  assert.equal(await page.textContent("#card-name"), "queen");
}, "#word=queen"));
