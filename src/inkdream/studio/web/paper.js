/* The middle: the paper, what is being done to it, and the order in which it is plotted. */
const { html, useState, useRef, useEffect, useLayoutEffect } = window.htmPreact;
const studio = window.studio;
const { state, set, useStore, Sheet, FIT } = studio;
const { short } = window.inkdream;

const clock = (seconds) => {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  return h ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
};
const minutes = (seconds) => {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 90) return `${Math.round(seconds)}\u00a0s`;
  const whole = Math.round(seconds / 60);
  return whole < 100 ? `${whole}\u00a0min` : `${Math.floor(whole / 60)}\u00a0h ${whole % 60}\u00a0min`;
};
const STATES = { queued: "waits in the queue", starting: "begins", running: "draws", finishing: "writes its files", stopped: "stopped", finished: "finished", failed: "failed", damaged: "damaged" };

/* Whether it draws: it may have begun a moment before its files say so. */
const draws = (run) => run.state === "running" || (run.state === "starting" && run.step > 0);
/* A run's state in a few words. */
function stateWords(run, detail, isStopping) {
  if (studio.isLive(run) && isStopping) return run.state === "finishing" ? "stops" : "stops after the step in hand";
  if (draws(run)) {
    const left = detail?.secondsLeft;
    return `step ${run.step} of ${run.steps}${left > 0 ? `, ${minutes(left)} left` : ""}`;
  }
  if (run.state === "stopped") return run.step ? `stopped at step ${run.step}${run.steps ? ` of ${run.steps}` : ""}` : "stopped before its first step";
  if (run.state === "finished" && run.plot_seconds) return `finished, plots in ${minutes(run.plot_seconds)}`;
  return (STATES[run.state] ?? run.state) + (run.why && run.state !== "failed" ? `: ${run.why}` : "");
}

function Name({ run }) {
  const [isOpen, setOpen] = useState(false);
  const title = studio.titleOf(run);
  const input = useRef();
  // At once: the next key is a letter of the name, and none of the page's own.
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [isOpen]);
  const done = (event) => {
    const name = event.target.value.trim();
    setOpen(false);
    if (name && name !== title) studio.rename(run.id, name);
  };
  if (isOpen) {
    return html`<input class="name-input" type="text" aria-label="Name of the run" defaultValue=${title} ref=${input}
      onBlur=${done} onKeyDown=${(event) => {
        if (event.key === "Enter") event.target.blur();
        if (event.key === "Escape") { event.stopPropagation(); event.target.value = title; event.target.blur(); }
      }} />`;
  }
  return html`<h1><button type="button" class="name" title="Rename" aria-label=${`${title}. Rename`} onClick=${() => setOpen(true)}>${title}</button></h1>`;
}

function Head({ run, detail }) {
  const isLive = studio.isLive(run);
  const { parent, show, isStopping } = useStore((now) => ({ parent: now.runs[run.parent], show: now.show, isStopping: now.stopping === run.id }));
  return html`<div class="paper-head">
    <div class="paper-title"><${Name} key=${run.id} run=${run} />
      <p class="muted">${stateWords(run, detail, isStopping)}${parent && html` · after <button type="button" class="link" onClick=${() => studio.open(parent.id)}>${studio.titleOf(parent)}</button>`}</p></div>
    <div class="paper-tools">
      ${run.medium === "pixels" && !isLive && html`<${studio.Choice} label="Show" value=${show} change=${(show) => set({ show })} options=${[["drawing", "Picture"], ["plot", "Plot"]]} />`}
      <button type="button" class="plain round star" aria-pressed=${String(Boolean(run.starred))} aria-label="Star" title="Star (S)" onClick=${() => studio.star(run.id)}>${run.starred ? "★" : "☆"}</button>
      ${["stopped", "failed"].includes(run.state) && html`<button type="button" onClick=${() => studio.act(run.id, "resume")}>Go on</button>`}
      ${isLive && (run.is_ours || run.state === "queued") && html`<button type="button" title="Stop (Esc)" onClick=${() => studio.stop(run.id)}>${run.state === "queued" ? "Cancel" : "Stop"}</button>`}
    </div>
    ${isLive && html`<${studio.Progress} done=${run.step ?? 0} all=${run.steps ?? 0} label=${`${studio.titleOf(run)}, steps`} />`}
  </div>`;
}

