// Colour and filters: the choice of a field, its legend, and a filter for every other field.
import { byId, count, counted, el, say, short, svg } from "./base.js";
import { rampColour, signOf, swatch } from "./colours.js";

const BINS = 30, MOST_ROWS = 60;

/** Filters: for a category the values that are hidden (-1: none), for a number the range that is shown. */
export class Filters {
  constructor(fields) { this.of = new Map(fields.map(field => [field.key, field.type === "category" ? new Set() : null])); }
  isOn(field) { const filter = this.of.get(field.key); return field.type === "category" ? filter.size > 0 : filter !== null; }

  /** Fills `visible` with 1 and 0; gives how many points are left. */
  apply(fields, visible) {
    visible.fill(1);
    for (const field of fields) {
      const filter = this.of.get(field.key);
      if (!this.isOn(field)) continue;
      if (field.type === "number") {
        for (let i = 0; i < visible.length; i++) if (!(field.numbers[i] >= filter[0] && field.numbers[i] <= filter[1])) visible[i] = 0;
      } else {
        const hidden = new Uint8Array(65536);
        for (const value of filter) if (value >= 0) hidden[value] = 1;
        if (filter.has(-1)) hidden.fill(1, field.names.length);
        for (let i = 0; i < visible.length; i++) if (hidden[field.of[i]]) visible[i] = 0;
      }
    }
    let left = 0;
    for (const is of visible) left += is;
    return left;
  }
}

