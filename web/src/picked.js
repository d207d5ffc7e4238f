// The tab "Selection": points chosen with the lasso or by the view, as a list, copied or saved as CSV.
import { byId, copyText, counted, el, saveFile, say } from "./base.js";
import { valueList } from "./cards.js";

const PICKED_LISTED = 300;

/** A cell of CSV. A text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvCell(value) {
  let text = value === null || value === undefined ? "" : String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of the chosen points: name, kind, place, every field, text. */
export function csvOf(app, points) {
  const { data } = app, fields = app.fields.filter(field => field.key !== "kind");
  const lines = [["name", "kind", "x", "y", ...fields.map(field => field.label), ...(data.texts ? ["text"] : [])]];
  for (const i of points) {
    lines.push([data.names[i], data.kinds[data.kind[i]], data.x[i], data.y[i],
      ...fields.map(field => (field.type === "number" ? (Number.isFinite(field.numbers[i]) ? field.numbers[i] : "") : field.names[field.of[i]] ?? "")),
      ...(data.texts ? [data.texts[i] ?? ""] : [])]);
  }
  return `${lines.map(line => line.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

export function makePicked(app) {
  const list = byId("picked"), says = byId("picked-says"), tools = byId("picked-tools"), lasso = byId("lasso");
  app.setLasso = on => {
    app.lassoOn = on;
    lasso.setAttribute("aria-pressed", String(on));
    byId("plane").classList.toggle("lasso", on);
    if (on) say("Lasso: draw around the points. Escape ends it.");
  };
  lasso.addEventListener("click", () => app.setLasso(!app.lassoOn));

  app.pick = points => {
    app.picked = points;
    app.light(points.length ? points : null, "picked");
    app.drawPicked();
    app.openTab("picked");
    say(`${counted(points.length, "point")} selected.`);
  };
  app.pickRope = rope => {
    const polygon = rope.map(([left, top]) => app.view.toPlane(left, top));
    app.pick(polygon.length < 3 ? new Uint32Array(0) : app.grid.inPolygon(polygon, i => app.visible[i]));
  };
  app.drawPicked = () => {
    const points = app.picked, n = points.length;
    says.textContent = n ? `${counted(n, "point")} selected.${n > PICKED_LISTED ? ` The first ${PICKED_LISTED} are listed; a file holds all.` : ""}` : "Nothing is selected. Use the lasso (key L), or take all that is in view.";
    tools.hidden = !n;
    list.replaceChildren(n ? valueList(app, "Selected points", Array.from(points.subarray(0, PICKED_LISTED), i => ({ point: i, word: app.data.word[i] }))) : "");
  };
  byId("pick-view").addEventListener("click", () => {
    const found = [];
    app.grid.inBox(...app.view.box(), i => { if (app.visible[i]) found.push(i); });
    app.pick(Uint32Array.from(found).sort());
  });
  byId("pick-found").addEventListener("click", () => app.pick(app.found && app.found.points ? app.found.points : new Uint32Array(0)));
  byId("picked-copy").addEventListener("click", async () => {
    const done = await copyText(Array.from(app.picked, i => app.data.names[i]).join("\n"));
    say(done ? `${counted(app.picked.length, "name")} copied.` : "The browser did not allow to copy.");
    byId("picked-copy").textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => { byId("picked-copy").textContent = "Copy the names"; }, 1500);
  });
  byId("picked-save").addEventListener("click", () => {
    saveFile("selection.csv", `\ufeff${csvOf(app, app.picked)}`, "text/csv;charset=utf-8");
    say("Saved as selection.csv.");
  });
  byId("picked-clear").addEventListener("click", () => { app.picked = new Uint32Array(0); app.light(null); app.drawPicked(); });
  app.drawPicked();
}
