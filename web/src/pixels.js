// Draws the points into the bytes of an image, for machines without a graphics chip. A browser that has WebGL2 only in
// software is several times slower. The same interface and the same picture as webgl.js.
import { HIDDEN, HOLLOW, SHAPES } from "./colours.js";
import { shuffledPoints } from "./sample.js";

/** So many pixels can be painted 30 times a second; a finer image is scaled up. */
const MOST_PIXELS = 2.5e6;
/** A point from this many pixels on has its shape; a smaller one is a square. */
const SHAPED = 4;
/** Shapes are stored at so many places within a pixel, in each direction, and in sizes of quarters of a pixel. */
const STEPS = 4;

/** A colour as a pixel: bytes red, green, blue, alpha in the order of memory. */
const pixelOf = ([r, g, b]) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;

/** How far a place of the square of a point, from -1 to 1 both ways, lies outside the shape; below zero: inside. */
function outside(x, y, shape, size) {
  const form = shape % SHAPES;
  let d = form === 0 ? Math.hypot(x, y) - 0.86 : form === 1 ? Math.max(Math.abs(x), Math.abs(y)) - 0.76
    : Math.max(y - 0.72, Math.abs(x) * 0.87 - y * 0.5 - 0.46);
  d *= size * 0.5;
  return shape >= HOLLOW ? Math.max(d, -d - Math.max(1.2, size * 0.14)) : d;
}

/** The covers (0 to 256) of a shape whose middle lies dx, dy within a pixel; the first is that of the pixel at `low`, `low`. */
function stampOf(shape, size, dx, dy) {
  const reach = Math.ceil(size / 2), low = -reach, side = 2 * reach + 1, covers = new Uint16Array(side * side);
  for (let r = 0; r < side; r++) for (let c = 0; c < side; c++) {
    const x = 2 * (c + low + 0.5 - dx) / size, y = 2 * (r + low + 0.5 - dy) / size;
    if (Math.abs(x) > 1 || Math.abs(y) > 1) continue;
    covers[r * side + c] = Math.round(256 * Math.max(0, Math.min(1, 0.5 - outside(x, y, shape, size))));
  }
  return { low, side, covers };
}

