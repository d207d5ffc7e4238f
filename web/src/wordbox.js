// The tab "Words": word math, two words compared, and an axis between two poles.
import { byId, clamp, counted, el, say, svg, whenThere } from "./base.js";
import { valueList } from "./cards.js";
import { numbersOfWords } from "./remote.js";
import { arrowsOf, parseExpression } from "./words.js";

const RESULTS = 12, SHARED = 40, ON_AXIS = 60;

export function makeWordBox(app) {
  const { words, search, data } = app, math = byId("math"), out = byId("math-out"), first = byId("first"), second = byId("second"), pairOut = byId("pair-out");
  byId("tab-words").hidden = !words;
  if (!words) { app.openWords = () => {}; app.runMath = () => {}; return; }
  const spelling = word => data.words.spelling[word];
  const pointOf = word => data.words.point[word];
  const hint = (box, text) => box.replaceChildren(el("p", { class: "note", dir: "auto" }, text));
  const known = data.words.n > 2 ? Array.from(search.byCount.subarray(0, 2000), spelling) : [];
  byId("math-try").textContent = known.includes("king") && known.includes("queen") ? "For example: king - man + woman" : "Words with + and - between them.";

  app.parse = text => parseExpression(text, word => search.wordOf(word));
  app.runMath = expression => {
    math.value = expression;
    app.mathText = expression.trim();
    app.arrows = [];
    app.stateChanged();
    app.plane.ask();
    if (!app.mathText) { out.replaceChildren(); return; }
    if (words.isRemote) {
      const asked = app.mathText;
      whenThere(words.solve(asked, RESULTS), ({ terms, found }) => { if (app.mathText === asked) showMath(terms, found); }, error => hint(out, error.message));
      return;
    }
    const { terms, unknown, unfinished } = app.parse(app.mathText);
    if (unknown.length) { hint(out, `This model does not know ${unknown.map(word => `“${word}”`).join(", ")}.`); return; }
    if (unfinished || !terms.length) { hint(out, "The expression ends with a sign. Add a word."); return; }
    showMath(terms, words.math(terms, RESULTS));
  };
  function showMath(terms, found) {
    if (!found.length) { hint(out, "These words cancel. There is no answer."); return; }
    app.mathResult = found.map(([word, value]) => ({ name: spelling(word), value }));
    app.arrows = arrowsOf(terms, found[0][0], pointOf);
    const drawn = app.arrows.length, undrawn = terms.some(term => pointOf(term.word) < 0);
    out.replaceChildren(valueList(app, "Results of word math", found.map(([word, value]) => ({ word, value }))),
      el("p", { class: "note" }, drawn ? "The arrows on the plane show the way." : "", undrawn ? " Some of these words are not drawn on the plane." : ""),
      drawn ? el("p", { class: "tools" }, el("button", { type: "button", onclick: () => app.fit([...new Set(app.arrows.flatMap(arrow => [arrow.from, arrow.to]))]) }, "Show the arrows")) : null);
    say(`The nearest word is ${spelling(found[0][0])}, ${found[0][1].toFixed(3)}.`);
    app.fit([...new Set(app.arrows.flatMap(arrow => [arrow.from, arrow.to]))], true);
    app.plane.ask();
  }
  byId("math-form").addEventListener("submit", event => { event.preventDefault(); app.runMath(math.value); });
  byId("math-clear").addEventListener("click", () => { app.runMath(""); math.focus(); });

  /** The numbers of both words, once they are there. */
  function pair(use) {
    const names = [first.value.trim(), second.value.trim()];
    if (!names[0] || !names[1]) { hint(pairOut, "Two words are needed."); return; }
    numbersOfWords(app, names, found => { if (found[0] === found[1]) hint(pairOut, "Both are the same word."); else use(found); }, sentence => hint(pairOut, sentence));
  }
  const failed = error => hint(pairOut, error.message);

  function compare() {
    pair(found => {
      const value = words.similarity(...found), near = found.map(word => words.neighbours(word, SHARED));
      if (words.isRemote) whenThere(Promise.all([value, ...near]), ([value, ...near]) => showPair(found, value, near), failed); else showPair(found, value, near);
    });
  }
  function showPair([a, b], value, near) {
    const shared = near[0].filter(([w]) => near[1].some(([v]) => v === w)).map(([w]) => w);
    const list = k => el("div", {}, el("h3", { dir: "auto" }, spelling([a, b][k])), valueList(app, `Words used like ${spelling([a, b][k])}`, near[k].slice(0, 10).map(([word, v]) => ({ word, value: v, note: shared.includes(word) ? "both" : "" }))));
    pairOut.replaceChildren(
      el("p", {}, "Similarity ", el("strong", {}, value.toFixed(3)), ` (cosine). ${counted(shared.length, "word")} of the ${SHARED} nearest ${shared.length === 1 ? "is" : "are"} near both.`),
      el("div", { class: "two" }, list(0), list(1)));
    say(`The similarity of ${spelling(a)} and ${spelling(b)} is ${value.toFixed(3)}.`);
    if (pointOf(a) >= 0 && pointOf(b) >= 0) { app.lines = [[pointOf(a), pointOf(b), value]]; app.plane.ask(); }
  }

  function axis() {
    pair(found => whenThere(words.axis(...found, ON_AXIS), rows => showAxis(found, rows), failed));
  }
  function showAxis([a, b], rows) {
    const side = (sign, name) => el("div", {}, el("h3", { dir: "auto" }, `Towards ${name}`), valueList(app, `Words towards ${name}`,
      rows.filter(row => sign * row.place > 0).sort((p, q) => sign * (q.place - p.place)).slice(0, 10).map(row => ({ word: row.word, value: Math.abs(row.place) }))));
    pairOut.replaceChildren(scatter(rows, spelling(a), spelling(b), spelling, word => app.select({ word, point: pointOf(word) }, true)),
      el("p", { class: "note" }, `The ${rows.length} words nearest to either pole. Left to right: the difference of the two similarities. Upwards: the larger of the two.`),
      el("div", { class: "two" }, side(-1, spelling(a)), side(1, spelling(b))));
    say(`An axis from ${spelling(a)} to ${spelling(b)} with ${rows.length} words.`);
  }
  byId("pair-form").addEventListener("submit", event => { event.preventDefault(); compare(); });
  byId("axis-run").addEventListener("click", axis);
  app.compare = (a, b) => { first.value = a; second.value = b; compare(); };

  app.openWords = ({ math: word, first: one }) => {
    app.openTab("words", true);
    if (word) { math.value = `${word} - `; math.focus(); }
    if (one) { first.value = one; second.value = ""; second.focus(); }
  };
}

