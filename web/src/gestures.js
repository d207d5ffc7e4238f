// Pointer, wheel, pinch and keys on the plane.
import { byId, clamp, el } from "./base.js";

const STEP = 1.35, SHIFT = 70;

export function makeGestures(app) {
  const { plane, view } = app, element = byId("plane"), tip = byId("tip"), fingers = new Map();
  let start = null, gap = null, moved = false;
  const place = event => { const box = element.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const touched = () => { app.cross = false; plane.moving(); app.stateChanged(); };
  const zoomMiddle = factor => {
    app.view.fly({ scale: clamp(view.scale * factor, view.fitted * 0.3, view.fitted * 4000), x: view.x, y: view.y }, performance.now(), app.still());
    plane.moving();
    app.stateChanged();
  };
  app.zoomMiddle = zoomMiddle;
  app.showAll = () => { view.fly(view.whole(), performance.now(), app.still()); plane.moving(); app.stateChanged(); };
  byId("zoom-in").addEventListener("click", () => zoomMiddle(STEP * STEP));
  byId("zoom-out").addEventListener("click", () => zoomMiddle(1 / STEP / STEP));
  byId("zoom-all").addEventListener("click", app.showAll);

  function hover(point, left, top) {
    if (point === app.hovered) { if (point >= 0) putTip(left, top); return; }
    app.hovered = point;
    plane.ask();
    tip.hidden = point < 0;
    if (point < 0) return;
    const { data } = app, group = app.field.type === "category" ? app.field.names[app.field.of[point]] : null, text = data.texts ? data.texts[point] : null;
    tip.replaceChildren(el("b", { dir: "auto" }, data.names[point]), group ? el("span", { dir: "auto" }, group) : "", text ? el("span", { class: "tip-text", dir: "auto" }, text.length > 180 ? `${text.slice(0, 180)}…` : text) : "");
    putTip(left, top);
  }
  function putTip(left, top) {
    const x = left + 14 + tip.offsetWidth > view.width ? left - 14 - tip.offsetWidth : left + 14, y = top + 14 + tip.offsetHeight > view.height ? top - 14 - tip.offsetHeight : top + 14;
    tip.style.transform = `translate(${Math.round(Math.max(4, x))}px, ${Math.round(Math.max(4, y))}px)`;
  }

  element.addEventListener("pointerdown", event => {
    if (event.target.closest("button") || (event.pointerType === "mouse" && event.button !== 0)) return;
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
    hover(-1);
    if (fingers.size === 1) {
      moved = false;
      start = place(event);
      if (app.lassoOn || event.shiftKey) { app.rope = [start]; if (!app.lassoOn) app.setLasso(true); }
    } else if (fingers.size === 2) {
      app.rope = null;
      moved = true;
      gap = spread();
    }
  });
  function spread() {
    const [[ax, ay], [bx, by]] = [...fingers.values()];
    return { distance: Math.max(8, Math.hypot(ax - bx, ay - by)), x: (ax + bx) / 2, y: (ay + by) / 2 };
  }
  element.addEventListener("pointermove", event => {
    const now = place(event);
    if (!fingers.has(event.pointerId)) { if (event.pointerType === "mouse" && !event.target.closest("button")) hover(plane.pick(...now), ...now); return; }
    const before = fingers.get(event.pointerId);
    fingers.set(event.pointerId, now);
    if (fingers.size === 2 && gap) {
      const next = spread();
      view.move(next.x - gap.x, next.y - gap.y);
      view.zoomAt(next.x, next.y, next.distance / gap.distance);
      gap = next;
      touched();
    } else if (app.rope) {
      app.rope.push(now);
      moved = true;
      plane.ask();
    } else if (fingers.size === 1) {
      if (!moved && Math.hypot(now[0] - start[0], now[1] - start[1]) < 4) { fingers.set(event.pointerId, before); return; }
      moved = true;
      element.classList.add("dragged");
      view.move(now[0] - before[0], now[1] - before[1]);
      touched();
    }
  });
  const up = event => {
    if (!fingers.delete(event.pointerId)) return;
    element.classList.remove("dragged");
    gap = fingers.size === 2 ? spread() : null;
    if (app.rope && event.type === "pointerup") {
      const rope = app.rope;
      app.rope = null;
      app.setLasso(false);
      app.pickRope(rope);
    } else if (!moved && event.type === "pointerup" && fingers.size === 0) {
      const point = plane.pick(...place(event), event.pointerType === "touch" ? 24 : 14);
      app.cross = false;
      if (point >= 0) app.select({ point, word: app.data.word[point] });
      else app.select({ point: -1, word: -1 });
    }
    if (fingers.size) moved = true;
  };
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", event => { app.rope = null; up(event); });
  element.addEventListener("pointerleave", () => hover(-1));
  element.addEventListener("wheel", event => {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 300 : 1;
    view.zoomAt(...place(event), Math.exp(-clamp(event.deltaY * unit, -300, 300) * (event.ctrlKey ? 0.01 : 0.0016)));
    hover(-1);
    touched();
  }, { passive: false });
  element.addEventListener("dblclick", event => { if (!event.target.closest("button")) { view.zoomAt(...place(event), 2); touched(); } });

  const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  element.addEventListener("keydown", event => {
    if (event.target !== element || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) nextPoint(arrow);
    else if (arrow) { view.move(arrow[0] * SHIFT, arrow[1] * SHIFT); app.cross = true; plane.moving(); app.stateChanged(); }
    else if (event.key === "Enter") {
      const point = plane.pick(view.width / 2, view.height / 2, Math.max(view.width, view.height));
      if (point >= 0) app.select({ point, word: app.data.word[point] }, true);
    } else return;
    event.preventDefault();
  });
  /** Selects the nearest point in a direction from the selected one. */
  function nextPoint([dx, dy]) {
    const { data } = app, from = app.selected.point;
    const x = from >= 0 ? data.x[from] : view.x, y = from >= 0 ? data.y[from] : view.y;
    const near = app.grid.nearestOf(x, y, 200, i => i !== from && app.visible[i] && (!app.lit || app.litSet[i]));
    let best = -1, least = Infinity;
    for (const [i, distance] of near) {
      const along = -(data.x[i] - x) * dx + (data.y[i] - y) * dy;
      if (distance > 0 && along > 0.6 * distance && distance / along * distance < least) { least = distance / along * distance; best = i; }
    }
    if (best >= 0) app.select({ point: best, word: data.word[best] }, true);
  }
  element.addEventListener("focus", () => { app.cross = element.matches(":focus-visible"); plane.ask(); });
  element.addEventListener("blur", () => { app.cross = false; plane.ask(); });

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest && event.target.closest("input:not([type=range]), textarea, select");
    if (event.key === "Escape") {
      if (app.lassoOn) { app.rope = null; app.setLasso(false); plane.ask(); }
      else if (!typing && (app.selected.point >= 0 || app.selected.word >= 0)) app.select({ point: -1, word: -1 });
      return;
    }
    if (typing) return;
    if (event.key === "+" || event.key === "=") zoomMiddle(STEP);
    else if (event.key === "-") zoomMiddle(1 / STEP);
    else if (event.key === "0") app.showAll();
    else if (event.key === "/") byId("search").focus();
    else if (event.key === "l" || event.key === "L") app.setLasso(!app.lassoOn);
    else return;
    event.preventDefault();
  });
}
