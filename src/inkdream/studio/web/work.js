/* What is done with runs: begun, opened, stopped, gone on with, plotted, put away. */
const studio = window.studio;
const { state, set, note, get, post, notice } = studio;
const path = (id, verb = "") => `/api/runs/${encodeURIComponent(id)}${verb}`;
const STILL = ["finished", "stopped", "failed"];
const byAge = () => Object.values(state.runs).sort((a, b) => b.changed - a.changed || (a.id < b.id ? 1 : -1));

// ---- The page's beginning, and after each reconnect ----

async function begin() {
  try {
    const [start, pens] = await Promise.all([get("/api/start"), get("/api/pens")]);
    set({ start, pens, failed: null });
    studio.connect();
    studio.check(0);
  } catch (error) {
    set({ failed: error.message });
    setTimeout(begin, 3000);
  }
}
function greeted() {
  const id = state.open && state.runs[state.open] ? state.open : byAge()[0]?.id ?? null;
  // All that was known of runs may be old by now.
  set({ details: {}, open: id, compare: state.compare?.every((each) => state.runs[each]) ? state.compare : null });
  if (id) open(id, true);
  state.compare?.forEach(load);
}

// ---- Opening a run ----

async function load(id) {
  try {
    const detail = await studio.newest(`run ${id}`, (signal) => get(path(id), { signal }));
    note("details", id, detail);
    if (!state.runs[id]) note("runs", id, detail);
    return detail;
  } catch (error) {
    set({ failed: error.message });
    return null;
  }
}
const known = async (id) => state.details[id] ?? load(id);
async function open(id, isAgain = false) {
  if (!isAgain && state.open === id && !state.compare) return;
  set({ open: id, seconds: null, brush: null, ...(isAgain ? {} : { compare: null }) });
  const detail = await load(id);
  if (state.open === id && canPlot(detail)) plot(id);
}

function changed(run, before) {
  const title = studio.titleOf(run);
  const words = { running: "is being drawn", finished: "is finished", stopped: "has stopped", failed: "has failed", queued: "waits", damaged: "is damaged" }[run.state];
  if (words) studio.say(`${title} ${words}`);
  if (state.stopping === run.id && !studio.isLive(run)) set({ stopping: null });
  const isLookedAt = state.open === run.id || state.compare?.includes(run.id);
  if (!isLookedAt) return;
  load(run.id).then(() => {
    if (before.state === run.state) return;
    set({ seconds: null });
    if (canPlot(state.details[run.id])) plot(run.id);
  });
}
function gone(id) {
  if (state.compare?.includes(id)) set({ compare: null });
  if (state.open !== id) return;
  const next = byAge()[0]?.id ?? null;
  set({ open: null });
  if (next) open(next);
}

// ---- Beginning and ending ----

async function draw(table = state.table, parent = state.parent) {
  if (state.isDrawing) return;
  set({ isDrawing: true, drawError: null });
  try {
    const body = state.text !== null && table === state.table ? { toml: state.text } : { table };
    const { id } = await post("/api/runs", { ...body, ...(parent && state.runs[parent] ? { parent } : {}) });
    set({ settings: false, show: "drawing" });
    await load(id);
    open(id);
  } catch (error) {
    set({ drawError: error.message, check: { ...state.check, ok: false, error: error.message, key: error.key ?? "" } });
    studio.say(error.message);
  } finally {
    set({ isDrawing: false });
  }
}
async function act(id, verb, body = {}) {
  try {
    const answer = await post(path(id, `/${verb}`), body);
    if (answer?.state && state.runs[answer.id]) note("runs", answer.id, { ...state.runs[answer.id], ...answer });
    return answer ?? {};
  } catch (error) {
    notice(error.message);
    return null;
  }
}
async function stop(id) {
  set({ stopping: id });
  if (!(await act(id, "stop"))) set({ stopping: null });
}
async function more(id, steps) {
  const answer = await act(id, "more", { steps });
  if (!answer) return;
  await load(answer.id);
  open(answer.id);
}
async function remove(id) {
  const title = studio.titleOf(state.runs[id]);
  if (!(await act(id, "delete"))) return;
  notice(`${title} was put into the trash.`, async () => {
    if (await act(id, "restore")) open(id);
  });
}
const star = (id) => act(id, "star", { starred: !state.runs[id].starred });
const rename = (id, name) => act(id, "rename", { name });

// ---- Forks: a run's settings, changed ----

async function settingsOf(id, changes = {}, words = "These are the settings of") {
  const detail = await known(id);
  if (!detail) return;
  studio.commit(studio.from(detail, changes));
  const { parent } = state;
  set({ parent: id, settings: true });
  notice(`${words} ${studio.titleOf(detail)}.`, () => { studio.undo(); set({ parent }); });
}
async function anotherSeed(id) {
  const detail = await known(id);
  if (detail) draw(studio.from(detail, { seed: studio.otherSeed() }), id);
}
function otherPens(id) {
  settingsOf(id, { origin: `run:${id}` }, "Choose other pens and press Draw: it begins from").then(() => set({ dialog: { kind: "pens" } }));
}
const LARGER = { a6: "a5", a5: "a4", a4: "a3", a3: "a2", a2: "a1", a1: "a0", letter: "tabloid" };
async function larger(id) {
  const detail = await known(id);
  if (!detail) return;
  const table = detail.table ?? {};
  const { size, lies, margin, rest } = studio.pageOf(table.page);
  const { width, height } = detail.page;
  const name = LARGER[size || (Math.round(Math.min(width, height)) === 148 ? "a5" : "")];
  const isLying = lies || width > height;
  const changes = { origin: `run:${id}` };
  if (detail.medium === "pixels") {
    changes.width = Math.round((table.width ?? 256) * 1.5);
    changes.height = Math.round((table.height ?? table.width ?? 256) * 1.5);
  }
  changes.page = name
    ? studio.pageAs(name, isLying, margin, { ...rest, size: undefined, width: undefined, height: undefined })
    : `${Math.round(width * 1.414)}x${Math.round(height * 1.414)}mm`;
  if (detail.medium === "strokes") changes["strokes.count"] = Math.round((table.strokes?.count ?? 400) * 1.5);
  settingsOf(id, changes, "Press Draw: larger, it begins from");
}

