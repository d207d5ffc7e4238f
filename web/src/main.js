// Joins everything: the state of the page, and what happens on a change.
import { byId, clamp, say } from "./base.js";
import { DARK, LIGHT } from "./colours.js";
import { readData, readFields } from "./data.js";
import { Grid } from "./grid.js";
import { groupPlaces, labelOrder } from "./labels.js";
import { drawCard } from "./cards.js";
import { Filters, makeLegend } from "./legend.js";
import { makeFinder } from "./finder.js";
import { makeGestures } from "./gestures.js";
import { makePanel } from "./panel.js";
import { makePicked } from "./picked.js";
import { makeWordBox } from "./wordbox.js";
import { Plane } from "./plane.js";
import { makeTime } from "./time.js";
import { wordsAround } from "./standout.js";
import { Remote, numbersOfWords } from "./remote.js";
import { Search } from "./search.js";
import { readState, stateText } from "./state.js";
import { View } from "./view.js";
import { Words } from "./words.js";

function start() {
  performance.mark("begun");
  const data = readData(JSON.parse(byId("data").textContent));
  byId("data").remove();
  performance.mark("read");
  const fields = readFields(data), grid = new Grid(data.x, data.y), view = new View(grid), state = readState(location.hash);
  const night = matchMedia("(prefers-color-scheme: dark)"), calm = matchMedia("(prefers-reduced-motion: reduce)");
  const app = {
    data, fields, grid, view, theme: night.matches ? DARK : LIGHT, still: () => calm.matches,
    visible: new Uint8Array(data.n).fill(1), visibleVersion: 0, shown: data.n, filters: new Filters(fields),
    lit: null, litSet: null, litBy: "", picked: new Uint32Array(0), selected: { point: -1, word: -1 }, hovered: -1,
    lines: [], arrows: [], rope: null, cross: false, lassoOn: false, terms: [], found: null, query: "", mathText: "", tab: "find",
    words: data.words && data.words.vectors ? new Words(data.words) : null, search: new Search(data),
    places: groupPlaces(data), groupNames: data.levels.length > 0, ...labelOrder(data), way: state.way,
  };
  app.defaultField = fields.find(field => field.type === "category" && field.order.length > 1) || fields[fields.length - 1];
  app.field = fields.find(field => field.key === state.colour) || app.defaultField;
  if (data.api && data.words && !app.words) app.words = new Remote(data, app.search);
  if (data.words) data.words.isTime = Boolean(data.time);
  app.nameOf = ({ word, point }) => (word >= 0 && data.words ? data.words.spelling[word] : data.names[point]);
  app.isGroupHidden = (level, group) => {
    const filter = app.filters.of.get(`level-${level + 1}`);
    return filter.has(group);
  };
  /** Points that always have a label: the selected one, what is linked to it, and the ends of arrows. */
  app.named = () => [...new Set([app.selected.point, app.hovered, ...app.arrows.flatMap(arrow => [arrow.to, arrow.from]), ...app.lines.flatMap(([a, b]) => [a, b]), ...app.path])].filter(i => i >= 0);

  /** The label of a point where it is not its name: a word on its path says in which slice. */
  app.labelOf = i => (app.path.length && app.path.includes(i) ? `${data.names[i]} · ${data.words.sides[data.words.side[data.word[i]]]}` : "");

  app.light = (points, by) => {
    app.lit = points;
    app.litBy = points ? by : "";
    app.litSet = null;
    if (points) { app.litSet = new Uint8Array(data.n); for (const i of points) app.litSet[i] = 1; }
    app.plane.relight();
  };
  app.colourBy = key => {
    app.field = fields.find(field => field.key === key) || app.defaultField;
    app.plane.restyle();
    app.drawLegend();
    app.stateChanged();
  };
  app.filterChanged = keep => {
    const before = app.shown;
    app.shown = app.filters.apply(fields, app.visible);
    if (before < data.n || app.shown < data.n) app.visibleVersion++;
    app.plane.restyle();
    app.drawLegend(keep);
    app.stateChanged();
  };
  app.select = (what, goes, stays) => {
    app.keepResults = false;
    app.selected = { word: what.word ?? -1, point: what.point ?? -1 };
    const { point, word } = app.selected, none = point < 0 && word < 0;
    app.lines = point >= 0 && data.links ? data.links.of(point).slice(0, 20).map(([other, score]) => [point, other, score]) : [];
    app.path = data.time && word >= 0 ? app.pathOf(data.words.spelling[word]) : [];
    drawCard(app);
    if (!none) {
      if (app.tab !== "find" && !goes) app.openTab("find"); else if (app.tab !== "words" && app.tab !== "picked") app.openTab("find");
      app.openSheet(true);
      byId("page-find").scrollTop = 0;
      if (point >= 0 && goes && !stays) app.goTo(point);
      say(`${app.nameOf(app.selected)}${point < 0 ? ", not drawn on the plane" : ""}.`);
    } else if (app.found && app.found.points && app.found.points.length) byId("results").hidden = false;
    app.plane.ask();
    app.stateChanged();
  };
  /** Flies to a point, nearer if the view is far out. */
  app.goTo = point => {
    const zoom = clamp(view.zoom, Math.min(12, Math.max(3, Math.sqrt(data.n) / 40)), 400);
    if (Number.isFinite(data.x[point]) && Number.isFinite(data.y[point])) view.fly({ x: data.x[point], y: data.y[point], scale: view.fitted * zoom }, performance.now(), app.still());
    app.plane.moving();
  };
  /** Flies so that all of some points are seen; `onlyIfOut`: only if one of them is not seen now. */
  app.fit = (points, onlyIfOut) => {
    const known = points.filter(i => Number.isFinite(data.x[i]) && Number.isFinite(data.y[i]));
    if (!known.length) return;
    const [lowX, lowY, highX, highY] = view.box(-20);
    if (onlyIfOut && known.every(i => data.x[i] > lowX && data.x[i] < highX && data.y[i] > lowY && data.y[i] < highY)) return;
    let [left, low, right, high] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const i of known) { left = Math.min(left, data.x[i]); right = Math.max(right, data.x[i]); low = Math.min(low, data.y[i]); high = Math.max(high, data.y[i]); }
    const scale = clamp(0.75 * Math.min(view.width / (right - left || 1e-9), view.height / (high - low || 1e-9)), view.fitted * 0.9, view.fitted * 60);
    view.fly({ x: (left + right) / 2, y: (low + high) / 2, scale }, performance.now(), app.still());
    app.plane.moving();
    app.stateChanged();
  };

  let timer = 0, own = "";
  app.stateChanged = () => {
    if (!app.begun) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      own = stateText(app);
      try { history.replaceState(null, "", own ? `#${own}` : location.pathname + location.search); } catch { location.replace(`#${own}`); }
    }, 250);
  };
  function restore(now) {
    if (now.way !== app.way) {
      app.way = now.way;
      app.plane.start(now.way);
      app.plane.resize();
    }
    if (now.view) view.set({ x: now.view.x, y: now.view.y, scale: view.fitted * clamp(now.view.zoom, 0.3, 4000) }); else view.set(view.whole());
    app.field = fields.find(field => field.key === now.colour) || app.defaultField;
    app.filters = new Filters(fields);
    for (const { key, values } of now.filters) {
      const field = fields.find(other => other.key === key);
      if (field && field.type === "number") { if (values.length === 2) app.filters.of.set(key, values); } else if (field) app.filters.of.set(key, new Set(values));
    }
    app.slice = data.time ? (now.slice === "all" ? -1 : Math.max(0, data.words.sides.indexOf(now.slice))) : -1;
    app.sliceAgain();
    app.filterChanged();
    if (now.search || app.query) { byId("search").value = now.search; app.runSearch(now.search); }
    const word = now.word ? app.search.wordOf(now.word) : -1;
    app.select(now.point >= 0 && now.point < data.n ? { point: now.point, word: data.word[now.point] } : { point: -1, word });
    if (word < 0 && now.word && data.api && !(now.point >= 0)) numbersOfWords(app, [now.word], ([found]) => app.select({ word: found, point: data.words.point[found] }), say);
    if (now.math || app.mathText) app.runMath(now.math);
    app.openTab(now.tab || "find", true);
  }

  performance.mark("sorted");
  app.plane = new Plane(app, state.way);
  performance.mark("planned");
  view.set(view.whole());
  makePanel(app);
  makeLegend(app);
  makeFinder(app);
  makeWordBox(app);
  makePicked(app);
  makeTime(app);
  makeGestures(app);
  restore(state);
  app.begun = true;
  performance.mark("restored");
  app.plane.draw();
  requestAnimationFrame(() => requestAnimationFrame(() => { performance.mark("painted"); window.eigenlex.painted = performance.now(); }));
  window.addEventListener("hashchange", () => { if (location.hash.replace(/^#/, "") !== own) restore(readState(location.hash)); });
  night.addEventListener("change", () => { app.theme = night.matches ? DARK : LIGHT; app.plane.restyle(); app.drawLegend(); });
  window.addEventListener("beforeprint", () => { app.theme = LIGHT; app.plane.restyle(); app.plane.toPrint(); });
  window.addEventListener("afterprint", () => { app.theme = night.matches ? DARK : LIGHT; app.plane.restyle(); });
  const later = window.requestIdleCallback || (work => setTimeout(work, 50));
  const prepare = () => { if (!app.search.prepare(10)) later(prepare); };
  later(prepare);

  window.eigenlex = {
    app, painted: 0, around: wordsAround,
    get labels() { return app.plane.labels; },
    get frames() { return app.plane.frames; },
    get share() { return app.plane.share; },
    get renderer() { return app.plane.renderer.name; },
    at: point => { const box = byId("plane").getBoundingClientRect(), [x, y] = view.toScreen(data.x[point], data.y[point]); return [box.left + x, box.top + y]; },
  };
}

try {
  start();
} catch (error) {
  byId("failed").hidden = false;
  byId("failed").textContent = `This page cannot be shown. ${error.message}`;
  throw error;
}
