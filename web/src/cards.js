// The card of what is selected: a word with its neighbours and passages, or a document with its text.
import { byId, clamp, count, counted, el, filledLater, short } from "./base.js";
import { cutName } from "./labels.js";
import { findTerm } from "./search.js";
import { Background, wordsAround } from "./standout.js";
import { timeParts } from "./time.js";

const CUT = 700, PASSAGES = 6, NEIGHBOURS = 12;

/** A list of words or points with a value each; a click selects. Bars show the values. */
export function valueList(app, label, rows) {
  const list = el("ol", { class: "values", "aria-label": label });
  for (const { word = -1, point = -1, name, value, note } of rows) {
    const bar = el("span", { class: "bar", "aria-hidden": "true" });
    if (value !== undefined) bar.style.width = `${100 * clamp(value, 0, 1)}%`;
    const at = point >= 0 ? point : word >= 0 ? app.data.words.point[word] : -1;
    list.append(el("li", {}, el("button", { type: "button", class: "row", onclick: () => app.select({ word, point: at }, true) },
      el("span", { class: "name", dir: "auto" }, name ?? app.nameOf({ word, point })), note ? el("span", { class: "tag" }, note) : null,
      value !== undefined ? el("span", { class: "number" }, value.toFixed(3)) : null, bar)));
  }
  return list;
}

/** A piece of text with a marked match. */
const marked = piece => [piece.before, el("mark", {}, piece.match), piece.after];

function facts(rows) {
  return el("dl", { class: "facts" }, rows.filter(Boolean).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value))));
}

function groupRows(app, point) {
  return app.fields.filter(field => field.key !== "kind" && field.key !== "side").map(field => {
    if (field.type === "number") return Number.isFinite(field.numbers[point]) ? [field.label, short(field.numbers[point])] : null;
    const value = field.of[point];
    return value < field.names.length ? [field.label, field.names[value]] : null;
  });
}

function head(app, name, kind) {
  const { point } = app.selected;
  return el("div", { class: "card-head" },
    el("h2", { dir: "auto", tabindex: "-1", id: "card-name" }, name), el("span", { class: "tag" }, kind),
    el("div", { class: "tools" },
      point >= 0 ? el("button", { type: "button", onclick: () => app.goTo(point) }, "Show on the plane") : null,
      el("button", { type: "button", onclick: () => app.select({ word: -1, point: -1 }) }, "Close")));
}

function wordCard(app, word, point) {
  const { data, words } = app, w = data.words, side = w.side && w.sides ? w.sides[w.side[word]] : null, name = w.spelling[word];
  const parts = [head(app, name, side ? `word, ${side}` : "word")];
  parts.push(facts([
    w.count ? ["Count", count(w.count[word])] : null, w.documents ? ["In documents", count(w.documents[word])] : null,
    w.dispersion && Number.isFinite(w.dispersion[word]) ? ["Dispersion (0 even, 1 uneven)", w.dispersion[word].toFixed(3)] : null, ...(point >= 0 ? groupRows(app, point) : []),
  ]));
  if (point < 0) parts.push(el("p", { class: "note" }, "This word is not drawn on the plane."));
  const linked = data.links && point >= 0 ? data.links.of(point) : [];
  if (linked.length) parts.push(el("h3", {}, "Translations"), valueList(app, "Translations", linked.slice(0, NEIGHBOURS).map(([other, score]) => ({ point: other, word: data.word[other], value: score }))));
  if (words && data.time) parts.push(timeParts(app, word));
  else if (words) {
    parts.push(el("h3", {}, "Words used alike"), filledLater(words.neighbours(word, NEIGHBOURS), found => valueList(app, "Words used alike, with similarity", found.map(([other, value]) => ({ word: other, value })))));
    if (!linked.length && w.sides && w.sides.length > 1) {
      const other = words.translations(word, 5);
      if (other.length) parts.push(el("h3", {}, "Nearest in the other language"), valueList(app, "Nearest words of the other language", other.map(([v, value]) => ({ word: v, value }))));
    }
  }
  if (words) {
    parts.push(el("p", { class: "tools" },
      el("button", { type: "button", onclick: () => app.openWords({ first: name }) }, "Compare with a word"),
      el("button", { type: "button", onclick: () => app.openWords({ math: name }) }, "Use in word math")));
  }
  if (data.similar && point >= 0) parts.push(similar(app, point, "Documents like this word"));
  if (data.api && data.texts) parts.push(servedPassages(app, name));
  else if (data.texts) parts.push(around(app, name), passages(app, name));
  return parts;
}

