// The plane: canvases, frames, and what is drawn over the points (labels, links, arrows, lasso, the selected point).
import { byId, clamp } from "./base.js";
import { rgbOf, stylePoints } from "./colours.js";
import { densityOf } from "./density.js";
import { pixelRenderer } from "./pixels.js";
import { webglRenderer } from "./webgl.js";
import { drawLabels, placeLabels } from "./labels.js";

/** Fewer points have no shading. */
const SHADED = 1500;

export class Plane {
  constructor(app, way) {
    this.app = app;
    this.element = byId("plane");
    this.over = byId("over");
    this.context = this.over.getContext("2d");
    this.labels = [];
    this.share = Math.min(1, 150000 / app.data.n);
    this.since = null;
    this.stirred = false;
    this.moved = 0;
    this.asked = false;
    this.frames = 0;
    this.middle = app.view.whole();
    this.start(way);
    new ResizeObserver(() => { this.resize(); }).observe(this.element);
    this.resize();
  }

  /** Makes the renderer: WebGL2 on a graphics chip, the processor elsewhere, or by `way` ("webgl" or "canvas"). */
  start(way) {
    const old = byId("points"), canvas = document.createElement("canvas");
    canvas.id = "points";
    canvas.setAttribute("aria-hidden", "true");
    old.replaceWith(canvas);
    canvas.addEventListener("webglcontextlost", event => { event.preventDefault(); setTimeout(() => { this.start("canvas"); this.resize(); }); });
    let renderer = null;
    if (way !== "canvas") try { renderer = webglRenderer(canvas, this.app.data, this.middle, way === "webgl"); } catch { renderer = null; }
    if (!renderer) {
      const fresh = document.createElement("canvas");
      fresh.id = "points";
      fresh.setAttribute("aria-hidden", "true");
      canvas.replaceWith(fresh);
      renderer = pixelRenderer(fresh, this.app.data, this.middle);
    }
    this.renderer = renderer;
    this.stale = true;
    if (this.app.begun) { this.restyle(); this.relight(); }
  }

  resize() {
    const box = this.element.getBoundingClientRect(), ratio = Math.min(3, window.devicePixelRatio || 1);
    // A processor that paints every pixel of a fine screen would be slow.
    this.pointRatio = Math.min(ratio, Math.max(1, Math.sqrt(this.renderer.mostPixels / Math.max(1, box.width * box.height))));
    this.ratio = ratio;
    for (const [canvas, scale] of [[byId("points"), this.pointRatio], [this.over, ratio]]) {
      const width = Math.max(1, Math.round(box.width * scale)), height = Math.max(1, Math.round(box.height * scale));
      if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    }
    this.stale = true;
    this.app.view.resize(box.width, box.height);
    if (this.app.begun) this.draw();
  }

  /** After a change of colours or filters. */
  restyle() {
    this.stale = true;
    this.renderer.setStyle(stylePoints(this.app));
    if (this.app.data.n >= SHADED) {
      this.renderer.setDensity(this.density || null);
      clearTimeout(this.timer);
      if (this.densityOf !== this.app.visibleVersion) this.timer = setTimeout(() => this.shade(), 60);
    }
    this.ask();
  }

  /** The shading comes after the points, since it takes longer. */
  shade() {
    this.density = densityOf(this.app.data, this.app.grid, this.app.visible);
    this.densityOf = this.app.visibleVersion;
    this.renderer.setDensity(this.density);
    this.stale = true;
    this.ask();
  }

  relight() { this.renderer.setLit(this.app.lit); this.stale = true; this.ask(); }

