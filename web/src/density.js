// How densely points lie: a blurred histogram of the plane, drawn as shading with contours.

/**
 * Visible points in, a square of bytes out, with the box it covers. Three passes of a box blur are close to
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
  return { size, left, low, span, bytes };
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

export const BANDS = 8;

/** The shading as an image, for the renderer without WebGL. */
export function densityImage(density, ink) {
  const { size, bytes } = density, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d"), image = context.createImageData(size, size);
  for (let r = 0; r < size; r++) for (let c = 0; c < size; c++) {
    const at = 4 * ((size - 1 - r) * size + c);
    image.data[at] = ink[0]; image.data[at + 1] = ink[1]; image.data[at + 2] = ink[2];
    image.data[at + 3] = Math.floor(bytes[r * size + c] / 255 * BANDS) / BANDS * 60;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