/** Passages of whole texts, which the server has. */
function servedPassages(app, name) {
  return el("section", {}, el("h3", {}, "Passages"), filledLater(app.words.documents(name, PASSAGES, "words"), found => foundTexts(app, found)));
}

/** Documents that the server found, each with a passage. */
export function foundTexts(app, found) {
  return el("ul", { class: "passages" }, found.map(({ name, point, text }) => el("li", {}, el("button", { type: "button", class: "passage", dir: "auto", onclick: () => { if (point >= 0) app.select({ point, word: -1 }, true); } },
    el("span", { class: "source" }, cutName(name, 40, true)), el("span", {}, text)))));
}

/** The whole text of a document and what stands out in it, from the server. */
function servedText(app, point) {
  return filledLater(app.words.document(point), ({ text, words }) => [
    text ? el("h3", {}, "Text") : null, text ? el("p", { class: "text served", dir: "auto", tabindex: "0" }, text) : null,
    el("h3", {}, "Words that stand out"), words.length
      ? el("p", { class: "chips" }, words.map(({ word, count: n, z }) => el("button", { type: "button", dir: "auto", title: `${count(n)} times here; z = ${z.toFixed(1)}`, onclick: () => app.searchFor(word) }, word)))
      : el("p", { class: "note" }, "No word stands out."),
    el("p", { class: "note" }, "Against the texts of the model, by log-odds."),
  ]);
}

/** Documents whose codes are nearest to that of a point. */
function similar(app, point, title) {
  const found = app.data.similar(point);
  return found.length ? el("section", {}, el("h3", {}, title), valueList(app, `${title}, with similarity`, found.map(([other, value]) => ({ point: other, name: cutName(app.data.titleOf(other), 80) || cutName(app.data.names[other], 40, true), value })))) : null;
}

function passages(app, name) {
  const { data, search } = app, term = name.toLowerCase().replaceAll("_", " "), found = [];
  search.prepare(Infinity);
  let documents = 0;
  for (let i = 0; i < data.n; i++) {
    if (!search.lower[i] || findTerm(search.lower[i], term, 0, true) < 0) continue;
    documents++;
    if (found.length < PASSAGES) found.push(i);
  }
  if (!documents) return el("p", { class: "note" }, `No text on this page holds this word.${cutNote(app)}`);
  return el("section", {}, el("h3", {}, "Passages"),
    el("p", { class: "note" }, `${counted(documents, "text")} ${documents === 1 ? "holds" : "hold"} this word.${cutNote(app)}${documents > found.length ? ` The first ${found.length} are shown.` : ""}`),
    el("ul", { class: "passages" }, found.map(i => el("li", {}, el("button", { type: "button", class: "passage", dir: "auto", onclick: () => app.select({ point: i, word: data.word[i] }, true) },
      el("span", { class: "source" }, cutName(data.names[i], 40, true)), el("span", {}, marked(search.passage(i, term, 0, true))))))));
}

export function cutNote(app) {
  return app.data.texts && app.data.cutAt ? ` Texts are the first ${count(app.data.cutAt)} characters.` : "";
}

