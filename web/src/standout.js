// The words that stand out in a document against all texts: log-odds with a prior (Monroe, Colaresi & Quinn 2008,
// section 3.3). Counts come from the texts of this page, from a sample of them where they are long.

const WORD = /[\p{L}\p{M}][\p{L}\p{M}\p{N}'’-]*/gu;
const SPACELESS_TEXT = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]/;
/** At most so many letters are counted. */
export const SAMPLE = 3e6;

/** The words of a text in lower case. */
export function wordsOfText(text) {
  if (SPACELESS_TEXT.test(text) && typeof Intl !== "undefined" && Intl.Segmenter) {
    const words = [];
    for (const piece of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) if (piece.isWordLike) words.push(piece.segment.toLowerCase());
    return words;
  }
  return text.toLowerCase().match(WORD) || [];
}

/** Occurrences of a word whose surroundings are read, at most, and words on either side. */
const CONTEXTS = 5000, REACH = 5;

/** The words around a word or phrase in texts that are in lower case: a text of them, and the number of occurrences. */
export function wordsAround(texts, term) {
  const asked = wordsOfText(term), pieces = [];
  let times = 0;
  for (const text of texts) {
    if (!text || !asked.length || !text.includes(asked[0])) continue;
    const words = wordsOfText(text);
    for (let at = words.indexOf(asked[0]); at >= 0 && times < CONTEXTS; at = words.indexOf(asked[0], at + 1)) {
      if (asked.some((word, k) => words[at + k] !== word)) continue;
      times++;
      pieces.push(...words.slice(Math.max(0, at - REACH), at), ...words.slice(at + asked.length, at + asked.length + REACH));
    }
    if (times >= CONTEXTS) break;
  }
  return { text: pieces.filter(word => !asked.includes(word)).join(" "), times };
}

export class Background {
  constructor(texts) {
    this.texts = texts;
    let letters = 0;
    for (const text of texts) letters += text ? text.length : 0;
    this.step = Math.max(1, Math.ceil(letters / SAMPLE));
    this.at = 0;
    this.counts = new Map();
    this.total = 0;
    this.used = 0;
  }

  /** Counts more texts for some milliseconds; true when all of the sample are counted. */
  prepare(milliseconds) {
    const end = performance.now() + milliseconds;
    while (this.at < this.texts.length) {
      const text = this.texts[this.at];
      this.at += this.step;
      if (text) {
        this.used++;
        for (const word of wordsOfText(text)) { this.counts.set(word, (this.counts.get(word) || 0) + 1); this.total++; }
      }
      if (performance.now() > end) return false;
    }
    return true;
  }

  /** Up to `most` words of a text that occur at least twice (once in a short text), by their z-score, as [word, z, count]. */
  standOut(text, most) {
    const own = new Map(), words = wordsOfText(text);
    for (const word of words) own.set(word, (own.get(word) || 0) + 1);
    const n = words.length, all = this.total + n, prior = 500, found = [];
    for (const [word, times] of own) {
      if ((times < 2 && n > 150) || (word.length < 2 && word.charCodeAt(0) < 0x2e80)) continue;
      const others = Math.max(0.01, (this.counts.get(word) || 0)), weight = prior * (others + 0.5) / all;
      const odds = (c, total) => Math.log((c + weight) / (total + prior - c - weight));
      const delta = odds(times, n) - odds(others, this.total), variance = 1 / (times + weight) + 1 / (others + weight);
      if (delta > 0) found.push([word, delta / Math.sqrt(variance), times]);
    }
    return found.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, most);
  }
}
