// Full-text search and suggestions. Texts are lower-cased once; a query is looked up with indexOf in each of them.

/** Scripts written without spaces: a match may begin anywhere. */
const SPACELESS = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[\ud840-\ud87f]/;
const LETTER = /[\p{L}\p{N}\p{M}]/u;

/** Whether a letter or digit stands at a place of a text. */
export function isLetterAt(text, at) {
  const code = text.charCodeAt(at);
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90);
  if (code >= 0xdc00 && code <= 0xdfff && at > 0) return LETTER.test(text.slice(at - 1, at + 1));
  return LETTER.test(String.fromCodePoint(text.codePointAt(at)));
}

/** The first place at or after `from` where a word of the text begins with the term; -1 if there is none. */
export function findTerm(text, term, from = 0, whole = false, anywhere = SPACELESS.test(term)) {
  for (let at = text.indexOf(term, from); at >= 0; at = text.indexOf(term, at + 1)) {
    if (anywhere) return at;
    const end = at + term.length;
    if ((at === 0 || !isLetterAt(text, at - 1)) && (!whole || end >= text.length || !isLetterAt(text, end))) return at;
  }
  return -1;
}

/** Terms of a query: words, and phrases in quotes. */
export function termsOf(query) {
  const terms = [];
  for (const [, phrase, word] of query.toLowerCase().matchAll(/["“]([^"”]+)["”]?|(\S+)/gu)) {
    const term = (phrase || word).trim().replace(/\s+/g, " ");
    if (term && !terms.includes(term)) terms.push(term);
  }
  return terms;
}

/** A text in one line. Texts that are so already are not copied. */
const flat = text => (/\s\s|[^\S ]/.test(text) ? text.replace(/\s+/g, " ") : text);

export class Search {
  constructor(data) {
    this.data = data;
    this.lower = data.texts ? new Array(data.n) : null;
    this.ready = 0;
    this.names = null;
    /** The slice of time in which words are looked up first; -1: all. */
    this.side = -1;
    if (data.words) {
      const { count, n, side, sides } = data.words;
      this.byCount = Uint32Array.from({ length: n }, (_, w) => w);
      // Without counts, the words of each side are in the order of their file.
      if (count) this.byCount.sort((a, b) => count[b] - count[a] || a - b);
      this.numbers = (sides || [""]).map(() => new Map());
      const of = w => this.numbers[side ? side[w] : 0];
      for (let w = n - 1; w >= 0; w--) {
        const spelling = data.words.spelling[w], lower = spelling.toLowerCase();
        if (lower !== spelling && !of(w).has(lower)) of(w).set(lower, w);
      }
      for (let w = n - 1; w >= 0; w--) of(w).set(data.words.spelling[w], w);
    }
  }

  /** Lower-cases more texts for some milliseconds; true when all are done. */
  prepare(milliseconds) {
    const end = performance.now() + milliseconds, { data } = this;
    if (!this.names) {
      const names = data.names.map(name => name.toLowerCase());
      this.names = names;
    }
    if (!this.lower) return true;
    while (this.ready < data.n) {
      const text = data.texts[this.ready];
      this.lower[this.ready++] = text ? flat(text).toLowerCase() : "";
      if ((this.ready & 63) === 0 && performance.now() > end) return false;
    }
    return true;
  }

  /** The points that hold every term in their name or text. */
  find(query) {
    this.prepare(Infinity);
    const terms = termsOf(query), { names, lower, data } = this;
    if (!terms.length) return { terms, points: null, documents: 0, words: 0 };
    const longest = terms.slice().sort((a, b) => b.length - a.length).map(term => ({ term, anywhere: SPACELESS.test(term) })), points = [];
    let documents = 0, words = 0;
    for (let i = 0; i < data.n; i++) {
      const name = names[i], text = lower ? lower[i] : "";
      let all = true;
      for (const { term, anywhere } of longest) {
        if ((text && findTerm(text, term, 0, false, anywhere) >= 0) || (name.length >= term.length && findTerm(name, term, 0, false, anywhere) >= 0)) continue;
        all = false;
        break;
      }
      if (!all) continue;
      points.push(i);
      if (data.isWord(i)) words++; else documents++;
    }
    return { terms, points: Uint32Array.from(points), documents, words };
  }

  /** Up to `most` suggestions for what was typed: words by count, then names. */
  suggest(typed, most = 8) {
    const start = typed.trim().toLowerCase(), { data } = this, found = [];
    if (!start) return found;
    this.prepare(0);
    if (data.words) {
      const { side } = data.words, seen = new Set(), exact = this.wordOf(start);
      if (exact >= 0) { found.push({ word: exact, name: data.words.spelling[exact] }); seen.add(data.words.spelling[exact]); }
      for (const w of this.byCount) {
        if (found.length >= most - 2) break;
        // A word of several slices is one word.
        if (data.time && ((this.side >= 0 && side[w] !== this.side) || seen.has(data.words.spelling[w]))) continue;
        const spelling = data.words.spelling[w];
        if (w !== exact && spelling.length >= start.length && spelling.slice(0, start.length).toLowerCase() === start) { found.push({ word: w, name: spelling }); seen.add(spelling); }
      }
    }
    for (let i = 0; i < data.n && found.length < most; i++) {
      if (data.word[i] >= 0) continue;
      const at = this.names[i].indexOf(start);
      if (at === 0 || (at > 0 && !isLetterAt(this.names[i], at - 1))) found.push({ point: i, name: data.names[i] });
    }
    return found;
  }

  /** The number of a word by its spelling, also in lower case; -1 for an unknown word. */
  wordOf(spelling) {
    if (!this.numbers) return -1;
    const sides = this.side < 0 ? this.numbers : [this.numbers[this.side], ...this.numbers];
    for (const form of [spelling, spelling.toLowerCase()]) for (const side of sides) if (side.has(form)) return side.get(form);
    return -1;
  }

  /** A piece of a text around a place: [before, match, after], and where the match ends. */
  passage(i, term, from, whole, reach = 70) {
    this.prepare(Infinity);
    const at = findTerm(this.lower[i], term, from, whole);
    if (at < 0) return null;
    const own = flat(this.data.texts[i]), text = own.length === this.lower[i].length ? own : this.lower[i];
    const end = at + term.length;
    let left = Math.max(0, at - reach), right = Math.min(text.length, end + reach);
    while (left > 0 && left < at && isLetterAt(text, left - 1) && at - left < reach + 15) left--;
    while (right < text.length && right > end && isLetterAt(text, right) && right - end < reach + 15) right++;
    return { before: (left > 0 ? "… " : "") + text.slice(left, at), match: text.slice(at, end), after: text.slice(end, right) + (right < text.length ? " …" : ""), end };
  }
}
