// Questions to word vectors: neighbours, word math, places between two poles. All over every word, by the cosine.

/** The vectors have 8 bits a number; each word has one scale, which the length of the vector gives back. */
export class Words {
  constructor(words) {
    // `only`: the slice of time whose words are answers; -1: all.
    Object.assign(this, { words, n: words.n, dim: words.dim, only: -1 });
    this.share = new Float32Array(this.n);
    for (let w = 0; w < this.n; w++) {
      let square = 0;
      for (let k = w * this.dim, end = k + this.dim; k < end; k++) square += words.vectors[k] ** 2;
      this.share[w] = square > 0 ? 1 / Math.sqrt(square) : 0;
    }
  }

  /** The unit vector of a word. */
  unit(word) {
    const out = new Float32Array(this.dim);
    for (let k = 0; k < this.dim; k++) out[k] = this.words.vectors[word * this.dim + k] * this.share[word];
    return out;
  }

  similarity(a, b) {
    let sum = 0;
    const { vectors } = this.words, { dim } = this;
    for (let k = 0; k < dim; k++) sum += vectors[a * dim + k] * vectors[b * dim + k];
    return sum * this.share[a] * this.share[b];
  }

  /** Cosines of all words to a vector. */
  cosines(vector) {
    const { vectors } = this.words, { dim, n } = this, out = new Float32Array(n);
    let square = 0;
    for (const value of vector) square += value * value;
    const share = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let w = 0, k = 0; w < n; w++) {
      let sum = 0;
      for (let d = 0; d < dim; d++, k++) sum += vectors[k] * vector[d];
      out[w] = sum * this.share[w] * share;
    }
    return out;
  }

  /** The `most` words nearest to a vector, best first, as [word, cosine]; `accepts` leaves words out. */
  nearest(vector, most, accepts = () => true) {
    const { side } = this.words, { only } = this;
    return bestOf(this.cosines(vector), most, only < 0 ? accepts : word => side[word] === only && accepts(word));
  }

  neighbours(word, most) {
    const { side } = this.words;
    return bestOf(this.cosines(this.unit(word)), most, other => other !== word && (!side || side[other] === side[word]));
  }

  /** Words of the other language nearest to a word. */
  translations(word, most) {
    const { side } = this.words;
    return side ? this.nearest(this.unit(word), most, other => side[other] !== side[word]) : [];
  }

  /** The sum of unit vectors with weights, and the nearest words without those of the sum (3CosAdd). */
  math(terms, most) {
    const sum = new Float32Array(this.dim), own = new Set(terms.map(term => term.word)), { spelling } = this.words;
    for (const { word, sign } of terms) {
      const unit = this.unit(word);
      for (let k = 0; k < this.dim; k++) sum[k] += sign * unit[k];
    }
    // In time the words of the expression are no answers in any slice, and a word is one answer.
    const names = this.words.isTime ? new Set(terms.map(term => spelling[term.word])) : null;
    const found = this.nearest(sum, names && this.only < 0 ? 5 * most : most, word => (names ? !names.has(spelling[word]) : !own.has(word)));
    if (!names) return found;
    return found.filter(([word]) => { const is = names.has(spelling[word]); names.add(spelling[word]); return !is; }).slice(0, most);
  }

  /**
   * An axis between two poles: the words nearest to either pole, each with its place from -1 (first pole) to
   * 1 (second pole). The place is the difference of the two cosines, divided by that of the poles themselves.
   */
  axis(first, second, most) {
    const { only } = this, a = this.cosines(this.unit(first)), b = this.cosines(this.unit(second)), near = new Float32Array(this.n);
    for (let w = 0; w < this.n; w++) near[w] = Math.max(a[w], b[w]);
    const whole = 1 - this.similarity(first, second) || 1, { side } = this.words;
    return bestOf(near, most, w => w !== first && w !== second && (only < 0 || side[w] === only) && (!side || side[w] === side[first] || side[w] === side[second]))
      .map(([word, close]) => ({ word, close, place: Math.max(-1, Math.min(1, (b[word] - a[word]) / whole)) }));
  }
}

/** The positions of the greatest values. Equal values: the smaller number first. */
export function bestOf(values, most, accepts) {
  const best = [];
  let least = -Infinity;
  for (let w = 0; w < values.length; w++) {
    const value = values[w];
    if (!(value > least) || !accepts(w)) continue;
    let at = best.length;
    while (at > 0 && best[at - 1][1] < value) at--;
    best.splice(at, 0, [w, value]);
    if (best.length > most) best.pop();
    if (best.length === most) least = best[most - 1][1];
  }
  return best;
}

/**
 * Terms of an expression such as `king - man + woman`. Signs may touch the words; a sign inside a known word
 * belongs to the word. Quotes hold a word with spaces. `wordOf` gives the number of a spelling, or -1.
 */
export function parseExpression(text, wordOf) {
  const terms = [], unknown = [];
  let sign = 1, wanting = true;
  const add = spelling => {
    const word = wordOf(spelling);
    if (word >= 0) terms.push({ word, sign }); else unknown.push(spelling);
    sign = 1;
    wanting = false;
  };
  for (const [, quoted, piece] of text.matchAll(/["“]([^"”]+)["”]|([^\s"“]+)/gu)) {
    if (quoted) { add(quoted); continue; }
    if (!/^[+\-−–]+$/u.test(piece) && wordOf(piece) >= 0) { add(piece); continue; }
    let rest = piece;
    while (rest) {
      if (/^[+]/u.test(rest)) { sign = 1; wanting = true; rest = rest.slice(1); continue; }
      if (/^[-−–]/u.test(rest)) { sign = wanting && terms.length + unknown.length ? -sign : -1; wanting = true; rest = rest.slice(1); continue; }
      const ends = [rest.length, ...[...rest.matchAll(/[+\-−–]/gu)].map(found => found.index).filter(at => at > 0).reverse()];
      const end = ends.find(at => wordOf(rest.slice(0, at)) >= 0) ?? ends[ends.length - 1];
      add(rest.slice(0, end));
      rest = rest.slice(end);
    }
  }
  return { terms, unknown, unfinished: wanting && terms.length + unknown.length > 0 };
}

/** Arrows of an expression: from each word taken away to a word added, then from the last word to the result. */
export function arrowsOf(terms, result, pointOf) {
  const plus = terms.filter(term => term.sign > 0).map(term => term.word), minus = terms.filter(term => term.sign < 0).map(term => term.word);
  const arrows = [];
  minus.forEach((word, k) => { if (k < plus.length) arrows.push({ from: word, to: plus[k], dashed: false }); });
  if (result >= 0 && plus.length) arrows.push({ from: plus[plus.length - 1], to: result, dashed: minus.length === 0 });
  return arrows.map(arrow => ({ ...arrow, from: pointOf(arrow.from), to: pointOf(arrow.to) })).filter(arrow => arrow.from >= 0 && arrow.to >= 0);
}
