// Makes a page of synthetic data from a seed: clusters of documents, words with vectors, metadata, links.
//
//   node make-data.mjs --documents 20000 --words 5000 --text 2000 -o page.html
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const TEMPLATE = join(here, "..", "dist", "page.html");

function randomOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const b64 = array => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");

const THEMES = ["god faith church", "space orbit moon", "car engine oil", "hockey team season", "gun law police", "key chip clipper", "disk drive scsi",
  "window server motif", "image file format", "israel arab peace", "medical patient health", "sale offer shipping", "bike ride helmet", "graphics polygon", "team pitcher baseball",
  "battery circuit voltage", "president job house", "modem port serial", "font driver printer", "armenian turkish genocide", "bread oven flour", "king queen court"];
const SPECIAL = ["king", "man", "woman", "queen", "</script>", "<img src=x onerror=alert(1)>", "السلام", "שלום", "世界", "日本語", "naïve", "new york", "ice-cream", "Ångström", "=cmd"];
const SYLLABLES = ["ba", "ke", "ro", "mi", "ta", "lo", "ven", "sur", "dan", "el", "or", "pin", "qua", "ster", "um", "ith", "gra", "no", "fe", "chi"];

/** The object that the page reads. `parts: false` leaves out everything but the points. */
export function makeData({ documents = 1000, words = 400, text = 400, seed = 1, dim = 40, clusters = 20, sides = false, parts = true, alone = false, cut = null } = {}) {
  const random = randomOf(seed), gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const spelling = [], used = new Set();
  const themeWords = THEMES.flatMap(theme => theme.split(" "));
  for (let w = 0; w < words; w++) {
    let name = w < SPECIAL.length ? SPECIAL[w] : themeWords[w - SPECIAL.length];
    while (!name || used.has(name)) name = Array.from({ length: 2 + Math.floor(random() * 3) }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join("");
    used.add(name);
    spelling.push(name);
  }
  const centres = Array.from({ length: clusters }, (_, c) => { const a = c * 2.399963, r = 6 * Math.sqrt((c + 0.5) / clusters); return [r * Math.cos(a), r * Math.sin(a), 0.25 + 0.5 * random()]; });
  const wordCluster = spelling.map((_, w) => (w < 4 ? 21 % clusters : Math.floor(random() * clusters)));
  const n = documents + words, x = new Float32Array(n), y = new Float32Array(n), kind = new Uint8Array(n), word = new Int32Array(n).fill(-1), names = [], cluster = new Uint16Array(n);
  for (let i = 0; i < n; i++) {
    const c = i < documents ? Math.floor(clusters * random() ** 1.4) : wordCluster[i - documents], [cx, cy, spread] = centres[c];
    cluster[i] = c;
    const sub = Math.floor(random() * 4) * Math.PI / 2;
    x[i] = cx + spread * (gauss() * 0.6 + 0.8 * Math.cos(sub)); y[i] = cy + spread * (gauss() * 0.6 + 0.8 * Math.sin(sub));
    if (i < documents) names.push(`corpora/sample.txt:${i + 1}`); else { names.push(spelling[i - documents]); kind[i] = 1; word[i] = i - documents; }
  }
  const data = {
    version: 1, title: "A synthetic corpus <b>&", program: "eigenlex 0.1.0", model: { digest: "0123456789abcdef", n_documents: documents, n_words: words, dim },
    notes: ["These texts are made by a program."],
    points: { n, x: b64(x), y: b64(y), kinds: alone ? ["word"] : ["document", "word"], kind: b64(alone ? new Uint8Array(n) : kind), name: names, word: b64(word) },
    texts: null, levels: null, columns: null, words: null, links: null, verdict: null,
  };
  if (!parts) return data;

  const byTheme = Array.from({ length: clusters }, (_, c) => spelling.map((_, w) => w).filter(w => wordCluster[w] === c));
  const counts = new Uint32Array(words), inDocuments = new Uint32Array(words);
  if (documents && text) {
    const texts = [];
    for (let i = 0; i < documents; i++) {
      const pieces = [], own = new Set(), theme = THEMES[cluster[i] % THEMES.length].split(" ");
      let letters = 0;
      while (letters < text) {
        const r = random(), pool = byTheme[cluster[i]];
        let piece;
        if (r < 0.3 && pool.length) { const w = pool[Math.floor(pool.length * random() ** 2)]; piece = spelling[w]; counts[w]++; own.add(w); }
        else if (r < 0.4) piece = theme[Math.floor(random() * theme.length)];
        else { const w = Math.floor(words * random() ** 3); piece = spelling[w]; counts[w]++; own.add(w); }
        pieces.push(piece);
        letters += piece.length + 1;
      }
      if (i % 97 === 5) pieces.push("needle");
      for (const w of own) inDocuments[w]++;
      texts.push(pieces.join(" ").slice(0, text));
    }
    data.texts = { of_points: [...texts, ...new Array(words).fill(null)], cut_at: cut };
  } else for (let w = 0; w < words; w++) { counts[w] = Math.floor(100000 / (w + 1)) + 1; inDocuments[w] = Math.ceil(counts[w] / 3); }

  if (documents > 20) {
    // The three documents that follow among those of the same cluster, with falling similarity; the last has none.
    const of = new Uint32Array(3 * n).fill(0xffffffff), score = new Float32Array(3 * n), members = Array.from({ length: clusters }, () => []);
    const place = new Uint32Array(n);
    for (let i = 0; i < documents; i++) place[i] = members[cluster[i]].push(i);
    for (let i = 0; i < n; i++) {
      members[cluster[i]].slice(place[i], place[i] + 3).forEach((j, k) => { of[3 * i + k] = j; score[3 * i + k] = 0.9 - 0.1 * k; });
    }
    data.similar = { per_point: 3, of_points: b64(of), score: b64(score) };
  }
  const level = (size, of) => ({ of_points: b64(Uint16Array.from({ length: n }, (_, i) => (i % 211 === 7 ? 65535 : of(i)))), groups: Array.from({ length: size }, (_, g) => {
    let members = 0;
    for (let i = 0; i < n; i++) if (i % 211 !== 7 && of(i) === g) members++;
    return { name: size === clusters ? THEMES[g % THEMES.length] : size < clusters ? THEMES[(g * 3) % THEMES.length].split(" ").slice(0, 2).join(" ") : `${THEMES[Math.floor(g / 4) % THEMES.length].split(" ")[g % 2]} ${["north", "south", "east", "west"][g % 4]}`, n: members };
  }) });
  const coarse = Math.max(1, Math.round(clusters / 3));
  const quarter = i => { const [cx, cy] = centres[cluster[i]]; return (x[i] > cx ? 1 : 0) + (y[i] > cy ? 2 : 0); };
  data.levels = [level(coarse, i => Math.min(coarse - 1, Math.floor(cluster[i] / 3))), level(clusters, i => cluster[i]), level(clusters * 4, i => cluster[i] * 4 + quarter(i))];
  if (documents) data.columns = [
    { name: "label", values: THEMES.slice(0, clusters).map(theme => `group.${theme.split(" ")[0]}`), of_points: b64(Uint16Array.from({ length: n }, (_, i) => (i < documents ? (random() < 0.9 ? cluster[i] : Math.floor(random() * Math.min(clusters, THEMES.length))) : 65535))) },
    { name: "year", numbers: b64(Float64Array.from({ length: n }, (_, i) => (i < documents ? 1900 + Math.floor(100 * Math.min(1, Math.max(0, 0.5 + 0.2 * gauss()))) : NaN))) },
  ];
  if (words) {
    const bases = Array.from({ length: clusters }, () => Array.from({ length: dim }, gauss)), vectors = new Int8Array(words * dim);
    const royal = Array.from({ length: dim }, gauss), male = Array.from({ length: dim }, gauss), female = Array.from({ length: dim }, gauss);
    const side = new Uint8Array(words);
    for (let w = 0; w < words; w++) {
      let v = bases[wordCluster[w]].map(value => value + 0.7 * gauss());
      if (w === 0) v = royal.map((value, k) => value + male[k]);
      if (w === 1) v = male.map((value, k) => value + 0.1 * gauss() + 0.3 * royal[k]);
      if (w === 2) v = female.map((value, k) => value + 0.1 * gauss() + 0.3 * royal[k]);
      if (w === 3) v = royal.map((value, k) => value + female[k] + 0.1 * gauss());
      side[w] = w % 2;
      const most = Math.max(...v.map(Math.abs));
      v.forEach((value, k) => { vectors[w * dim + k] = Math.round(127 * value / most); });
    }
    const common = Uint8Array.from(inDocuments, n => (n > documents / 10 ? 1 : 0));
    data.words = { n: words, spelling, count: b64(counts), documents: b64(inDocuments), common: b64(common), dispersion: b64(Float32Array.from({ length: words }, random)), dim, vectors: b64(vectors),
      point: b64(Int32Array.from({ length: words }, (_, w) => documents + w)), side: sides ? b64(side) : null, sides: sides ? ["en", "es"] : null };
    if (sides) {
      const from = [], to = [], score = [];
      for (let w = 0; w + 1 < words; w += 2) { from.push(documents + w); to.push(documents + w + 1); score.push(0.5 + 0.5 * random()); }
      data.links = { from: b64(Uint32Array.from(from)), to: b64(Uint32Array.from(to)), score: b64(Float32Array.from(score)) };
      data.verdict = ["This map can be trusted.", "Maps without the pairs find 256 of 312 of them."];
    }
  }
  return data;
}

/** Words in three slices of time; `mouse` moves from one cluster to another, `ghost` is not in the second slice. */
export function makeTime({ words = 120, seed = 3, dim = 24, clusters = 6 } = {}) {
  const random = randomOf(seed), gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const sides = ["1900", "1950", "2000"], own = ["mouse", "ghost", "king", "queen"];
  for (let w = own.length; w < words; w++) own.push(`${SYLLABLES[w % 20]}${SYLLABLES[Math.floor(w / 20) % 20]}`);
  const bases = Array.from({ length: clusters }, () => Array.from({ length: dim }, gauss)), noise = own.map(() => Array.from({ length: dim }, () => 0.5 * gauss()));
  const spelling = [], side = [], x = [], y = [], vectors = [];
  sides.forEach((_, s) => own.forEach((name, w) => {
    if (name === "ghost" && s === 1) return;
    const cluster = name === "mouse" ? s : w % clusters, v = bases[cluster].map((value, k) => value + noise[w][k] + 0.1 * gauss()), most = Math.max(...v.map(Math.abs));
    spelling.push(name); side.push(s);
    x.push(8 * Math.cos(cluster) + noise[w][0]); y.push(8 * Math.sin(cluster) + noise[w][1] + 0.1 * s);
    vectors.push(...v.map(value => Math.round(127 * value / most)));
  }));
  const n = spelling.length, numbers = Uint32Array.from({ length: n }, (_, i) => i);
  return {
    version: 1, title: "1900 → 1950 → 2000: words in time", program: "eigenlex 0.1.0", model: { digest: "0123", n_documents: 9, n_words: n, dim }, notes: [],
    verdict: ["From 1900 to 1950: 119 shared words."], levels: [], columns: [],
    points: { n, x: b64(Float32Array.from(x)), y: b64(Float32Array.from(y)), kinds: ["word"], kind: b64(new Uint8Array(n)), name: spelling, word: b64(Int32Array.from(numbers)) },
    words: { n, spelling, common: b64(new Uint8Array(n)), dim, vectors: b64(Int8Array.from(vectors)), point: b64(Int32Array.from(numbers)), side: b64(Uint8Array.from(side)), sides },
    time: { moved: [{ word: "mouse", distance: 0.9, score: 8.2, movement: "moved" }, { word: "king", distance: 0.2, score: 2.5, movement: "cannot tell" }] },
  };
}

/** The page with its data, as the program writes it. */
export function makePage(data) {
  const json = JSON.stringify(data).match(/[^]{1,30000}/gu).map(piece => `<script type="application/json">${piece.replaceAll("<", "\\u003c")}</script>`).join(""), title = data.title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return readFileSync(TEMPLATE, "utf8").replaceAll("@TITLE@", () => title).replace("@DATA@", () => json);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = {}, names = ["documents", "words", "text", "seed", "dim", "clusters", "cut"];
  let out = "page.html";
  for (let at = 2; at < process.argv.length; at++) {
    const name = process.argv[at].replace(/^--?/, "");
    if (name === "o") out = process.argv[++at];
    else if (name === "sides") options.sides = true;
    else if (name === "alone") options.alone = true;
    else if (names.includes(name)) options[name] = Number(process.argv[++at]);
    else throw new Error(`unknown option ${process.argv[at]}; known: -o, --sides, --alone, ${names.map(known => `--${known}`).join(", ")}`);
  }
  writeFileSync(out, makePage(makeData(options)));
  console.log(`${out}: written`);
}