export function makeLegend(app) {
  const choice = byId("colour-by"), legend = byId("legend"), others = byId("filters");
  choice.append(...app.fields.map(field => el("option", { value: field.key }, field.label)));
  choice.addEventListener("change", () => app.colourBy(choice.value));
  byId("show-all").addEventListener("click", () => { app.filters = new Filters(app.fields); app.sliceAgain(); app.filterChanged(); });

  const rows = new Map();
  function category(field, coloured) {
    const list = el("ul", { class: "rows", "aria-label": field.label }), hidden = app.filters.of.get(field.key);
    const values = field.order.slice(0, MOST_ROWS), most = Math.max(1, ...values.slice(0, 1).map(v => field.counts[v]), field.none);
    const all = field.none ? [...values, -1] : values;
    const alone = value => {
      const only = all.every(other => hidden.has(other) === (other !== value));
      field.order.concat(-1).forEach(other => { if (only || other === value) hidden.delete(other); else hidden.add(other); });
      app.filterChanged();
    };
    for (const value of all) {
      const name = value < 0 ? "none" : field.names[value], n = value < 0 ? field.none : field.counts[value];
      const sign = coloured ? (value < 0 ? { colour: app.theme.none, shape: 0 } : signOf(app.theme, field, value)) : null;
      const bar = el("span", { class: "bar", "aria-hidden": "true" });
      bar.style.width = `${100 * n / most}%`;
      if (sign) bar.style.background = sign.colour;
      const button = el("button", {
        type: "button", class: "row", "aria-pressed": String(!hidden.has(value)), title: "Click: hide or show. Shift-click: show this alone.",
        onclick: event => {
          if (event.shiftKey) { alone(value); return; }
          if (hidden.has(value)) hidden.delete(value); else hidden.add(value);
          app.filterChanged();
        },
        onkeydown: event => { if (event.shiftKey && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); alone(value); } },
      }, sign ? swatch(sign.colour, sign.shape) : null, el("span", { class: "name", dir: "auto" }, name), el("span", { class: "number" }, count(n)), bar);
      rows.set(`${field.key} ${value}`, button);
      list.append(el("li", {}, button));
    }
    const rest = field.order.length - values.length;
    const notes = [];
    if (rest > 0) notes.push(`${counted(rest, "smaller value")} not listed.`);
    if (coloured && field.order.length > 21) notes.push(field.wraps ? "Colours and shapes repeat after 21 groups." : "The 21 largest have a sign of their own; the others are grey.");
    return el("div", {}, list, notes.length ? el("p", { class: "note" }, notes.join(" ")) : null);
  }

  function number(field, coloured) {
    if (field.empty) return el("p", { class: "note" }, "This column has no numbers.");
    const bins = new Uint32Array(BINS), span = (field.high - field.low) || 1;
    for (const value of field.numbers) if (Number.isFinite(value)) bins[Math.min(BINS - 1, Math.floor((value - field.low) / span * BINS))]++;
    const most = Math.max(...bins), picture = svg("svg", { viewBox: `0 0 ${BINS} 20`, preserveAspectRatio: "none", class: "histogram", role: "img",
      "aria-label": `Histogram of ${field.label}, from ${short(field.low)} to ${short(field.high)}` });
    bins.forEach((n, b) => {
      const high = n ? Math.max(0.6, 19 * n / most) : 0;
      picture.append(svg("rect", { x: b + 0.05, y: 20 - high, width: 0.9, height: high, fill: coloured ? `rgb(${rampColour(app.theme, b / (BINS - 1))})` : "currentColor" }));
    });
    const wholes = field.numbers.every(value => !Number.isFinite(value) || Number.isInteger(value)), step = wholes ? 1 : span / 200;
    const now = app.filters.of.get(field.key) || [field.low, field.high], says = el("output", { class: "note" });
    const slider = (which, label) => el("input", { type: "range", min: field.low, max: field.high, step, value: now[which], "aria-label": `${label} of ${field.label}`, oninput: change });
    const low = slider(0, "Least value"), high = slider(1, "Greatest value");
    function show() { says.textContent = `${short(Number(low.value))} to ${short(Number(high.value))}${field.none ? `; ${count(field.none)} without a number` : ""}`; }
    function change(event) {
      if (Number(low.value) > Number(high.value)) { if (event.target === low) high.value = low.value; else low.value = high.value; }
      const range = [Number(low.value), Number(high.value)], whole = range[0] <= field.low && range[1] >= field.high - step / 2;
      if (whole) range[1] = field.high;
      app.filters.of.set(field.key, whole ? null : range);
      show();
      app.filterChanged(true);
    }
    show();
    return el("div", {}, picture, el("div", { class: "sliders" }, low, high), says);
  }

  const draw = (field, coloured) => (field.type === "category" ? category(field, coloured) : number(field, coloured));
  const isOf = field => field.type === "number" ? !field.empty : field.order.length > 1;

  /** Draws everything anew; `keep`: the sliders that are moved now stay. */
  app.drawLegend = keep => {
    const on = app.fields.some(field => app.filters.isOn(field)), left = app.shown;
    byId("shown").textContent = on ? `${count(left)} of ${counted(app.data.n, "point")} shown.` : `${counted(app.data.n, "point")}.`;
    byId("show-all").hidden = !on;
    if (keep) return;
    const focus = document.activeElement && [...rows].find(([, button]) => button === document.activeElement);
    rows.clear();
    choice.value = app.field.key;
    legend.replaceChildren(draw(app.field, true));
    byId("legend-help").hidden = app.field.type === "number";
    const open = new Set([...others.querySelectorAll("details[open]")].map(details => details.dataset.key));
    others.replaceChildren(...app.fields.filter(field => field !== app.field && isOf(field)).map(field => {
      const body = el("div", {}), details = el("details", { "data-key": field.key }, el("summary", { dir: "auto" }, field.label, app.filters.isOn(field) ? " (filtered)" : ""), body);
      const fill = () => { if (details.open && !body.firstChild) body.append(draw(field, false)); };
      details.addEventListener("toggle", fill);
      if (open.has(field.key)) { details.open = true; fill(); }
      return details;
    }));
    byId("filters-head").hidden = !others.firstChild;
    if (focus && rows.has(focus[0])) rows.get(focus[0]).focus();
    if (on) say(byId("shown").textContent);
  };
}
