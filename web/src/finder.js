// The search box: suggestions as a listbox, full-text search while one types, and the list of what was found.
import { byId, count, counted, el, filledLater, say, whenThere } from "./base.js";
import { cutNote, foundTexts } from "./cards.js";
import { cutName } from "./labels.js";

const LISTED = 100, SUGGESTED = 8, SERVED = 20;

export function makeFinder(app) {
  const { data, search } = app, input = byId("search"), list = byId("suggestions"), says = byId("found"), results = byId("results");
  let chosen = -1, shown = [], timer = 0;
  const word = data.texts ? "Search words and texts" : "Search";
  input.placeholder = word;

  function close() {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function choose(item) {
    close();
    if (item.word !== undefined) app.select({ word: item.word, point: data.words.point[item.word] }, true);
    else app.select({ word: data.word[item.point], point: item.point }, true);
  }
  function mark(now) {
    chosen = now;
    [...list.children].forEach((child, k) => child.setAttribute("aria-selected", String(k === now)));
    if (now >= 0) { input.setAttribute("aria-activedescendant", `suggestion-${now}`); list.children[now].scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  }
  function suggest() {
    const typed = input.value.trim();
    offer(search.suggest(input.value));
    // The server knows words that the page does not have.
    if (data.api && app.words && typed && shown.length < SUGGESTED) {
      whenThere(app.words.suggest(typed, SUGGESTED), found => {
        if (input.value.trim() !== typed) return;
        const known = new Set(shown.map(item => item.word));
        offer([...shown, ...found.filter(item => !known.has(item.word))].slice(0, SUGGESTED));
      });
    }
  }
  function offer(items) {
    shown = items;
    list.replaceChildren(...shown.map((item, k) => el("li", {
      role: "option", id: `suggestion-${k}`, "aria-selected": "false",
      onpointerdown: event => { event.preventDefault(); choose(item); },
    }, el("span", { class: "name", dir: "auto" }, item.word === undefined ? cutName(item.name, 40, true) : item.name),
    item.word !== undefined && data.words.side && !data.time ? el("span", { class: "tag" }, data.words.sides[data.words.side[item.word]]) : null,
    el("span", { class: "number" }, item.word !== undefined ? (data.words.count ? count(data.words.count[item.word]) : "word") : data.kinds[data.kind[item.point]]))));
    list.hidden = !shown.length;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
  }

  /** Looks for a query; shows and lights what holds it. */
  app.runSearch = query => {
    app.query = query.trim();
    if (!app.query) {
      Object.assign(app, { terms: [], found: null, keepResults: false });
      says.textContent = "";
      results.replaceChildren();
      byId("results").hidden = true;
      if (app.litBy === "search") app.light(null);
      app.stateChanged();
      return;
    }
    const started = performance.now(), found = search.find(app.query);
    app.searchTime = performance.now() - started;
    Object.assign(app, { found, terms: found.terms });
    const parts = [];
    if (data.documents) parts.push(`${count(found.documents)} of ${counted(data.documents, "document")}`);
    if (data.documents < data.n) parts.push(`${count(found.words)} of ${counted(data.n - data.documents, "word")}`);
    says.textContent = `${parts.join(", ")}.${cutNote(app)}`;
    say(`Found ${says.textContent}`);
    app.light(found.points || new Uint32Array(0), "search");
    drawResults(found);
    app.stateChanged();
  };
  function drawResults(found) {
    const some = Array.from(found.points ? found.points.subarray(0, LISTED) : []);
    results.replaceChildren(...some.map(i => {
      const term = found.terms[0], piece = data.texts && data.texts[i] ? search.passage(i, term, 0, false, 45) : null;
      return el("li", {}, el("button", { type: "button", class: "passage", onclick: () => app.select({ point: i, word: data.word[i] }, true) },
        el("span", { class: "source", dir: "auto" }, data.isWord(i) ? data.names[i] : cutName(data.names[i], 44, true)),
        piece ? el("span", { dir: "auto" }, piece.before, el("mark", {}, piece.match), piece.after) : null));
    }));
    if (found.points && found.points.length > LISTED) results.append(el("li", { class: "note" }, `The first ${LISTED} are listed. All are marked on the plane.`));
    const isServed = data.api && data.texts && app.words;
    if (isServed) results.append(el("li", {}, el("h3", {}, "In whole texts"), filledLater(app.words.documents(app.query, SERVED), found => foundTexts(app, found))));
    results.hidden = (!some.length && !isServed) || app.selected.point >= 0 || app.selected.word >= 0;
  }
  app.searchFor = query => { input.value = query; app.select({ point: -1, word: -1 }); app.openTab("find", true); app.runSearch(query); };

  input.addEventListener("input", () => {
    app.openTab("find", true);
    suggest();
    if (app.selected.point >= 0 || app.selected.word >= 0) app.select({ point: -1, word: -1 });
    clearTimeout(timer);
    timer = setTimeout(() => app.runSearch(input.value), 60);
  });
  input.addEventListener("keydown", event => {
    if (event.key === "ArrowDown" && shown.length) { list.hidden = false; mark(Math.min(shown.length - 1, chosen + 1)); }
    else if (event.key === "ArrowUp" && chosen >= 0) mark(chosen - 1);
    else if (event.key === "Enter") {
      clearTimeout(timer);
      if (chosen >= 0) choose(shown[chosen]);
      else {
        app.runSearch(input.value);
        close();
        const exact = search.wordOf(input.value.trim());
        if (exact >= 0) app.select({ word: exact, point: data.words.point[exact] }, true);
        else if (app.lit && app.lit.length) app.fit(Array.from(app.lit.subarray(0, 5000)));
        else if (data.api && app.words) whenThere(app.words.find(input.value.trim()), word => app.select({ word, point: data.words.point[word] }, true), error => say(error.message));
      }
    } else if (event.key === "Escape") {
      if (!list.hidden) close(); else { input.value = ""; app.runSearch(""); }
    } else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => setTimeout(close, 100));
  input.addEventListener("focus", () => { search.prepare(20); });
  byId("search-form").addEventListener("submit", event => event.preventDefault());
}
