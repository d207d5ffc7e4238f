// How densely points lie: a blurred histogram of the plane, drawn as shading with contours.

/**
 * Visible points in, a shading out, with the box it covers. Three passes of a box blur are close to
 * a Gaussian. Values are the square roots of the densities, so that thin regions show.
 */
export function densityOf(data, grid, visible) {
  const size = data.n > 30000 ? 384 : 256;
  const span = Math.max(grid.highX - grid.lowX, grid.highY - grid.lowY) * 1.12 || 1;
  const left = (grid.lowX + grid.highX - span) / 2, low = (grid.lowY + grid.highY - span) / 2;
  let cells = new Float32Array(size * size), total = 0;
  for (let i = 0; i < data.n; i++) {
    if (!visible[i]) continue;
    const c = Math.floor((data.x[i] - left) / span * size), r = Math.floor((data.y[i] - low) / span * size);
    if (c >= 0 && r >= 0 && c < size && r < size) { cells[r * size + c]++; total++; }
  }
  const reach = Math.max(2, Math.round(size / (total > 50000 ? 110 : total > 5000 ? 75 : 50)));
  for (let pass = 0; pass < 3; pass++) cells = blurRows(blurRows(cells, size, reach), size, reach);
  let most = 0;
  for (const value of cells) if (value > most) most = value;
  const bytes = new Uint8Array(size * size);
  if (most > 0) for (let k = 0; k < bytes.length; k++) bytes[k] = Math.round(255 * Math.sqrt(cells[k] / most));
  return { left, low, span, shading: shadingOf({ size, bytes }) };
}

/** Blurs each row and turns the square on its side, so that two calls blur both ways. */
function blurRows(cells, size, reach) {
  const out = new Float32Array(cells.length), share = 1 / (2 * reach + 1);
  for (let r = 0; r < size; r++) {
    let sum = 0;
    for (let c = 0; c < reach; c++) sum += cells[r * size + c];
    for (let c = 0; c < size; c++) {
      if (c + reach < size) sum += cells[r * size + c + reach];
      if (c - reach - 1 >= 0) sum -= cells[r * size + c - reach - 1];
      out[c * size + r] = Math.max(0, sum * share);
    }
  }
  return out;
}

const BANDS = 8, IMAGE = 768, BAND_COVER = 7, LINE_COVER = 58;

/**
 * The shading as bytes of cover, 0 to 255: bands, each darker than the one below, with a thin line between two.
 * The lines are baked here, since a shader that finds them costs too much where a processor draws.
 */
export function shadingOf({ size, bytes }) {
  const cover = new Uint8Array(IMAGE * IMAGE), scale = size / IMAGE;
  const level = new Float32Array(IMAGE * IMAGE);
  for (let r = 0; r < IMAGE; r++) {
    const y = Math.min(size - 1.001, Math.max(0, (r + 0.5) * scale - 0.5)), top = Math.floor(y), dy = y - top;
    for (let c = 0; c < IMAGE; c++) {
      const x = Math.min(size - 1.001, Math.max(0, (c + 0.5) * scale - 0.5)), left = Math.floor(x), dx = x - left, at = top * size + left;
      level[r * IMAGE + c] = BANDS / 255 * ((bytes[at] * (1 - dx) + bytes[at + 1] * dx) * (1 - dy) + (bytes[at + size] * (1 - dx) + bytes[at + size + 1] * dx) * dy);
    }
  }
  for (let k = IMAGE; k < level.length - IMAGE; k++) {
    const value = level[k], near = Math.round(value), steep = Math.hypot(level[k + 1] - level[k - 1], level[k + IMAGE] - level[k - IMAGE]) / 2;
    const line = near > 0 && steep > 0 ? Math.max(0, 1 - Math.abs(value - near) / steep) : 0;
    cover[k] = Math.max(BAND_COVER * Math.floor(value), LINE_COVER * line);
  }
  return { side: IMAGE, cover };
}
