// A grid of cells over the plane: which points are near a place, in a box, or inside a polygon.

export class Grid {
  /** Places of n points; those that are not finite are in no cell. About two points a cell. */
  constructor(x, y) {
    const n = x.length;
    let lowX = Infinity, highX = -Infinity, lowY = Infinity, highY = -Infinity;
    for (let i = 0; i < n; i++) {
      if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
      if (x[i] < lowX) lowX = x[i];
      if (x[i] > highX) highX = x[i];
      if (y[i] < lowY) lowY = y[i];
      if (y[i] > highY) highY = y[i];
    }
    if (lowX > highX) lowX = highX = lowY = highY = 0;
    Object.assign(this, { x, y, lowX, highX, lowY, highY });
    const wide = highX - lowX || 1, high = highY - lowY || 1;
    this.cell = Math.max(Math.sqrt(wide * high / Math.max(1, n / 2)), Math.max(wide, high) / 2000) || 1;
    this.columns = Math.floor(wide / this.cell) + 1;
    this.rows = Math.floor(high / this.cell) + 1;
    const start = new Uint32Array(this.columns * this.rows + 1), of = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      of[i] = Number.isFinite(x[i]) && Number.isFinite(y[i]) ? this.row(y[i]) * this.columns + this.column(x[i]) : -1;
      if (of[i] >= 0) start[of[i] + 1]++;
    }
    for (let c = 0; c < this.columns * this.rows; c++) start[c + 1] += start[c];
    const fill = start.slice(), order = new Uint32Array(start[start.length - 1]);
    for (let i = 0; i < n; i++) if (of[i] >= 0) order[fill[of[i]]++] = i;
    this.start = start;
    this.order = order;
  }

  column(x) { return Math.max(0, Math.min(this.columns - 1, Math.floor((x - this.lowX) / this.cell))); }
  row(y) { return Math.max(0, Math.min(this.rows - 1, Math.floor((y - this.lowY) / this.cell))); }

  /** How many points lie in the cells that a box touches. */
  countIn(lowX, lowY, highX, highY) {
    if (highX < this.lowX || lowX > this.highX || highY < this.lowY || lowY > this.highY) return 0;
    const left = this.column(lowX), right = this.column(highX), top = this.row(highY);
    let sum = 0;
    for (let r = this.row(lowY); r <= top; r++) sum += this.start[r * this.columns + right + 1] - this.start[r * this.columns + left];
    return sum;
  }

  /** Calls `each` with every point in a box. */
  inBox(lowX, lowY, highX, highY, each) {
    if (highX < this.lowX || lowX > this.highX || highY < this.lowY || lowY > this.highY) return;
    const left = this.column(lowX), right = this.column(highX), top = this.row(highY);
    for (let r = this.row(lowY); r <= top; r++) {
      const end = this.start[r * this.columns + right + 1];
      for (let at = this.start[r * this.columns + left]; at < end; at++) {
        const i = this.order[at];
        if (this.x[i] >= lowX && this.x[i] <= highX && this.y[i] >= lowY && this.y[i] <= highY) each(i);
      }
    }
  }

  /** The nearest point that `accepts` holds of, at most `reach` away; -1 if there is none. */
  nearest(x, y, reach, accepts) {
    let best = -1, least = reach * reach;
    this.inBox(x - reach, y - reach, x + reach, y + reach, i => {
      const square = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (square < least && accepts(i)) { least = square; best = i; }
    });
    return best;
  }

  /** The k nearest points that `accepts` holds of, as pairs [point, distance]. The box grows until it holds enough. */
  nearestOf(x, y, k, accepts) {
    const most = Math.hypot(this.highX - this.lowX, this.highY - this.lowY) || 1;
    for (let reach = this.cell * 2; ; reach *= 2) {
      const found = [];
      this.inBox(x - reach, y - reach, x + reach, y + reach, i => {
        if (!accepts(i)) return;
        const distance = Math.hypot(this.x[i] - x, this.y[i] - y);
        if (distance <= reach) found.push([i, distance]);
      });
      if (found.length >= k || reach > most) return found.sort((a, b) => a[1] - b[1] || a[0] - b[0]).slice(0, k);
    }
  }

  /** Points inside a polygon [[x, y], …] by the rule of crossings. */
  inPolygon(polygon, accepts) {
    const xs = polygon.map(p => p[0]), ys = polygon.map(p => p[1]), found = [];
    this.inBox(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), i => {
      if (accepts(i) && isInside(polygon, this.x[i], this.y[i])) found.push(i);
    });
    return Uint32Array.from(found).sort();
  }
}

export function isInside(polygon, x, y) {
  let inside = false;
  for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
    const [ax, ay] = polygon[a], [bx, by] = polygon[b];
    if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
