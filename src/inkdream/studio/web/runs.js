/* Below: all runs as a strip, the newest first. */
const { html, useState, useRef, useEffect } = window.htmPreact;
const studio = window.studio;
const { state, set, useStore } = studio;

function pick(id) {
  const picks = state.picks.includes(id) ? state.picks.filter((each) => each !== id) : [...state.picks, id].slice(-2);
  set({ picks, compare: picks.length === 2 && state.compare ? picks : null });
}
function compare() {
  if (state.picks.length !== 2) return;
  set({ compare: state.picks, seconds: null });
  state.picks.forEach((id) => studio.load(id).then((detail) => studio.canPlot(detail) && studio.plot(id)));
}

function Thumb({ run, place }) {
  const { isOpen, isPicked, parent } = useStore((now) => ({ isOpen: now.open === run.id && !now.compare, isPicked: now.picks.includes(run.id), parent: now.runs[run.parent] }));
  const title = studio.titleOf(run);
  const has = run.has ?? {};
  const file = run.medium === "pixels" && has.drawing ? "drawing.png" : has.preview ? "preview.png" : has.drawing ? "drawing.png" : null;
  const isLive = studio.isLive(run);
  const words = isLive ? (run.state === "queued" ? `${place + 1}. in the queue` : studio.draws(run) ? `step ${run.step} of ${run.steps}` : run.state === "finishing" ? "writes its files" : "begins") : run.state === "finished" ? "" : run.state === "stopped" && run.step ? `stopped at ${run.step}` : run.state;
  const press = (event) => (event.shiftKey || event.ctrlKey || event.metaKey ? pick(run.id) : studio.open(run.id));
  return html`<li class=${`run ${isOpen ? "is-open" : ""} ${isPicked ? "is-picked" : ""}`}>
    <button type="button" class="run-open" data-id=${run.id} title=${run.why} aria-current=${isOpen ? "true" : undefined} onClick=${press}>
      <span class="thumb">${file ? html`<img src=${studio.fileUrl(run, file)} alt="" loading="lazy" draggable=${false} />` : html`<span class="no-thumb"></span>`}
        ${isLive && html`<span class="thumb-progress"><span style=${{ width: `${run.steps ? (100 * (run.step ?? 0)) / run.steps : 0}%` }}></span></span>`}</span>
      <span class="run-name">${run.starred ? "★ " : ""}${title}</span>${!words && html`<span class="hidden">${run.state}</span>`}<span class="run-words muted">${words || (parent ? `after ${studio.titleOf(parent)}` : "")}</span></button>
    <button type="button" class="mark" aria-pressed=${String(isPicked)} aria-label=${`Compare ${title}`} title="Pick to compare (C)" onClick=${() => pick(run.id)}></button>
    ${run.state === "queued" ? html`<button type="button" class="bin" aria-label=${`Cancel ${title}`} title="Cancel" onClick=${() => studio.stop(run.id)}>×</button>`
    : !isLive && html`<button type="button" class="bin" aria-label=${`Delete ${title}`} title="Delete (Del)" onClick=${() => set({ dialog: { kind: "delete", id: run.id } })}>×</button>`}
  </li>`;
}

function Strip() {
  const { runs, queue, picks, compared, open } = useStore((now) => ({ runs: now.runs, queue: now.queue, picks: now.picks, compared: now.compare, open: now.open }));
  const [isStarred, setStarred] = useState(false);
  const list = useRef();
  const all = studio.byAge();
  const order = (run) => (queue.includes(run.id) ? queue.indexOf(run.id) : -1);
  const shown = all.filter((run) => !isStarred || run.starred);
  useEffect(() => {
    list.current?.querySelector(".is-open")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [open]);
  const keys = (event) => {
    const buttons = [...list.current.querySelectorAll(".run-open")];
    const at = buttons.indexOf(document.activeElement);
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[Math.max(0, Math.min(buttons.length - 1, at + by))];
    next.focus();
    studio.open(next.dataset.id);
  };
  return html`<nav class="strip" aria-label="Runs" onKeyDown=${keys}>
    ${shown.length ? html`<ul ref=${list}>${shown.map((run) => html`<${Thumb} key=${run.id} run=${run} place=${order(run)} />`)}</ul>` : html`<p class="muted strip-empty">${all.length ? "No run has a star." : "Runs will lie here."}</p>`}
    <div class="strip-tools">
      ${picks.length > 0 && html`<button type="button" class=${picks.length === 2 && !compared ? "main" : ""} disabled=${picks.length < 2} onClick=${compared ? () => set({ compare: null, picks: [] }) : compare}>${compared ? "Close" : picks.length === 2 ? "Compare" : "Pick one more"}</button>`}
      ${all.some((run) => run.starred) && html`<button type="button" aria-pressed=${String(isStarred)} aria-label="Only runs with a star" title="Only runs with a star" onClick=${() => setStarred(!isStarred)}>★</button>`}
      <${studio.DropButton} /></div>
  </nav>`;
}

function AskDelete({ id, close }) {
  const run = useStore((now) => now.runs[id]);
  if (!run) return null;
  return html`<${studio.Dialog} title="Delete this run?" close=${close}>
    <p>${studio.titleOf(run)} is put into the trash of this folder. It can be brought back.</p>
    <div class="dialog-foot"><button type="button" onClick=${close}>Keep it</button><button type="button" class="main" autofocus onClick=${() => { close(); studio.remove(id); }}>Delete</button></div>
  </${studio.Dialog}>`;
}

Object.assign(studio, { Strip, AskDelete, pickRun: pick, compare });
