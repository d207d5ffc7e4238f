// The address of the page holds the view, the colour, the search, the selection, the tab and the word math, so that it can be shared.

/** Writes the state as the part after `#`. */
export function stateText(app) {
  const { view, data } = app, parts = new URLSearchParams();
  const whole = view.whole(), moved = Math.abs(view.zoom - 1) > 0.01 || Math.hypot(view.x - whole.x, view.y - whole.y) * view.scale > 2;
  const target = view.flight ? view.flight.to : view;
  if (moved || view.flight) parts.set("view", [target.x.toPrecision(6), target.y.toPrecision(6), (target.scale / view.fitted).toPrecision(4)].join(","));
  if (app.field !== app.defaultField) parts.set("colour", app.field.key);
  for (const field of app.fields) {
    const filter = app.filters.of.get(field.key);
    if (!app.filters.isOn(field) || (data.time && field.key === "side")) continue;
    const hidden = field.type === "category" ? [...filter].filter(value => value >= 0 || field.none).sort((a, b) => a - b) : filter;
    if (hidden.length <= 200) parts.append("filter", `${field.key}:${hidden.join(",")}`);
  }
  if (data.time && app.slice !== 0) parts.set("slice", app.slice < 0 ? "all" : data.words.sides[app.slice]);
  if (app.query) parts.set("search", app.query);
  if (app.mathText) parts.set("math", app.mathText);
  if (app.selected.point >= 0) parts.set("point", String(app.selected.point));
  else if (app.selected.word >= 0) parts.set("word", data.words.spelling[app.selected.word]);
  if (app.tab !== "find") parts.set("tab", app.tab);
  if (app.way) parts.set("draw", app.way);
  return parts.toString();
}

/** Reads the part after `#`. What does not fit this page is left out. */
export function readState(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, "")), view = (parts.get("view") || "").split(",").map(Number);
  return {
    view: view.length === 3 && view.every(Number.isFinite) && view[2] > 0 ? { x: view[0], y: view[1], zoom: view[2] } : null,
    colour: parts.get("colour"), search: parts.get("search") || "", math: parts.get("math") || "",
    filters: parts.getAll("filter").map(text => { const at = text.indexOf(":"); return { key: text.slice(0, at), values: text.slice(at + 1).split(",").map(Number).filter(Number.isFinite) }; }),
    point: /^\d+$/.test(parts.get("point") || "") ? Number(parts.get("point")) : -1, word: parts.get("word"), slice: parts.get("slice"), tab: parts.get("tab"),
    way: ["canvas", "webgl"].find(way => way === parts.get("draw")) || null,
  };
}