/** Words between two poles as a picture; those whose names would overlap are dots only. */
function scatter(rows, left, right, spelling, select) {
  const wide = 320, high = 230, least = Math.min(...rows.map(row => row.close)), most = Math.max(...rows.map(row => row.close)), taken = [];
  const picture = svg("svg", { viewBox: `0 0 ${wide} ${high}`, class: "axis", role: "img", "aria-label": `Words between ${left} and ${right}. The lists below hold the same words.` });
  picture.append(svg("line", { x1: 10, y1: high - 20, x2: wide - 10, y2: high - 20, stroke: "currentColor" }),
    svg("line", { x1: wide / 2, y1: 8, x2: wide / 2, y2: high - 20, stroke: "currentColor", "stroke-dasharray": "2 4", opacity: 0.5 }));
  const cut = name => (name.length > 20 ? `${name.slice(0, 19)}…` : name);
  picture.append(svg("text", { x: 10, y: high - 5, class: "pole" }, cut(left)), svg("text", { x: wide - 10, y: high - 5, "text-anchor": "end", class: "pole" }, cut(right)));
  for (const row of rows) {
    const x = wide / 2 + row.place * (wide / 2 - 16), y = high - 32 - (high - 52) * (row.close - least) / (most - least || 1);
    const name = cut(spelling(row.word)), w = 6.4 * [...name].length + 4, from = clamp(x - w / 2, 1, wide - w - 1);
    const dot = svg("circle", { cx: x, cy: y, r: 2.6, fill: "currentColor", opacity: 0.8 });
    dot.addEventListener("click", () => select(row.word));
    picture.append(dot);
    if (taken.some(([a, b, c]) => a < from + w && from < a + b && Math.abs(c - y) < 13)) continue;
    taken.push([from, w, y]);
    const text = svg("text", { x: from + w / 2, y: y - 5, "text-anchor": "middle" }, name);
    text.addEventListener("click", () => select(row.word));
    picture.append(text);
  }
  return picture;
}
