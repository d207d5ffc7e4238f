// Measures the palettes of the page: exits 1 if two colours are too near for someone, or one is too near the background.
// Colour blindness after Machado, Oliveira & Fernandes 2009 (severity 1); distances in OKLab (Ottosson 2020).
import { DARK, LIGHT } from "../src/colours.js";

const BLIND = {
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
};
const LEAST = 0.1, CONTRAST = 3;
const linear = value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const rgb = hex => [1, 3, 5].map(at => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
const seen = (matrix, colour) => matrix.map(row => Math.min(1, Math.max(0, row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2])));
function oklab([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b), m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b), s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}
const light = colour => 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2];
const contrast = (a, b) => { const [low, high] = [light(a), light(b)].sort((p, q) => p - q); return (high + 0.05) / (low + 0.05); };
let fails = false;
for (const [name, theme] of Object.entries({ light: LIGHT, dark: DARK })) {
  for (const [who, matrix] of Object.entries({ everyone: null, ...BLIND })) {
    const labs = theme.palette.map(hex => oklab(matrix ? seen(matrix, rgb(hex)) : rgb(hex)));
    let least = Infinity;
    labs.forEach((a, i) => labs.slice(0, i).forEach(b => { least = Math.min(least, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])); }));
    console.log(`${name}, ${who}: least distance ${least.toFixed(3)}`);
    if (least < LEAST) fails = true;
  }
  const least = Math.min(...theme.palette.map(hex => contrast(rgb(hex), rgb(theme.back))));
  console.log(`${name}: least contrast with the background ${least.toFixed(2)}`);
  if (least < CONTRAST) fails = true;
}
if (fails) { console.error(`a distance is below ${LEAST} or a contrast below ${CONTRAST}`); process.exit(1); }
