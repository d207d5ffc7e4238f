// The panel: tabs, the sheet of phones, and the tab "About".
import { byId, clamp, count, el } from "./base.js";

const TABS = ["find", "colours", "words", "time", "picked", "about"];

export function makePanel(app) {
  const tabs = TABS.map(name => byId(`tab-${name}`)), sheet = byId("sheet"), panel = byId("panel");
  app.openTab = (name, quiet) => {
    if (!TABS.includes(name) || byId(`tab-${name}`).hidden) return;
    app.tab = name;
    TABS.forEach((other, k) => {
      const on = other === name;
      tabs[k].setAttribute("aria-selected", String(on));
      tabs[k].tabIndex = on ? 0 : -1;
      byId(`page-${other}`).hidden = !on;
    });
    if (!quiet) app.openSheet(true);
    app.stateChanged();
  };
  tabs.forEach((tab, k) => {
    tab.addEventListener("click", () => app.openTab(TABS[k]));
    tab.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], shown = tabs.filter(other => !other.hidden), at = shown.indexOf(tab);
      const next = step ? shown[(at + step + shown.length) % shown.length] : event.key === "Home" ? shown[0] : event.key === "End" ? shown[shown.length - 1] : null;
      if (!next) return;
      event.preventDefault();
      next.focus();
      app.openTab(next.id.slice(4));
    });
  });

  /** On phones the panel is a sheet at the bottom; it has three heights. */
  const HEIGHTS = ["low", "half", "high"];
  app.setSheet = height => {
    panel.dataset.height = height;
    sheet.setAttribute("aria-expanded", String(height !== "low"));
    sheet.setAttribute("aria-label", { low: "Open the panel", half: "Enlarge the panel", high: "Close the panel" }[height]);
  };
  app.openSheet = open => { if (open && panel.dataset.height === "low") app.setSheet("half"); };
  let from = null;
  sheet.addEventListener("click", () => { if (from !== "dragged") app.setSheet(HEIGHTS[(HEIGHTS.indexOf(panel.dataset.height) + 1) % 3]); from = null; });
  sheet.addEventListener("pointerdown", event => { from = event.clientY; sheet.setPointerCapture(event.pointerId); });
  sheet.addEventListener("pointerup", event => {
    const way = event.clientY - from;
    from = null;
    if (Math.abs(way) < 25) return;
    app.setSheet(HEIGHTS[clamp(HEIGHTS.indexOf(panel.dataset.height) + (way < 0 ? 1 : -1), 0, 2)]);
    from = "dragged";
  });
  app.setSheet("low");

  const trust = byId("trust"), sure = app.data.verdict;
  trust.hidden = !sure || !sure.length || Boolean(app.data.time);
  if (!trust.hidden) trust.textContent = sure[0];
  const { data } = app, { model } = data, about = byId("about"), rows = [];
  if (model) {
    if (model.n_documents) rows.push(["Documents of the model", count(model.n_documents)]);
    if (model.n_words) rows.push(["Words of the model", count(model.n_words)]);
    if (model.dim) rows.push(["Numbers a word", count(model.dim)]);
    if (model.digest) rows.push(["Digest", model.digest]);
  }
  rows.push(["Points on this page", count(data.n)]);
  if (data.program) rows.push(["Written by", data.program]);
  about.replaceChildren(...[
    data.verdict && data.verdict.length ? el("section", {}, el("h3", {}, data.time ? "How were the slices joined?" : "Can it be trusted?"), data.verdict.map(line => el("p", { dir: "auto" }, line))) : null,
    el("dl", { class: "facts" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value)))),
    data.notes.map(note => el("p", { dir: "auto" }, note)),
  ].flat().filter(Boolean));
}