function documentCard(app, point) {
  const { data, grid } = app, text = data.texts ? data.texts[point] : null, parts = [head(app, data.names[point], data.kinds[data.kind[point]] || "point")];
  parts.push(facts(groupRows(app, point)));
  if (data.api && app.words) parts.push(servedText(app, point));
  else if (text) {
    const body = el("p", { class: "text", dir: "auto" });
    const long = text.length > CUT + 100;
    body.append(long ? `${text.slice(0, CUT)}…` : text);
    const terms = app.terms.filter(term => findTerm(text.toLowerCase(), term) >= 0);
    parts.push(el("h3", {}, "Text"), body);
    if (long) {
      const more = el("button", { type: "button", "aria-expanded": "false" }, "Show all of the text");
      more.addEventListener("click", () => {
        const open = more.getAttribute("aria-expanded") === "false";
        more.setAttribute("aria-expanded", String(open));
        more.textContent = open ? "Show less" : "Show all of the text";
        body.textContent = open ? text : `${text.slice(0, CUT)}…`;
      });
      parts.push(more);
    }
    if (data.cutAt && [...text].length >= data.cutAt) parts.push(el("p", { class: "note" }, `This page holds the first ${count(data.cutAt)} characters of this text.`));
    if (terms.length) {
      const pieces = terms.map(term => app.search.passage(point, term, 0, false)).filter(Boolean);
      parts.push(el("h3", {}, "Found"), el("ul", { class: "passages" }, pieces.map(piece => el("li", { dir: "auto" }, marked(piece)))));
    }
    parts.push(standing(app, text));
  }
  if (data.similar) parts.push(similar(app, point, "Similar documents"));
  const near = data.similar ? [] : grid.nearestOf(data.x[point], data.y[point], 8, i => i !== point && data.kind[i] === data.kind[point]);
  if (near.length) {
    parts.push(el("h3", {}, "Nearest on the plane"), el("p", { class: "note" }, "Near on the plane often means a similar text. The plane is an approximation."),
      valueList(app, "Nearest on the plane", near.map(([i]) => ({ point: i, word: data.word[i], name: cutName(data.titleOf(i), 80) || undefined }))));
  }
  return parts;
}

/** The words that stand out around a word, in the texts of the page. */
function around(app, name) {
  app.search.prepare(Infinity);
  const context = wordsAround(app.search.lower, name.toLowerCase().replaceAll("_", " "));
  return context.times ? standing(app, context.text, "Words around it", `Within 5 words of ${counted(context.times, "occurrence")}, a`) : null;
}

/** Filled as soon as the texts are counted, piece by piece, so that the page stays quick. */
function standing(app, text, title = "Words that stand out", before = "A") {
  const box = el("section", {}, el("h3", {}, title), el("p", { class: "note" }, "Counting the texts…"));
  app.background = app.background || new Background(app.data.texts);
  const { background } = app;
  const work = () => {
    if (!background.prepare(12)) { if (box.isConnected) setTimeout(work); return; }
    const words = background.standOut(text, 12);
    const of = background.step > 1 ? `a sample of ${counted(background.used, "text")}` : counted(background.used, "text");
    box.replaceChildren(el("h3", {}, title), words.length
      ? el("p", { class: "chips" }, words.map(([word, z, n]) => el("button", { type: "button", dir: "auto", title: `${count(n)} times here; z = ${z.toFixed(1)}`, onclick: () => app.searchFor(word) }, word)))
      : el("p", { class: "note" }, "No word stands out."),
      el("p", { class: "note" }, `${before}gainst ${of}, by log-odds.`));
  };
  setTimeout(work, 30);
  return box;
}

export function drawCard(app) {
  const card = byId("card"), { word, point } = app.selected, none = word < 0 && point < 0;
  card.hidden = none;
  byId("results").hidden = !none && !app.keepResults;
  card.replaceChildren(...(none ? [] : (word >= 0 && app.data.words ? wordCard(app, word, point) : documentCard(app, point)).filter(Boolean)));
}
