// Which names are written on the plane, and where. Greedy placement by priority: a label is placed if its box
// meets no box placed before. Placed boxes are kept in rows, so that a test looks at few of them.

const ROW = 16;

/** Boxes that are taken. */
export class Taken {
  constructor() { this.rows = new Map(); }
  isFree(x, y, w, h) {
    for (let r = Math.floor(y / ROW); r <= Math.floor((y + h) / ROW); r++) {
      for (const box of this.rows.get(r) || []) if (x < box.x + box.w && box.x < x + w && y < box.y + box.h && box.y < y + h) return false;
    }
    return true;
  }
  add(box) {
    for (let r = Math.floor(box.y / ROW); r <= Math.floor((box.y + box.h) / ROW); r++) {
      if (!this.rows.has(r)) this.rows.set(r, []);
      this.rows.get(r).push(box);
    }
  }
}

/** Places of the names of groups: the median of their members (of at most 1,000 of them), in each level. */
export function groupPlaces(data) {
  return data.levels.map(level => {
    const members = level.groups.map(() => []), step = Math.max(1, Math.floor(data.n / (1000 * Math.max(1, level.groups.length))));
    for (let i = 0; i < data.n; i += step) {
      const group = level.of[i];
      if (group < members.length && Number.isFinite(data.x[i]) && Number.isFinite(data.y[i])) members[group].push(i);
    }
    const median = values => values.sort((a, b) => a - b)[values.length >> 1];
    return level.groups.map((group, g) => ({
      group: g, name: group.name, n: group.n, lines: brokenLines(group.name),
      x: members[g].length ? median(members[g].map(i => data.x[i])) : NaN, y: members[g].length ? median(members[g].map(i => data.y[i])) : NaN,
    })).filter(place => place.x === place.x && place.name).sort((a, b) => b.n - a.n || a.group - b.group);
  });
}

/** A name of several words in lines of about 16 characters, at most three. */
function brokenLines(name) {
  const lines = [];
  for (const word of name.split(/\s+/).filter(Boolean)) {
    const last = lines.length - 1;
    if (last >= 0 && (lines[last] + word).length < 16) lines[last] += ` ${word}`; else lines.push(word);
  }
  return lines.slice(0, 3);
}

/** Which level is named at a zoom: coarse far out, fine near. */
export function levelAt(levels, zoom) {
  if (!levels) return -1;
  return Math.min(levels - 1, zoom < 1.9 ? 0 : zoom < 4.5 ? 1 : 2);
}

/**
 * Points in the order in which they get labels. Words alone: by count. Among documents the words have been chosen for what
 * they say about them, the best first; documents come last. `rank` is the place of a point in the order.
 */
export function labelOrder(data) {
  const counts = data.words && data.words.count, order = new Uint32Array(data.n), words = [];
  // Words of most texts, such as `the`, say the least.
  const isCommon = word => data.words.common && data.words.common[word];
  const value = i => (data.documents > 0 ? -i : data.word[i] >= 0 && counts ? (isCommon(data.word[i]) ? counts[data.word[i]] / 1e12 : counts[data.word[i]]) : data.word[i] >= 0 ? -data.word[i] : 0);
  for (let i = 0; i < data.n; i++) if (data.isWord(i)) words.push(i);
  order.set(words.sort((a, b) => value(b) - value(a) || a - b));
  for (let i = 0, k = words.length; i < data.n; i++) if (!data.isWord(i)) order[k++] = i;
  const rank = new Uint32Array(data.n);
  order.forEach((i, k) => { rank[i] = k; });
  return { order, rank };
}