  /** Asks for a frame. */
  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(now => { this.asked = false; this.frame(now); });
  }

  /** Says that the view moves now; frames that come too late then draw fewer points. */
  moving() { this.moved = performance.now(); this.stirred = true; this.ask(); }

  frame(now) {
    const flies = this.app.view.step(now), moves = flies || this.stirred || performance.now() - this.moved < 250;
    this.stirred = false;
    const { n } = this.app.data;
    if (moves && n > 20000) this.adapt(now);
    else this.since = null;
    this.draw(moves ? this.share : 1);
    if (flies) this.ask();
    else if (moves) { this.ask(); }
    else if (this.onRest) this.onRest();
  }

  /** Diameter of a point in pixels. */
  get size() {
    const { view, data } = this.app;
    return 2 * clamp(100 / Math.sqrt(data.n) * Math.sqrt(view.zoom), 0.8, 6);
  }

  /**
   * Chooses the share of the points that is drawn while the view moves. Frames come in bursts where a processor
   * draws, so the mean over a quarter of a second counts.
   */
  adapt(now) {
    if (!this.since) { this.since = { start: now, frames: 0 }; return; }
    const { since } = this, mean = (now - since.start) / ++since.frames, { n } = this.app.data;
    if (now - since.start < 250) return;
    if (mean > 38) this.share = Math.max(Math.min(1, 30000 / n), this.share * clamp(30 / mean, 0.2, 0.8));
    else if (mean < 24) this.share = Math.min(1, this.share * 1.3);
    this.since = { start: now, frames: 0 };
  }

  /** Draws what has changed: where a pointer hovers, that is what lies over the points alone. */
  draw(share = 1) {
    const { view } = this.app, seen = [view.x, view.y, view.scale, share].join(" ");
    if (this.stale || seen !== this.seen) this.drawPoints(share);
    Object.assign(this, { stale: false, seen });
    this.drawOver();
    this.frames++;
  }

  drawPoints(share) {
    const { app } = this, { view, theme, data } = app;
    const shading = data.n >= SHADED ? clamp((7 - view.zoom) / 4, 0, 1) : 0;
    const dim = app.lit ? (theme.dark ? 0.22 : 0.16) : null;
    this.renderer.draw(view, {
      size: this.size, ratio: this.pointRatio, alpha: clamp(0.85 - 0.35 * shading * (data.n > 20000 ? 1 : 0.3), 0.3, 1), dim, shading, ink: rgbOf(theme.ink), back: rgbOf(theme.back), share,
    });
  }

  drawOver() {
    const { app, context } = this, { view, theme, data } = app;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    this.drawLines();
    this.labels = placeLabels(app, context, this.size);
    drawLabels(context, this.labels, theme);
    const ring = (i, width) => {
      const [x, y] = view.toScreen(data.x[i], data.y[i]);
      context.beginPath();
      context.arc(x, y, this.size / 2 + 4, 0, 7);
      context.lineWidth = width + 2; context.strokeStyle = theme.back; context.stroke();
      context.lineWidth = width; context.strokeStyle = theme.ink; context.stroke();
    };
    if (app.hovered >= 0) ring(app.hovered, 1.5);
    if (app.selected.point >= 0) ring(app.selected.point, 2.5);
    if (app.cross) {
      const x = view.width / 2, y = view.height / 2;
      context.lineWidth = 1.5; context.strokeStyle = theme.ink;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { context.moveTo(x + 4 * dx, y + 4 * dy); context.lineTo(x + 11 * dx, y + 11 * dy); }
      context.stroke();
    }
    if (app.rope) {
      context.beginPath();
      app.rope.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.closePath();
      context.fillStyle = theme.ink; context.globalAlpha = 0.08; context.fill(); context.globalAlpha = 1;
      context.setLineDash([5, 4]); context.lineWidth = 1.5; context.strokeStyle = theme.ink; context.stroke(); context.setLineDash([]);
    }
  }

  /** Links of the selected word as thin lines, its path through time, and the arrows of word math. */
  drawLines() {
    const { app, context } = this, { view, theme, data } = app, at = i => view.toScreen(data.x[i], data.y[i]);
    context.lineCap = "round";
    for (const [from, to, weight] of app.lines) {
      context.beginPath(); context.moveTo(...at(from)); context.lineTo(...at(to));
      context.strokeStyle = theme.ink; context.globalAlpha = 0.7; context.lineWidth = 1 + 1.5 * clamp(weight, 0, 1); context.stroke();
    }
    context.globalAlpha = 1;
    const path = app.path.slice(1).map((to, k) => ({ from: app.path[k], to, dashed: false }));
    for (const i of app.path) {
      const [x, y] = at(i);
      context.beginPath(); context.arc(x, y, this.size / 2 + 1.5, 0, 7);
      context.fillStyle = theme.ink; context.fill();
    }
    for (const { from, to, dashed } of [...app.arrows, ...path]) {
      const [ax, ay] = at(from), [bx, by] = at(to), length = Math.hypot(bx - ax, by - ay);
      if (length < 8) continue;
      const ux = (bx - ax) / length, uy = (by - ay) / length, gap = Math.min(length / 3, this.size / 2 + 5);
      const ex = bx - ux * gap, ey = by - uy * gap;
      const line = () => {
        context.beginPath(); context.moveTo(ax + ux * gap, ay + uy * gap); context.lineTo(ex, ey); context.stroke();
        context.setLineDash([]);
        context.beginPath(); context.moveTo(ex - ux * 10 - uy * 5, ey - uy * 10 + ux * 5); context.lineTo(ex, ey);
        context.lineTo(ex - ux * 10 + uy * 5, ey - uy * 10 - ux * 5); context.stroke();
      };
      context.strokeStyle = theme.back; context.lineWidth = 5; line();
      context.strokeStyle = theme.ink; context.lineWidth = 2.2; if (dashed) context.setLineDash([7, 5]); line();
    }
  }

  /** The visible point nearest to a place of the screen, within so many pixels; -1 if there is none. */
  pick(left, top, reach = 14) {
    const { app } = this, [x, y] = app.view.toPlane(left, top), near = Math.max(reach, this.size) / app.view.scale;
    const lit = app.lit ? app.grid.nearest(x, y, near, i => app.visible[i] && app.litSet[i]) : -1;
    return lit >= 0 ? lit : app.grid.nearest(x, y, near, i => app.visible[i]);
  }

  /** Copies the picture onto the canvas that is printed. */
  toPrint() {
    this.stale = true;
    this.draw();
    const { over } = this, printed = byId("printed"), context = printed.getContext("2d");
    printed.width = over.width; printed.height = over.height;
    context.drawImage(byId("points"), 0, 0, over.width, over.height);
    context.drawImage(over, 0, 0);
  }
}