// ---- The order of the plot ----

function useTransport(order) {
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(60);
  useEffect(() => {
    if (!isPlaying || !order) return undefined;
    let last = performance.now();
    let frame = requestAnimationFrame(function tick(now) {
      const from = state.seconds ?? 0;
      const next = from + ((now - last) / 1000) * speed;
      last = now;
      if (next >= order.seconds) {
        set({ seconds: null });
        setPlaying(false);
        return;
      }
      set({ seconds: next });
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, speed, order]);
  const toggle = () => {
    if (!order) return;
    if (!isPlaying && state.seconds === null) set({ seconds: 0 });
    setPlaying(!isPlaying);
  };
  return { isPlaying, toggle, speed, setSpeed, pause: () => setPlaying(false) };
}

function Transport({ order }) {
  const seconds = useStore((now) => now.seconds);
  const { isPlaying, toggle, speed, setSpeed, pause } = useTransport(order);
  studio.playOrPause = toggle;
  const now = seconds ?? order.seconds;
  const layer = order.pens[order.pen[Math.min(order.strokes - 1, studio.strokesDone(order, now))]];
  const go = (event) => {
    pause();
    const value = Number(event.target.value);
    set({ seconds: value >= order.seconds ? null : value });
  };
  return html`<div class="transport">
    <button type="button" class="round" aria-label=${isPlaying ? "Pause" : "Play the order of the plot"} title=${`${isPlaying ? "Pause" : "Play"} (Space)`} onClick=${toggle}>
      <svg width="12" height="12" aria-hidden="true" fill="currentColor"><path d=${isPlaying ? "M2 1h3v10H2zM7 1h3v10H7z" : "M2.5.8 11 6l-8.5 5.2z"}/></svg></button>
    <input type="range" aria-label="Order of the plot" aria-valuetext=${`${clock(now)} of ${clock(order.seconds)}${layer ? `, ${layer.name}` : ""}`} min="0" max=${order.seconds} step=${Math.max(0.05, order.seconds / 4000)} value=${now} onInput=${go} />
    <span class="times">${clock(now)}<span class="muted"> / ${clock(order.seconds)}</span></span>
    <select aria-label="Speed" value=${speed} onChange=${({ target }) => setSpeed(+target.value)}>${[1, 10, 60, 300].map((each) => html`<option value=${each} selected=${each === speed}>${each}×</option>`)}</select>
  </div>`;
}

// ---- All of it ----

const NUDGE = 60;
/* How the paper lies on the desk, and the keys that move it; what is compared lies alike. */
function useView(key) {
  const [view, setView] = useState(FIT);
  const [scale, setScale] = useState(0);
  const now = useRef({}).current;
  Object.assign(now, { view });
  useEffect(() => setView(FIT), [key]);
  const turn = (change) => now.page && setView(change(now.view, now.page, now.box));
  const zoom = (factor) => turn((...lies) => studio.zoomedBy(...lies, factor));
  studio.paperKeys = {
    zoom,
    fit: () => setView(FIT),
    true: () => turn((...lies) => studio.zoomedBy(...lies, studio.MM / studio.placed(...lies).scale)),
    move: (dx, dy) => turn((...lies) => studio.movedBy(...lies, dx * NUDGE, dy * NUDGE)),
  };
  const report = ({ place, page, box }) => {
    Object.assign(now, { place, page, box });
    if (place && Math.abs(place.scale - scale) > 1e-6) setScale(place.scale);
  };
  return { view, setView, report, scale, now };
}

function ZoomTools({ scale }) {
  const { zoom, fit, true: one } = studio.paperKeys;
  const percent = scale ? `${Math.round((100 * scale) / studio.MM)} %` : "–";
  return html`<div class="zooms"><span class="joined" role="group" aria-label="Zoom">
    <button type="button" class="round" aria-label="Zoom out" title="Zoom out (−)" onClick=${() => zoom(0.8)}>−</button>
    <button type="button" class="percent" aria-label=${`${percent}, all of the page`} title="All of the page (0)" onClick=${fit}>${percent}</button>
    <button type="button" class="round" aria-label="Zoom in" title="Zoom in (+)" onClick=${() => zoom(1.25)}>+</button>
    <button type="button" class="true-size" aria-label="1 : 1, true size" title="True size (1)" onClick=${one}>1 : 1</button></span></div>`;
}

function label(run, detail, order) {
  const parts = [studio.titleOf(run), stateWords(run, detail)];
  if (order) parts.push(`${order.strokes} strokes with ${order.pens.map((pen) => pen.name).join(", ")}`);
  return parts.filter(Boolean).join(". ");
}

function Paper() {
  const { run, detail, order, isOwn, show, seconds, brush } = useStore((now) => ({
    run: now.runs[now.open], detail: now.details[now.open], order: studio.orderOf(now.open), isOwn: now.plots[now.open]?.own, show: now.show, seconds: now.seconds, brush: now.brush,
  }));
  const { scale, now, ...lies } = useView(run?.id);
  const coordinates = useRef();
  if (!run) return html`<main class="paper empty"><div class="welcome"><h1>Nothing has been drawn yet</h1><p class="muted">Choose what to draw at the left, and press Draw. Or drop a picture, an SVG, or any of inkdream's files here.</p></div></main>`;
  const hover = (at) => {
    if (!coordinates.current) return;
    const [x, y] = at && now.place ? studio.toPage(now.place, ...at) : [NaN, NaN];
    coordinates.current.textContent = Number.isFinite(x) ? `${x.toFixed(1)}, ${y.toFixed(1)} mm` : "";
  };
  const isLive = studio.isLive(run);
  const isPlot = !isLive && order && (run.medium !== "pixels" || show === "plot");
  const isPainting = !isLive && brush?.id === run.id;
  const brushed = isPainting ? { overlay: studio.showBrush, dab: studio.brushDab, className: "is-painting" } : {};
  return html`<main class="paper">
    <${Head} run=${run} detail=${detail} />
    <div class="desk"><${Sheet} id=${run.id} show=${show} ...${lies} seconds=${isPlot ? seconds : null} hover=${hover} label=${label(run, detail, isPlot && order)} ...${brushed} />
      ${isLive && !studio.frames.latest[run.id] && html`<p class="desk-note">${run.state === "queued" ? "It waits for its turn." : "The first picture is on its way."}</p>`}
      ${run.state === "failed" && run.why && html`<p class="desk-note wrong" role="alert">${run.why}</p>`}
      ${isPainting ? html`<p class="desk-foot">Paint what is to be drawn anew: all else stays.</p>`
      : isPlot && isOwn && seconds > 0 && html`<button type="button" class="desk-foot" title="It was plotted up to here: the files begin with the stroke in hand" onClick=${() => studio.plottedUpTo(run.id, seconds)}>On paper up to here</button>`}
      <span class="coordinates" ref=${coordinates} aria-hidden="true"></span></div>
    <div class="paper-bar">${isPlot && !isPainting ? html`<${Transport} order=${order} />` : html`<span class="transport muted small">${isLive && run.score !== null && Number.isFinite(run.score) ? `score ${short(run.score)}` : ""}</span>`}
      ${studio.canPlot(run) && html`<${studio.BrushTools} scene=${() => studio.sceneOf(run.id, show, () => {})} />`}<${ZoomTools} scale=${scale} /></div>
  </main>`;
}

Object.assign(studio, { draws, Paper, clock, minutes, useView, ZoomTools, Transport });
