/* The recipe that the form is about: reading and changing its table, undo, and what becomes of a run's. */
const studio = window.studio;
const { state, set } = studio;

const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isEmpty = (value) => value === undefined || value === null || value === "" || (isTable(value) && !Object.keys(value).length);
const at = (table, key) => key.split(".").reduce((value, name) => (isTable(value) ? value[name] : undefined), table);

/* A table with `key` (dotted) changed; what becomes empty is left out, so that the default holds. */
function put(table, key, value) {
  const [name, ...rest] = key.split(".");
  const inner = rest.length ? put(isTable(table[name]) ? table[name] : {}, rest.join("."), value) : value;
  const { [name]: _, ...others } = table;
  return isEmpty(inner) ? others : { ...table, [name]: inner };
}

// ---- Undo: changes of one field within a second are one ----

const MOST = 200;
let last = { key: null, time: 0 };
function commit(table, key = null) {
  if (JSON.stringify(table) === JSON.stringify(state.table)) return;
  const now = performance.now();
  const joins = key !== null && key === last.key && now - last.time < 1000;
  last = { key, time: now };
  const past = joins ? state.past : [...state.past, state.table].slice(-MOST);
  set({ table, past, future: [], text: null });
  studio.check();
}
const change = (key, value) => commit(put(state.table, key, value), key);
function go(from, to) {
  if (!state[from].length) return;
  last = { key: null, time: 0 };
  set({ table: state[from].at(-1), [from]: state[from].slice(0, -1), [to]: [...state[to], state.table], text: null });
  studio.check();
}
const undo = () => go("past", "future");
const redo = () => go("future", "past");

// ---- Is it a recipe? The server says, and gives it as TOML ----

let timer = 0;
async function ask(body) {
  try {
    const check = await studio.newest("check", (signal) => studio.post("/api/recipe/check", body, { signal }));
    set({ check });
    // What was typed as TOML becomes the form's table; the text stays as it was typed.
    if (body.toml !== undefined && check.table && JSON.stringify(check.table) !== JSON.stringify(state.table)) {
      set({ table: check.table, past: [...state.past, state.table].slice(-MOST), future: [] });
    }
  } catch (error) {
    set({ check: { ok: false, error: error.message, key: error.key ?? "" } });
  }
}
function check(wait = 250) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(state.text === null ? { table: state.table } : { toml: state.text }), wait);
}
function type(text) {
  set({ text });
  check(400);
}

/* The error that belongs to a key, or to what lies below it. */
function errorAt(problem, ...keys) {
  if (!problem || problem.ok || !problem.key) return null;
  const isOf = (key) => problem.key === key || problem.key.startsWith(`${key}.`) || problem.key.startsWith(`${key}[`);
  return keys.some(isOf) ? problem.error : null;
}

// ---- Pens: words, or tables; a list of either ----

function pensOf(pens) {
  if (typeof pens === "string") return pens.split(",").map((word) => word.trim()).filter(Boolean);
  return Array.isArray(pens) ? pens : [];
}
/* Words stay words as long as all are; beside a pen that is a table all become tables. */
function pensAs(list) {
  if (list.every((pen) => typeof pen === "string")) return list.join(",");
  return list.map((pen) => (typeof pen === "string" ? penFromWords(pen) : pen));
}
function penFromWords(words) {
  const known = knownPen(words);
  const width = /:(\d*\.?\d+)/.exec(words.replace(/^[a-z]\w*:[^:]+/i, (start) => (known ? "" : start)));
  if (known) return { name: words, colour: known.colour, width: width ? +width[1] : known.width, ...(known.opacity ? { opacity: known.opacity } : {}) };
  const [colour] = words.split(":");
  return { name: words, colour, width: width ? +width[1] : 0.4 };
}
function knownPen(words) {
  const name = words.toLowerCase();
  const all = [...(state.pens?.ranges ?? []).flatMap((range) => range.pens), ...(state.pens?.mine ?? [])];
  return all.find((pen) => name === pen.words.toLowerCase() || name.startsWith(`${pen.words.toLowerCase()}:`));
}
/* A pen's colour and width for a swatch, as well as they are known before the server has spoken. */
function penLook(pen, number, resolved) {
  const sure = resolved?.[number];
  if (isTable(pen)) return { name: pen.name ?? pen.colour, colour: pen.colour, width: pen.width ?? 0.4 };
  if (sure) return { name: sure.name, colour: sure.colour, width: sure.width };
  const known = knownPen(pen);
  return known ? { name: known.name, colour: known.colour, width: known.width } : { name: pen, colour: pen.split(":")[0], width: 0.4 };
}

// ---- Page: "a5 landscape", or a table ----

function pageOf(page) {
  const words = typeof page === "string" ? page : page?.size ?? (page?.width ? `${page.width}x${page.height}mm` : "");
  const lies = /[ -]landscape$/.test(words);
  return { size: words.replace(/[ -]landscape$/, ""), lies, margin: isTable(page) ? page.margin : undefined, rest: isTable(page) ? page : {} };
}
function pageAs(size, lies, margin, rest = {}) {
  const words = size ? size + (lies && !/^\d/.test(size) ? " landscape" : "") : lies ? "a5 landscape" : "";
  const { size: _size, width: _width, height: _height, margin: _margin, ...others } = rest;
  if (margin === undefined && !Object.keys(others).length) return words || undefined;
  return { ...others, ...(words ? { size: words } : {}), ...(margin === undefined ? {} : { margin }) };
}

// ---- Terms in words ----

const spaced = (word) => word.replaceAll("_", " ");
function termWords(term) {
  const kind = term.kind ?? "neuron";
  const what = { style: "the style of", texture: "the texture of", content: "the content of", like: "like", unlike: "unlike", smooth: "smooth" }[kind];
  if (kind === "text") return [`“${term.words ?? ""}”`, "words"];
  if (what) return [what, kind === "smooth" ? "little variation" : "a picture"];
  const [network, ...rest] = (term.target ?? "").split("/");
  if (rest[0] === "class") return [spaced(rest.slice(1).join("/")), network];
  return [rest.length > 1 ? `${rest[0]} / ${rest.slice(1).join(" ")}` : rest.join("/") || "something", network];
}
/* What a run is called: its own name, or what it is of, without the network's. */
function titleOf(run) {
  if (!run) return "";
  if (run.name) return run.name;
  return (run.title ?? "").split(", ").map((title) => spaced(title.replace(/^[^/ ]+\/(class\/)?/, "").replace("/", " "))).join(", ") || "a drawing";
}
const pictureOf = (word) => (typeof word === "string" && word.startsWith("upload:") ? studio.uploadUrl(word) : null);

/* The table of a run, begun from what it left. */
function from(run, changes = {}) {
  const table = Object.entries(changes).reduce((now, [key, value]) => put(now, key, value), run.table ?? {});
  return structuredClone(table);
}
const otherSeed = () => Math.floor(Math.random() * 100000);

Object.assign(studio, {
  at, put, commit, change, undo, redo, check, type, errorAt, pensOf, pensAs, penLook, pageOf, pageAs, termWords, titleOf, pictureOf, from, otherSeed, isTable, spaced,
});
