// The points in random order, so that any first part of them is a fair sample of all. Both renderers keep them so.
import { randomFrom } from "./base.js";

/**
 * `order[k]` is the point at place k, and `stored[i]` the place of point i. `places` holds x and y of each place, relative
 * to the middle of the plane, so that deep zooms stay exact; a point without a place is far outside.
 */
export function shuffledPoints(data, middle) {
  const { n } = data, order = new Uint32Array(n), stored = new Uint32Array(n), places = new Float32Array(2 * n), random = randomFrom(1);
  for (let i = 0; i < n; i++) { const j = Math.floor(random() * (i + 1)); order[i] = order[j]; order[j] = i; }
  for (let k = 0; k < n; k++) {
    const i = order[k], known = Number.isFinite(data.x[i]) && Number.isFinite(data.y[i]);
    stored[i] = k;
    places[2 * k] = known ? data.x[i] - middle.x : 1e30;
    places[2 * k + 1] = known ? data.y[i] - middle.y : 1e30;
  }
  return { order, stored, places };
}