// ---- The plot of a run, as its options are now ----

const canPlot = (run) => STILL.includes(run?.state) && (run.has?.svg || run.has?.drawing);
/* Without options it is drawing.svg as it is; a run that has none yet is plotted from what there is. */
function optionsOf(id) {
  const options = state.plotOptions[id] ?? {};
  return Object.keys(options).length || state.runs[id]?.has?.svg ? options : { to: "svg" };
}
/* The option that a line speaks of first: "--pens chartreus: ...". */
const keyOf = (line, options) => Object.keys(options).find((name) => line.replace(/^-+/, "").replaceAll("-", "_").startsWith(name)) ?? "";
async function plot(id) {
  note("plotting", id, true);
  try {
    const answer = await studio.newest(`plot ${id}`, (signal) => post(path(id, "/plot"), optionsOf(id), { signal }));
    note("plots", id, answer);
    note("plotErrors", id, null);
    loadOrder(id, answer.order);
  } catch ({ message, key }) {
    note("plotErrors", id, { error: message, key: key || keyOf(message, optionsOf(id)), ok: false });
  }
  note("plotting", id, false);
}
const ORDERS = 6;
async function loadOrder(id, url) {
  try {
    if (!state.orders[url]) {
      const order = studio.readOrder(await studio.newest(`order ${id}`, (signal) => studio.binary(url, { signal })));
      set({ orders: { ...Object.fromEntries(Object.entries(state.orders).slice(-ORDERS + 1)), [url]: order } });
    }
    note("orderOf", id, url);
  } catch (error) {
    notice(error.message);
  }
}
/* The order of a run's plot, without the pens that are off. */
function orderOf(id) {
  const order = state.orders[state.orderOf[id]];
  const hidden = state.hiddenPens[id];
  return order ? (hidden?.length ? studio.without(order, hidden) : order) : null;
}
const timers = {};
function setPlot(id, key, value) {
  note("plotOptions", id, studio.put(state.plotOptions[id] ?? {}, key, value === false ? undefined : value));
  // Pens of another name are shown; which ones there are is not known yet.
  if (key === "pens") note("hiddenPens", id, []);
  clearTimeout(timers[id]);
  timers[id] = setTimeout(() => plot(id), 500);
}
function togglePen(id, pen) {
  const hidden = state.hiddenPens[id] ?? [];
  note("hiddenPens", id, hidden.includes(pen) ? hidden.filter((each) => each !== pen) : [...hidden, pen]);
  set({ seconds: null });
}

/* A file, made anew if it must be, and handed to the browser. */
async function exportFile(id, changes) {
  const off = state.hiddenPens[id] ?? [];
  // Pens that are off stay off: the others' files are given one by one.
  const options = { ...optionsOf(id), ...changes, ...(off.length && changes.to ? { per_pen: true } : {}) };
  try {
    const answer = await post(path(id, "/plot"), options);
    const isOne = answer.files.length !== answer.pens.length;
    const names = options.sheet ? answer.files.filter((name) => name.endsWith(".html"))
      : answer.files.filter((_, number) => isOne || !off.includes(answer.pens[number].name));
    names.forEach((name, number) => setTimeout(() => download(state.runs[id], answer.urls[name], name), 250 * number));
  } catch (error) {
    notice(error.message);
  }
}
/* Downloads lie beside those of other runs: each is called by what it is of, too. */
function download(run, href, name) {
  const download = `${studio.titleOf(run).replace(/[\\/:*?"<>|]+/g, " ")} ${name}`;
  Object.assign(document.createElement("a"), { href, download }).click();
}

// ---- Networks ----

const asking = {};
async function loadNetwork(name, isAgain = false) {
  if (!isAgain && state.networks[name]?.state === "ready") return;
  clearTimeout(asking[name]);
  try {
    const network = await get(`/api/networks/${encodeURIComponent(name)}`);
    note("networks", name, network);
    if (network.state === "asking") asking[name] = setTimeout(() => loadNetwork(name, true), 2000);
  } catch (error) {
    note("networks", name, { name, state: "failed", error: error.message, layers: [], classes: [] });
  }
}
const sheetKey = (name, layer) => `${name}/${layer}`;
async function loadSheet(name, layer, isAsked = false) {
  const url = `/api/networks/${encodeURIComponent(name)}/sheet`;
  try {
    if (isAsked) await post(url, { layer });
    const sheet = await get(`${url}?layer=${encodeURIComponent(layer)}`);
    note("sheets", sheetKey(name, layer), sheet);
    // How far it is; that it is done comes as news.
    clearTimeout(asking.sheet);
    if (state.dialog && ["drawing", "waiting"].includes(sheet.state)) asking.sheet = setTimeout(() => loadSheet(name, layer), 2000);
  } catch (error) {
    notice(error.message);
  }
}
Object.assign(studio, {
  byAge, begin, greeted, load, open, changed, gone, draw, act, stop, more, remove, star, rename,
  settingsOf, anotherSeed, otherPens, larger, plot, setPlot, togglePen, exportFile, download,
  canPlot, loadNetwork, loadSheet, sheetKey, orderOf,
});
