// Which part of the plane is seen. Screen x = width / 2 + (x - centre x) * scale; y grows upwards on the plane.
import { clamp } from "./base.js";

export class View {
  constructor(grid) {
    this.grid = grid;
    Object.assign(this, { x: 0, y: 0, scale: 1, fitted: 1, width: 1, height: 1, flight: null });
  }

  /** How far in, compared with the view of everything. */
  get zoom() { return this.scale / this.fitted; }

  resize(width, height) {
    const zoom = this.zoom, { grid } = this;
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.fitted = 0.9 * Math.min(this.width / (grid.highX - grid.lowX || 1), this.height / (grid.highY - grid.lowY || 1));
    this.scale = this.fitted * zoom;
  }

  whole() {
    return { x: (this.grid.lowX + this.grid.highX) / 2, y: (this.grid.lowY + this.grid.highY) / 2, scale: this.fitted };
  }

  set(place) { this.flight = null; Object.assign(this, place); }

  toScreen(x, y) { return [this.width / 2 + (x - this.x) * this.scale, this.height / 2 - (y - this.y) * this.scale]; }
  toPlane(left, top) { return [this.x + (left - this.width / 2) / this.scale, this.y - (top - this.height / 2) / this.scale]; }
  box(margin = 0) {
    const [lowX, highY] = this.toPlane(-margin, -margin), [highX, lowY] = this.toPlane(this.width + margin, this.height + margin);
    return [lowX, lowY, highX, highY];
  }

  /** Zooms about a place of the screen, which stays where it is. */
  zoomAt(left, top, factor) {
    this.flight = null;
    const [x, y] = this.toPlane(left, top);
    this.scale = clamp(this.scale * factor, this.fitted * 0.3, this.fitted * 4000);
    this.x = x - (left - this.width / 2) / this.scale;
    this.y = y + (top - this.height / 2) / this.scale;
  }

  move(dx, dy) {
    this.flight = null;
    this.x = clamp(this.x - dx / this.scale, this.grid.lowX - this.width / this.fitted, this.grid.highX + this.width / this.fitted);
    this.y = clamp(this.y + dy / this.scale, this.grid.lowY - this.height / this.fitted, this.grid.highY + this.height / this.fitted);
  }

  /** Starts a flight to a place, at once for those who ask for less motion. */
  fly(place, now, still) {
    const to = { x: this.x, y: this.y, scale: this.scale, ...place };
    if (still) this.set(to);
    else this.flight = { from: { x: this.x, y: this.y, scale: this.scale }, to, start: now, lasts: 450 };
  }

  /** Moves along the flight; true while it goes on. The centre moves with the width of the view, so the target nears steadily. */
  step(now) {
    if (!this.flight) return false;
    const { from, to, start, lasts } = this.flight, t = clamp((now - start) / lasts, 0, 1), s = t * t * (3 - 2 * t);
    const scale = from.scale * (to.scale / from.scale) ** s;
    const ratio = to.scale / from.scale, share = Math.abs(ratio - 1) < 1e-3 ? s : (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale);
    this.x = from.x + (to.x - from.x) * share;
    this.y = from.y + (to.y - from.y) * share;
    this.scale = scale;
    if (t >= 1) { Object.assign(this, to); this.flight = null; }
    return true;
  }
}
