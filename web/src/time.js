// Slices of time: the tab with the slider, the words that moved most, and the path of a word through the slices.
import { byId, counted, el, say } from "./base.js";

/** Adds what a page of time slices needs; the sides of its words are the slices, in their order. */
export function makeTime(app) {
  const { data } = app, tab = byId("tab-time");
  tab.hidden = !data.time;
  app.slice = -1;
  app.path = [];
  app.setSlice = () => {};
  app.sliceAgain = () => {};
  if (!data.time) return;
  const { words } = data, slices = words.sides, slider = byId("slice"), all = byId("all-slices"), says = byId("slice-name"), play = byId("play");
  const places = slices.map(() => new Map());
  for (let w = 0; w < words.n; w++) places[words.side[w]].set(words.spelling[w], w);
  /** The word of a spelling in a slice; -1 if the slice does not have it. */
  app.inSlice = (spelling, slice) => places[slice].get(spelling) ?? -1;
  /** The points of a spelling through the slices. */
  app.pathOf = spelling => slices.map((_, s) => app.inSlice(spelling, s)).filter(w => w >= 0 && words.point[w] >= 0).map(w => words.point[w]);

  slider.max = String(slices.length - 1);
  const show = () => {
    const name = app.slice < 0 ? "All slices" : slices[app.slice];
    says.textContent = name;
    slider.setAttribute("aria-valuetext", name);
    slider.disabled = app.slice < 0;
    if (app.slice >= 0) slider.value = String(app.slice);
    all.checked = app.slice < 0;
  };
  app.sliceAgain = () => {
    const hidden = app.filters.of.get("side");
    hidden.clear();
    if (app.slice >= 0) slices.forEach((_, s) => { if (s !== app.slice) hidden.add(s); });
    app.search.side = app.slice;
    if (app.words) app.words.only = app.slice;
    show();
  };
  app.setSlice = slice => {
    app.slice = slice;
    app.sliceAgain();
    app.filterChanged();
    const { word } = app.selected;
    if (word >= 0 && slice >= 0) {
      const now = app.inSlice(words.spelling[word], slice);
      if (now >= 0 && now !== word) { const { tab: before } = app; app.select({ word: now, point: words.point[now] }, true, true); app.openTab(before, true); }
    }
    say(says.textContent);
  };
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
  slider.addEventListener("input", () => { stop(); app.setSlice(Number(slider.value)); });
  all.addEventListener("change", () => { stop(); app.setSlice(all.checked ? -1 : Number(slider.value)); });
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    play.textContent = "Stop";
    const step = () => app.setSlice((app.slice + 1) % slices.length);
    step();
    timer = setInterval(() => { if (app.slice === slices.length - 1) stop(); else step(); }, 1400);
  });

  const { moved } = data.time, surely = moved.filter(it => it.movement === "moved").length;
  byId("moved-note").textContent = moved.length
    ? `From ${slices[0]} to ${slices[slices.length - 1]}. The number is how far a word moved beyond words of like frequency, in robust standard deviations; from 4 on it moved for sure, which holds for ${counted(surely, "word")}.` : "";
  const most = Math.max(1, ...moved.map(it => it.score));
  byId("moved").replaceChildren(...moved.map(it => {
    const bar = el("span", { class: "bar", "aria-hidden": "true" });
    bar.style.width = `${100 * Math.max(0, it.score) / most}%`;
    return el("li", {}, el("button", { type: "button", class: "row", onclick: () => app.showPath(it.word) },
      el("span", { class: "name", dir: "auto" }, it.word), it.movement === "moved" ? null : el("span", { class: "tag" }, "not sure"), el("span", { class: "number" }, it.score.toFixed(1)), bar));
  }));
  /** Selects a word in the slice that is shown, or the first that has it, and flies to its path. */
  app.showPath = spelling => {
    const slice = app.slice >= 0 && app.inSlice(spelling, app.slice) >= 0 ? app.slice : slices.findIndex((_, s) => app.inSlice(spelling, s) >= 0);
    const word = app.inSlice(spelling, slice);
    app.select({ word, point: words.point[word] }, true, true);
    app.fit(app.path.length ? app.path : [words.point[word]]);
  };
  show();
}

/** What a word's card says of time: the way from slice to slice, and its neighbours in each. */
export function timeParts(app, word) {
  const { data, words } = app, { spelling, sides } = data.words, name = spelling[word], parts = [];
  let before = -1;
  for (let s = 0; s < sides.length; s++) {
    const now = app.inSlice(name, s);
    const way = before >= 0 && now >= 0 ? ` – ${(1 - words.similarity(before, now)).toFixed(3)} from the slice before` : "";
    parts.push(el("h4", {}, sides[s], el("span", { class: "note" }, now < 0 ? " – not known" : way)));
    if (now < 0) continue;
    parts.push(el("p", { class: "chips" }, words.neighbours(now, 6).map(([other, value]) => el("button", {
      type: "button", dir: "auto", title: value.toFixed(3), onclick: () => app.showPath(spelling[other]),
    }, spelling[other]))));
    before = now;
  }
  return el("section", {}, el("h3", {}, "Words used alike, in time"), el("p", { class: "note" }, "The way is 1 − cosine: 0 for a word that is used as before."), parts);
}