export function pixelRenderer(canvas, data, middle) {
  const context = canvas.getContext("2d", { alpha: false }), { n } = data, { order, stored, places } = shuffledPoints(data, middle);
  const styles = new Uint32Array(n), stamps = new Map();
  let lit = null, density = null, image = null, pixels = null;

  /** Mixes a pixel with a colour that has been multiplied by its cover; `rest` is 256 less the cover. */
  const mix = (at, redBlue, green, rest) => {
    const old = pixels[at];
    pixels[at] = 0xff000000 | ((Math.imul(old & 0xff00ff, rest) + redBlue) >>> 8 & 0xff00ff) | ((Math.imul(old & 0xff00, rest) + green) >>> 8 & 0xff00);
  };

  /** The shading over the background, between the four nearest values of each pixel: first of two rows, then of two columns. */
  function shade(view, look, width, height) {
    const { side, cover } = density.shading, step = side / (density.span * view.scale * look.ratio);
    const [left, low] = view.toScreen(density.left, density.low), colours = new Uint32Array(256), row = new Float32Array(side);
    for (let c = 0; c < 256; c++) {
      const share = c / 255 * look.shading;
      colours[c] = pixelOf(look.back.map((value, k) => Math.round(value + share * (look.ink[k] - value))));
    }
    const first = new Int32Array(width), part = new Float32Array(width), last = side - 1;
    for (let x = 0; x < width; x++) {
      const at = Math.min(last, Math.max(0, (x + 0.5 - left * look.ratio) * step - 0.5));
      first[x] = Math.min(last - 1, Math.floor(at));
      part[x] = at - first[x];
    }
    for (let y = 0; y < height; y++) {
      const at = (low * look.ratio - y - 0.5) * step - 0.5;
      if (at < -1 || at > side) continue;
      const inside = Math.min(last, Math.max(0, at)), r = Math.min(last - 1, Math.floor(inside)), down = inside - r, from = r * side;
      for (let c = 0; c < side; c++) { const value = cover[from + c]; row[c] = value + down * (cover[from + side + c] - value); }
      for (let x = 0, to = y * width; x < width; x++) { const c = first[x], value = row[c]; pixels[to + x] = colours[value + part[x] * (row[c + 1] - value) + 0.5 | 0]; }
    }
  }

  /** The stamps of a size: one for each shape and place within a pixel. */
  function stampsOf(size) {
    const key = Math.round(size * 4);
    if (!stamps.has(key)) {
      if (stamps.size > 200) stamps.clear();
      stamps.set(key, new Array(2 * SHAPES * STEPS * STEPS));
    }
    return [stamps.get(key), key / 4];
  }

  /** Draws the points at some places: all before `end`, or those of a list. */
  function paint(view, look, size, alpha, end, list) {
    const { width, height } = canvas, step = view.scale * look.ratio, half = size / 2, whole = Math.round(256 * alpha);
    const midX = width / 2 + (middle.x - view.x) * step, midY = height / 2 - (middle.y - view.y) * step, [ready, rounded] = stampsOf(size);
    for (let k = 0; k < end; k++) {
      const at = list ? list[k] : k, style = styles[at], shape = style >>> 24;
      if (shape === HIDDEN) continue;
      const x = places[2 * at] * step + midX, y = midY - places[2 * at + 1] * step;
      if (!(x > -half && y > -half && x < width + half && y < height + half)) continue;
      const redBlue = style & 0xff00ff, green = style & 0xff00;
      if (size < SHAPED) {
        const left = Math.max(0, Math.ceil(x - half - 0.5)), right = Math.min(width, Math.ceil(x + half - 0.5));
        const top = Math.max(0, Math.ceil(y - half - 0.5)), bottom = Math.min(height, Math.ceil(y + half - 0.5));
        const rb = Math.imul(redBlue, whole), g = Math.imul(green, whole);
        for (let r = top; r < bottom; r++) for (let c = left; c < right; c++) mix(r * width + c, rb, g, 256 - whole);
        continue;
      }
      const column = Math.floor(x), line = Math.floor(y), dx = Math.min(STEPS - 1, Math.floor((x - column) * STEPS)), dy = Math.min(STEPS - 1, Math.floor((y - line) * STEPS));
      const which = (shape * STEPS + dy) * STEPS + dx;
      const stamp = ready[which] ||= stampOf(shape, rounded, (dx + 0.5) / STEPS, (dy + 0.5) / STEPS), { low, side, covers } = stamp;
      for (let r = 0; r < side; r++) {
        const to = line + low + r;
        if (to < 0 || to >= height) continue;
        for (let c = 0; c < side; c++) {
          const cover = covers[r * side + c] * whole >> 8, over = column + low + c;
          if (cover > 0 && over >= 0 && over < width) mix(to * width + over, Math.imul(redBlue, cover), Math.imul(green, cover), 256 - cover);
        }
      }
    }
  }

  return {
    name: "canvas", mostPixels: MOST_PIXELS,
    setStyle(style) {
      const from = new Uint32Array(style.buffer);
      for (let k = 0; k < n; k++) styles[k] = from[order[k]];
    },
    setLit(list) { lit = list ? Uint32Array.from(list, i => stored[i]) : null; },
    setDensity(now) { density = now; },
    /** `look` as in webgl.js. */
    draw(view, look) {
      const { width, height } = canvas;
      if (!image || image.width !== width || image.height !== height) {
        image = context.createImageData(width, height);
        pixels = new Uint32Array(image.data.buffer);
      }
      pixels.fill(pixelOf(look.back));
      if (density && look.shading > 0) shade(view, look, width, height);
      paint(view, look, look.size * look.ratio, look.dim ?? look.alpha, Math.ceil(n * look.share), null);
      if (look.dim !== null && lit) paint(view, look, (look.size + 2) * look.ratio, 0.95, lit.length, lit);
      context.putImageData(image, 0, 0);
    },
  };
}