const widths = new Map();
export function widthOf(context, font, text) {
  const key = font + text;
  let width = widths.get(key);
  if (width === undefined) {
    context.font = font;
    width = context.measureText(text).width;
    if (widths.size > 50000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/** A name cut to a length. Of the names of documents the end says more. */
export function cutName(name, most = 32, atEnd = false) {
  const letters = name.length > most * 2 ? name.slice(atEnd ? -2 * most : 0, atEnd ? undefined : 2 * most) : name;
  const all = [...letters];
  if (all.length <= most && letters === name) return name;
  return atEnd ? `…${all.slice(-most + 1).join("")}` : `${all.slice(0, most - 1).join("")}…`;
}

export const FONT = "system-ui, 'Noto Sans', sans-serif";
const NEAR = 4000, MOST_LABELS = 140;

/** The labels of a view: boxes {x, y, w, h, lines, font, point or group}. */
export function placeLabels(app, context, size) {
  const { view, data } = app, taken = new Taken(), placed = [], small = view.width < 600;
  const level = app.groupNames ? levelAt(app.places.length, view.zoom) : -1;
  const put = box => { taken.add(box); placed.push(box); };

  const point = (i, wins) => {
    const [x, y] = view.toScreen(data.x[i], data.y[i]);
    if (!(x > 0 && y > 0 && x < view.width && y < view.height)) return;
    const word = data.isWord(i), font = `${wins ? "700 14px" : word ? "500 13px" : "12px"} ${FONT}`;
    const title = word ? "" : data.titleOf(i), text = app.labelOf(i) || (title ? cutName(title, 26) : cutName(data.names[i], word ? 32 : 26, !word)), w = widthOf(context, font, text) + 4, h = 17;
    const gap = size / 2 + 2;
    for (const [left, top] of [[x + gap, y - h / 2], [x - gap - w, y - h / 2], [x - w / 2, y - gap - h], [x - w / 2, y + gap]]) {
      if (left < 1 || top < 1 || left + w > view.width - 1 || top + h > view.height - 1) continue;
      if (!taken.isFree(left, top, w, h)) { if (wins) continue; else return; }
      put({ x: left, y: top, w, h, lines: [text], font, point: i, strong: wins });
      return;
    }
  };

  // The buttons of the view stand in the lower right corner.
  taken.add({ x: view.width - 54, y: view.height - 184, w: 54, h: 184 });
  for (const i of app.named()) point(i, true);
  if (level >= 0) {
    const groups = app.places[level], most = groups.length ? groups[0].n : 1;
    for (const place of groups) {
      if (app.isGroupHidden(level, place.group)) continue;
      const [x, y] = view.toScreen(place.x, place.y);
      if (x < -50 || y < -50 || x > view.width + 50 || y > view.height + 50) continue;
      const pixels = Math.round((small ? 12 : 13) + (small ? 3 : 6) * Math.sqrt(place.n / most)), font = `700 ${pixels}px ${FONT}`;
      const w = Math.max(...place.lines.map(line => widthOf(context, font, line))) + 8, h = place.lines.length * pixels * 1.2 + 4;
      const left = Math.max(2, Math.min(view.width - w - 2, x - w / 2)), top = Math.max(2, Math.min(view.height - h - 2, y - h / 2));
      if (Math.abs(left - x + w / 2) > 60 || Math.abs(top - y + h / 2) > 60 || !taken.isFree(left, top, w, h)) continue;
      put({ x: left, y: top, w, h, lines: place.lines, font, group: place.group, level, pixels });
    }
  }

  const groups = placed.length, most = level < 0 ? MOST_LABELS : Math.min(MOST_LABELS, 14 + 12 * (view.zoom - 1));
  const [lowX, lowY, highX, highY] = view.box(), inside = app.grid.countIn(lowX, lowY, highX, highY);
  const documents = inside <= 400, shows = i => app.visible[i] && (!app.lit || app.litSet[i]) && (documents || app.lit || data.isWord(i));
  if (inside <= NEAR) {
    const near = [];
    app.grid.inBox(lowX, lowY, highX, highY, i => { if (shows(i)) near.push(i); });
    near.sort((a, b) => app.rank[a] - app.rank[b]);
    for (const i of near) { if (placed.length - groups >= most) break; point(i, false); }
  } else {
    let tries = 0;
    for (const i of app.order) {
      if (placed.length - groups >= most || tries > 3000) break;
      const x = data.x[i], y = data.y[i];
      if (x < lowX || x > highX || y < lowY || y > highY || !shows(i)) continue;
      tries++;
      point(i, false);
    }
  }
  return placed;
}

/** Writes the labels, each with a rim of the colour of the page. */
export function drawLabels(context, labels, theme) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.strokeStyle = theme.back;
  for (const box of labels) {
    context.font = box.font;
    context.lineWidth = box.pixels ? 4 : 3;
    context.fillStyle = theme.ink;
    const step = (box.h - 4) / box.lines.length;
    box.lines.forEach((line, k) => {
      const x = box.x + box.w / 2, y = box.y + 2 + step * (k + 0.5);
      context.strokeText(line, x, y);
      context.fillText(line, x, y);
    });
  }
}
