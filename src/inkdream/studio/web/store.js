/* The page's one state, and who is told when it changes. What an artist would miss is kept between visits. */
const { useState, useLayoutEffect, useRef } = window.htmPreact;
const { kept } = window.inkdream;

const KEPT = ["table", "parent", "open", "show", "plotOptions", "more"];
const state = {
  start: null, pens: null, networks: {}, sheets: {},
  runs: {}, queue: [], details: {}, open: null, picks: [],
  table: {}, parent: null, check: null, text: null, past: [], future: [], drawError: null,
  plotOptions: {}, plots: {}, plotErrors: {}, plotting: {}, orders: {}, orderOf: {},
  show: "drawing", seconds: null, hiddenPens: {}, compare: null, more: false, settings: false,
  brush: null, stopping: null, lost: false, failed: null, notice: null, dialog: null, isDrawing: false,
  ...Object.fromEntries(KEPT.map((name) => [name, kept.get(`studio ${name}`, undefined)]).filter(([, value]) => value !== undefined)),
};
const listeners = new Set();

/* Changes some of the state; all that look at it are told once, before the next frame. */
let isTold = true;
function set(changes) {
  Object.assign(state, changes);
  for (const name of KEPT) if (name in changes) kept.set(`studio ${name}`, state[name]);
  if (!isTold) return;
  isTold = false;
  queueMicrotask(() => {
    isTold = true;
    listeners.forEach((listen) => listen());
  });
}
/* Changes one entry of a table of the state. */
const note = (name, key, value) => set({ [name]: { ...state[name], [key]: value } });
const subscribe = (listen) => {
  listeners.add(listen);
  return () => listeners.delete(listen);
};

/* What `select` takes of the state; the part is rendered again when that changes, compared one deep. */
function same(one, two) {
  if (Object.is(one, two)) return true;
  if (typeof one !== "object" || typeof two !== "object" || !one || !two) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(two).length && names.every((name) => Object.is(one[name], two[name]));
}
function useStore(select) {
  const latest = useRef();
  const [, again] = useState(0);
  const now = select(state);
  latest.current = { select, now };
  useLayoutEffect(() => subscribe(() => {
    if (!same(latest.current.select(state), latest.current.now)) again((count) => count + 1);
  }), []);
  return now;
}

/* Frames of live drawings come too often for the state: painters listen for them by themselves. */
const frames = { latest: {}, listeners: new Set() };
function showFrame(id, packet) {
  frames.latest[id] = packet;
  frames.listeners.forEach((listen) => listen(id, packet));
}

/* One line for those who hear the page, at most once in 5 s; the newest wins. */
const spoken = { last: 0, timer: 0, text: "" };
function say(text) {
  spoken.text = text;
  clearTimeout(spoken.timer);
  const speak = () => {
    spoken.last = Date.now();
    const line = document.getElementById("said");
    if (line) line.textContent = spoken.text;
  };
  spoken.timer = setTimeout(speak, Math.max(0, spoken.last + 5000 - Date.now()));
}

/* A line at the foot of the page that goes by itself; `undo` is offered with it. */
let noticed = 0;
function notice(text, undo = null) {
  clearTimeout(noticed);
  set({ notice: { text, undo } });
  say(text);
  noticed = setTimeout(() => set({ notice: null }), undo ? 12000 : 6000);
}

const mod = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

window.studio = { mod, state, set, note, subscribe, useStore, frames, showFrame, say, notice };
