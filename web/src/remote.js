// The questions of words.js, asked of a server: over all words of the model, and over whole texts. The answers are promises.
import { whenThere } from "./base.js";
import { parseExpression } from "./words.js";

export class Remote {
  /** The words of the page can grow: an answer may hold one that the page does not have. */
  constructor(data, search) {
    Object.assign(this, { api: data.api, words: data.words, search });
    for (const name of ["count", "documents", "dispersion", "common", "point"]) if (this.words[name]) this.words[name] = Array.from(this.words[name]);
    this.places = null;
    this.names = data.names;
    this.isRemote = true;
  }

  /** The object that the server answers with; an error has the server's sentence. */
  async ask(path, parameters) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters || {})) for (const one of [value].flat()) query.append(name, one);
    const response = await fetch(`${this.api}${path}?${query}`, { headers: { Accept: "application/json" } });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return answer;
    const { message, hint } = (answer && answer.error) || { message: `the server answered with status ${response.status}` };
    throw new Error(`${message[0].toUpperCase()}${message.slice(1)}${hint ? `; ${hint}` : ""}.`);
  }

  /** The number of a word, which is added to those of the page if it is new. */
  number(spelling, facts = {}) {
    // A server has one language a page, so there is one list of spellings.
    const [numbers] = this.search.numbers, known = numbers.get(spelling);
    if (known !== undefined && this.words.spelling[known] === spelling) return known;
    const word = this.words.spelling.push(spelling) - 1;
    for (const [name, value] of [["count", facts.count], ["documents", facts.documents], ["dispersion", NaN], ["common", 0], ["point", -1]]) if (this.words[name]) this.words[name][word] = value ?? NaN;
    numbers.set(spelling, word);
    return word;
  }

  pairs(list) { return list.map(({ word, similarity }) => [this.number(word), similarity]); }

  /** The word that a person means, with its counts; the server also knows those that the page does not have. */
  async find(text) {
    const found = await this.ask(`words/${encodeURIComponent(text)}`, { top: 1 });
    return this.number(found.word, found);
  }

  /** Words that begin with a text, as suggestions. */
  async suggest(text, most) {
    const found = await this.ask("words", { q: text, top: most });
    return found.words.map(facts => ({ word: this.number(facts.word, facts), name: facts.word }));
  }

  async neighbours(word, most) {
    return this.pairs((await this.ask("neighbors", { word: this.words.spelling[word], top: most })).neighbors);
  }

  translations() { return []; }

  async similarity(a, b) {
    return (await this.ask("similarity", { word: [this.words.spelling[a], this.words.spelling[b]] })).similarity;
  }

  /** The server reads the expression; the terms are for the arrows. */
  async solve(text, most) {
    const found = await this.ask("math", { expression: text, top: most, method: "add" });
    const { terms, unknown } = parseExpression(text, spelling => this.search.wordOf(spelling));
    return { terms: unknown.length ? [] : terms, found: this.pairs(found.answers) };
  }

  async axis(first, second, most) {
    const { spelling } = this.words, found = await this.ask("axis", { from: spelling[first], to: spelling[second], top: most });
    return found.words.map(it => ({ word: this.number(it.word), place: it.place, close: Math.max(it.similarity_to_from, it.similarity_to_to) }));
  }

  /** Documents that a text is about, with a passage each: [{ name, point, text, score }]. */
  async documents(query, most, by = "both") {
    const found = await this.ask("documents", { q: query, top: most, by });
    return found.documents.map(it => ({ name: it.name, point: this.pointOf(it.name), text: it.text || "", score: it.score }));
  }

  /** A document with its whole text and the words that stand out in it. */
  document(point) { return this.ask(`documents/${encodeURIComponent(this.names[point])}`, { top: 12 }); }

  pointOf(name) {
    if (!this.places) {
      this.places = new Map();
      for (let i = this.names.length - 1; i >= 0; i--) this.places.set(this.names[i], i);
    }
    return this.places.get(name) ?? -1;
  }
}

/** Numbers of words for texts: those of the page at once, others from the server. `fail` gets the sentence. */
export function numbersOfWords(app, texts, use, fail) {
  const found = texts.map(text => app.search.wordOf(text)), missing = texts.filter((_, k) => found[k] < 0);
  if (!missing.length) { use(found); return; }
  if (!app.words.isRemote) { fail(`This model does not know ${missing.map(text => `“${text}”`).join(", ")}.`); return; }
  whenThere(Promise.all(texts.map((text, k) => (found[k] >= 0 ? found[k] : app.words.find(text)))), use, error => fail(error.message));
}
