// Reads the data of the page (format version 1, described in web/README.md) into typed arrays.
import { NONE, numbersOf } from "./base.js";

/** The parsed JSON in, arrays out. Every part but `points` may be missing. */
export function readData(json) {
  if (json.version !== 1) throw new Error(`This page reads data of version 1, and its data have version ${json.version}.`);
  const p = json.points, n = p.n;
  const data = {
    title: json.title || "eigenlex", program: json.program || "", model: json.model || null,
    notes: json.notes || [], verdict: json.verdict || null, n,
    x: numbersOf(p.x, Float32Array, n, "points.x"), y: numbersOf(p.y, Float32Array, n, "points.y"),
    kinds: p.kinds && p.kinds.length ? p.kinds : ["point"],
    kind: p.kind ? numbersOf(p.kind, Uint8Array, n, "points.kind") : new Uint8Array(n),
    names: p.name,
    word: p.word ? numbersOf(p.word, Int32Array, n, "points.word") : new Int32Array(n).fill(-1),
    texts: json.texts ? json.texts.of_points : null, cutAt: json.texts ? json.texts.cut_at : null,
    levels: (json.levels || []).map((level, l) => ({
      of: numbersOf(level.of_points, Uint16Array, n, `levels[${l}].of_points`), groups: level.groups,
    })),
    columns: (json.columns || []).map((column, c) => (column.numbers
      ? { name: column.name, numbers: numbersOf(column.numbers, Float64Array, n, `columns[${c}].numbers`) }
      : { name: column.name, values: column.values, of: numbersOf(column.of_points, Uint16Array, n, `columns[${c}].of_points`) })),
    api: json.api || null,
    words: json.words ? readWords(json.words) : null,
    links: json.links ? readLinks(json.links, n) : null,
    similar: json.similar ? readSimilar(json.similar, n) : null, time: json.time || null,
  };
  data.wordKind = data.kinds.indexOf("word");
  data.isWord = i => data.kind[i] === data.wordKind;
  /** The beginning of a text says more than `texts.txt:17`; the name of a file says more than its beginning. */
  data.titleOf = i => (data.texts && data.texts[i] && /:\d+$/.test(data.names[i]) ? data.texts[i].slice(0, 200).trim().replace(/\s+/g, " ") : "");
  let documents = 0;
  for (let i = 0; i < n; i++) if (!data.isWord(i)) documents++;
  data.documents = documents;
  if (data.texts && !data.texts.some(text => text !== null && text !== undefined)) data.texts = null;
  return data;
}

function readWords(w) {
  const n = w.n;
  return {
    n, dim: w.dim, spelling: w.spelling,
    count: numbersOf(w.count, Uint32Array, n, "words.count"), documents: numbersOf(w.documents, Uint32Array, n, "words.documents"),
    common: numbersOf(w.common, Uint8Array, n, "words.common"),
    dispersion: numbersOf(w.dispersion, Float32Array, n, "words.dispersion"),
    vectors: numbersOf(w.vectors, Int8Array, n * w.dim, "words.vectors"),
    point: w.point ? numbersOf(w.point, Int32Array, n, "words.point") : new Int32Array(n).fill(-1),
    side: numbersOf(w.side, Uint8Array, n, "words.side"), sides: w.sides || null,
  };
}

/** Documents like a point, best first, as pairs [point, cosine]. */
function readSimilar(similar, n) {
  const k = similar.per_point, of = numbersOf(similar.of_points, Uint32Array, n * k, "similar.of_points"), score = numbersOf(similar.score, Float32Array, n * k, "similar.score");
  return point => Array.from({ length: k }, (_, j) => [of[point * k + j], score[point * k + j]]).filter(([other]) => other < n);
}

/** Links as lists: `of(point)` gives pairs [other point, score], best first. */
function readLinks(links, n) {
  const from = numbersOf(links.from, Uint32Array), to = numbersOf(links.to, Uint32Array, from.length, "links.to");
  const score = numbersOf(links.score, Float32Array, from.length, "links.score");
  const start = new Uint32Array(n + 2);
  for (let k = 0; k < from.length; k++) { start[from[k] + 2]++; start[to[k] + 2]++; }
  for (let i = 2; i < n + 2; i++) start[i] += start[i - 1];
  const other = new Uint32Array(2 * from.length), value = new Float32Array(2 * from.length);
  for (let k = 0; k < from.length; k++) {
    let at = start[from[k] + 1]++;
    other[at] = to[k]; value[at] = score[k];
    at = start[to[k] + 1]++;
    other[at] = from[k]; value[at] = score[k];
  }
  return {
    n: from.length,
    of(point) {
      const pairs = [];
      for (let at = start[point]; at < start[point + 1]; at++) pairs.push([other[at], value[at]]);
      return pairs.sort((a, b) => b[1] - a[1]);
    },
  };
}

/** What a point can be coloured and filtered by: levels of groups, columns, kind, and side. */
export function readFields(data) {
  const fields = [];
  const resolution = data.levels.length === 3 ? ["coarse", "middle", "fine"] : data.levels.map((_, l) => `level ${l + 1}`);
  data.levels.forEach((level, l) => fields.push({
    key: `level-${l + 1}`, label: data.levels.length === 1 ? "Groups" : `Groups, ${resolution[l]}`,
    type: "category", of: level.of, names: level.groups.map(group => group.name), wraps: true,
  }));
  data.columns.forEach((column, c) => fields.push(column.numbers
    ? { key: `column-${c + 1}`, label: column.name, type: "number", numbers: column.numbers }
    : { key: `column-${c + 1}`, label: column.name, type: "category", of: column.of, names: column.values }));
  const words = data.words;
  if (words && words.side && words.sides) {
    const of = new Uint16Array(data.n).fill(NONE);
    for (let i = 0; i < data.n; i++) if (data.word[i] >= 0) of[i] = words.side[data.word[i]];
    fields.push({ key: "side", label: data.time ? "Slice" : "Language", type: "category", of, names: words.sides });
  }
  fields.push({ key: "kind", label: "Kind", type: "category", of: Uint16Array.from(data.kind), names: data.kinds });
  for (const field of fields) if (field.type === "category") countField(field); else rangeField(field);
  return fields;
}

function countField(field) {
  field.counts = new Uint32Array(field.names.length);
  field.none = 0;
  for (const value of field.of) if (value < field.names.length) field.counts[value]++; else field.none++;
  field.order = field.names.map((_, v) => v).filter(v => field.counts[v]).sort((a, b) => field.counts[b] - field.counts[a] || a - b);
  field.rank = new Int32Array(field.names.length).fill(-1);
  field.order.forEach((value, rank) => { field.rank[value] = rank; });
}

function rangeField(field) {
  let low = Infinity, high = -Infinity, none = 0;
  for (const value of field.numbers) {
    if (!Number.isFinite(value)) { none++; continue; }
    if (value < low) low = value;
    if (value > high) high = value;
  }
  Object.assign(field, { low, high, none, empty: low > high });
}
