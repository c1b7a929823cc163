/* All of it together, and the keys. */
import "./store.js";
import "./api.js";
import "./packets.js";
import "./table.js";
import "./paint.js";
import "./scrub.js";
import "./work.js";
import "./fields.js";
import "./pens.js";
import "./choose.js";
import "./form.js";
import "./sheet.js";
import "./brush.js";
import "./paper.js";
import "./facts.js";
import "./plotting.js";
import "./runs.js";
import "./compare.js";
import "./drop.js";

const { html, render, useEffect } = window.htmPreact;
const studio = window.studio;
const { state, set, useStore } = studio;

const KEYS = [
  [[studio.mod, "↵"], "draw"], [["Esc"], "stop; or close what is open"], [["Space"], "play the order of the plot, pause"],
  [["+", "−"], "larger, smaller"], [["0"], "all of the page"], [["1"], "true size"], [["←", "→", "↑", "↓"], "move the paper"],
  [["[", "]"], "the run before, the next"], [["P", "1 … 9"], "a pen on or off"], [["C"], "pick this run to compare; of two, compare"],
  [["S"], "star"], [["B"], "paint over what is to be drawn anew"], [["Z"], "undo a setting"], [["Shift", "Z"], "redo it"], [["Del"], "delete the run"], [["/"], "search classes"], [["?"], "these keys"],
];

function isTyping(target) {
  return target.matches?.("input:not([type=checkbox], [type=range], [type=color]), textarea, select") ?? false;
}

function neighbour(by) {
  const all = studio.byAge();
  const at = all.findIndex((run) => run.id === state.open);
  const next = all[at + by];
  if (next) studio.open(next.id);
}
function escape() {
  if (state.compare) return set({ compare: null, picks: [] });
  if (state.brush) return studio.endBrush();
  if (state.settings) return set({ settings: false });
  const run = state.runs[state.open];
  if (run && ["running", "starting", "queued"].includes(run.state)) studio.stop(run.id);
  return undefined;
}
function toggleNumber(number) {
  const names = state.plots[state.open]?.pens.map(({ name }) => name) ?? state.details[state.open]?.pens?.map(({ name }) => name) ?? [];
  if (names[number - 1]) studio.togglePen(state.open, names[number - 1]);
}
function pickOpen() {
  if (state.picks.length === 2 && state.picks.includes(state.open)) studio.compare();
  else if (state.open) studio.pickRun(state.open);
}

let penKey = -Infinity;
/* Keys go by what they write, not by where they lie: so they work on every keyboard. */
function keys(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const { key } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) studio.draw();
    return;
  }
  if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z") {
    event.preventDefault();
    (event.shiftKey ? studio.redo : studio.undo)();
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  const onControl = event.target.matches("button, input, summary, a, [role=tab], [tabindex]");
  const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const paper = studio.paperKeys;
  const id = state.open;
  if (event.altKey) return;
  // A pen's number follows P: alone, 1 is true size.
  if (/^[1-9]$/.test(key) && event.timeStamp - penKey < 3000) {
    event.preventDefault();
    penKey = event.timeStamp;
    toggleNumber(Number(key));
    return;
  }
  penKey = key.toLowerCase() === "p" ? event.timeStamp : -Infinity;
  const does = {
    Escape: escape,
    " ": onControl ? null : () => studio.playOrPause?.(),
    "+": () => paper?.zoom(1.25), "=": () => paper?.zoom(1.25), "-": () => paper?.zoom(0.8), "−": () => paper?.zoom(0.8),
    0: () => paper?.fit(), 1: () => paper?.true(),
    "[": () => neighbour(-1), "]": () => neighbour(1),
    b: () => {
      const scene = id && studio.canPlot(state.runs[id]) && studio.sceneOf(id, state.show, () => {});
      if (state.brush) studio.endBrush();
      else if (scene) studio.beginBrush(scene);
    },
    c: pickOpen, s: () => id && studio.star(id), z: event.shiftKey ? studio.redo : studio.undo,
    Delete: () => id && !studio.isLive(state.runs[id]) && set({ dialog: { kind: "delete", id } }),
    "/": () => set({ dialog: { kind: "choose", tab: "classes" } }), "?": () => set({ dialog: { kind: "keys" } }),
    ...(arrows[key] && !event.target.matches("input, [role=tab]") ? { [key]: () => paper?.move(...arrows[key]) } : {}),
  }[key.length === 1 ? key.toLowerCase() : key];
  if (!does) return;
  event.preventDefault();
  does();
}

function Dialogs() {
  const dialog = useStore((now) => now.dialog);
  // Another may have been opened before this one's closing is told.
  const close = () => state.dialog === dialog && set({ dialog: null });
  if (!dialog) return null;
  if (dialog.kind === "choose") return html`<${studio.Choose} tab=${dialog.tab} replaces=${dialog.replaces} given=${dialog.given} close=${close} />`;
  if (dialog.kind === "pens") return html`<${studio.PenBox} run=${dialog.run} close=${close} />`;
  if (dialog.kind === "delete") return html`<${studio.AskDelete} id=${dialog.id} close=${close} />`;
  return html`<${window.inkdream.Keys} keys=${KEYS} close=${close} />`;
}

function Messages() {
  const { notice, lost, failed, start } = useStore((now) => ({ notice: now.notice, lost: now.lost, failed: now.failed, start: now.start }));
  return html`${(lost || (failed && !start)) && html`<p class="lost" role="status">${lost === "anew" ? "The studio was begun anew: open the link that it printed in the terminal. Your settings are kept." : "The studio's server is not there. This page tries again; drawings go on without it."}</p>`}
    ${notice && html`<p class="notice"><span>${notice.text}</span>${notice.undo && html`<button type="button" onClick=${() => { set({ notice: null }); notice.undo(); }}>Undo</button>`}
      <button type="button" class="plain round" aria-label="Close the message" onClick=${() => set({ notice: null })}>×</button></p>`}`;
}

function App() {
  const { start, compare, settings, open } = useStore((now) => ({ start: now.start, compare: now.compare, settings: now.settings, open: now.open }));
  useEffect(() => {
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, []);
  return html`<div class=${`studio ${settings ? "shows-settings" : ""}`}>
    <header class="brand"><a class="wordmark" href="/" aria-label="inkdream studio">inkdream</a>${start && html`<span class="muted small folder" title=${`Runs lie in ${start.folder}`}>${start.folder}</span>`}</header>
    <div class="settings"><${studio.Form} /></div>
    ${compare ? html`<${studio.Comparison} key=${compare.join()} />` : html`<${studio.Paper} />`}
    <${studio.Facts} />
    <${studio.Strip} />
    <div class="narrow-bar only-narrow"><button type="button" aria-expanded=${String(settings)} onClick=${() => set({ settings: !settings })}>Settings</button><button type="button" class="main" onClick=${() => studio.draw()}>Draw</button></div>
    <${Messages} /><p class="hidden" id="said" aria-live="polite"></p>
    <${Dialogs} /><${studio.DropZone} />
  </div>`;
}

const root = document.getElementById("page");
root.textContent = "";
// A page that was never used begins with something worth a look.
if (!Object.keys(state.table).length) set({ table: { medium: "strokes", quality: "quick", terms: [{ target: "efficientnet_lite0/class/hummingbird" }] } });
render(html`<${App} />`, root);
studio.begin();
