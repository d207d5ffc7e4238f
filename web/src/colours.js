// The colours and shapes of points. How the palettes were chosen: web/README.md, "Colours".
import { clamp, svg } from "./base.js";

export const LIGHT = {
  dark: false, back: "#ffffff", ink: "#1b1e23", none: "#8a8f98", ramp: [0, 0.68],
  palette: ["#0058b8", "#e87000", "#40a088", "#b82058", "#b870e8", "#204000", "#580070"],
};
export const DARK = {
  dark: true, back: "#14171c", ink: "#eceff4", none: "#7d838d", ramp: [0.3, 1],
  palette: ["#00d0ff", "#b84000", "#70b820", "#ffa0a0", "#a058d0", "#e8ff70", "#007070"],
};
/** Circle, square, triangle; with 7 colours they make 21 signs. */
export const SHAPES = 3;
/** Added to a shape: only its outline is drawn. */
export const HOLLOW = 3;
/** The shape of a point that is not drawn. */
export const HIDDEN = 255;

// Stops of viridis (Smith & van der Walt 2015): its lightness grows evenly, so colour-blind people can order it too.
// It has no grey, which is the colour of points without a number.
const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

export const rgbOf = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));

/** A colour of the ramp for a share from 0 to 1. */
export function rampColour(theme, share) {
  const [low, high] = theme.ramp, at = clamp(low + share * (high - low), 0, 1) * (VIRIDIS.length - 1);
  const k = Math.min(VIRIDIS.length - 2, Math.floor(at)), a = rgbOf(VIRIDIS[k]), b = rgbOf(VIRIDIS[k + 1]);
  return a.map((value, c) => Math.round(value + (at - k) * (b[c] - value)));
}

/** The sign of a value of a category: its colour and its shape. */
export function signOf(theme, field, value) {
  const rank = value < field.names.length ? field.rank[value] : -1, all = theme.palette.length * SHAPES;
  if (rank < 0 || (rank >= all && !field.wraps)) return { colour: theme.none, shape: 0 };
  return { colour: theme.palette[rank % theme.palette.length], shape: Math.floor(rank / theme.palette.length) % SHAPES };
}

/** Red, green, blue and shape of every point, four bytes each. */
export function stylePoints(app) {
  const { data, theme, field, visible } = app, n = data.n, style = new Uint8Array(4 * n);
  const mixed = data.wordKind >= 0 && data.documents > 0 && data.documents < n;
  const side = data.words && !data.time && data.words.side, splits = field.key !== "side" && field.key !== "kind";
  const none = rgbOf(theme.none);
  const signs = field.type === "category"
    ? field.names.map((_, v) => { const sign = signOf(theme, field, v); return [...rgbOf(sign.colour), sign.shape]; }) : null;
  const span = field.type === "number" ? (field.high - field.low) || 1 : 1;
  const ramp = field.type === "number" ? Array.from({ length: 256 }, (_, k) => rampColour(theme, k / 255)) : null;
  for (let i = 0; i < n; i++) {
    const at = 4 * i;
    if (!visible[i]) { style[at + 3] = HIDDEN; continue; }
    let sign = none, shape = 0;
    if (signs) { const value = field.of[i]; if (value < signs.length) { sign = signs[value]; shape = sign[3]; } }
    else { const value = field.numbers[i]; if (Number.isFinite(value)) sign = ramp[Math.round(255 * (value - field.low) / span)]; }
    if (splits) {
      const word = data.word[i];
      if (side && word >= 0 ? side[word] === 1 : mixed && data.kind[i] === data.wordKind) shape += HOLLOW;
    }
    style[at] = sign[0]; style[at + 1] = sign[1]; style[at + 2] = sign[2]; style[at + 3] = shape;
  }
  return style;
}

/** A small picture of a sign, for lists. */
export function swatch(colour, shape) {
  const solid = shape < HOLLOW, paint = solid ? { fill: colour } : { fill: "none", stroke: colour, "stroke-width": 2 };
  const form = [
    () => svg("circle", { cx: 7, cy: 7, r: 5, ...paint }),
    () => svg("rect", { x: 2.5, y: 2.5, width: 9, height: 9, ...paint }),
    () => svg("path", { d: "M7 1.5 13 12.5H1Z", ...paint }),
  ][shape % HOLLOW]();
  return svg("svg", { width: 14, height: 14, viewBox: "0 0 14 14", class: "swatch", "aria-hidden": "true" }, form);
}
