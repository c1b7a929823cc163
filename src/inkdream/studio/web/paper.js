"use strict";
/* The middle: the paper, what is being done to it, and the order in which it is plotted. */
(() => {
  const { html, useState, useRef, useEffect } = window.htmPreact;
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
  function stateWords(run, detail) {
    if (!run) return "";
    const words = STATES[run.state] ?? run.state;
    if (draws(run)) {
      const left = detail?.secondsLeft;
      return `step ${run.step} of ${run.steps}${left > 0 ? `, ${minutes(left)} left` : ""}`;
    }
    if (run.state === "stopped") return run.step ? `stopped at step ${run.step}${run.steps ? ` of ${run.steps}` : ""}` : "stopped before its first step";
    if (run.state === "finished" && run.plot_seconds) return `finished, plots in ${minutes(run.plot_seconds)}`;
    return words + (run.why ? `: ${run.why}` : "");
  }

  function Name({ run }) {
    const [isOpen, setOpen] = useState(false);
    const title = studio.titleOf(run);
    const done = (event) => {
      const name = event.target.value.trim();
      setOpen(false);
      if (name && name !== title) studio.rename(run.id, name);
    };
    if (isOpen) {
      return html`<input class="name-input" type="text" aria-label="Name of the run" value=${title} ref=${(input) => input && input !== document.activeElement && input.select()}
        onBlur=${done} onKeyDown=${(event) => {
          if (event.key === "Enter") event.target.blur();
          if (event.key === "Escape") { event.stopPropagation(); event.target.value = title; event.target.blur(); }
        }} />`;
    }
    return html`<h1><button type="button" class="name" title="Rename" aria-label=${`${title}. Rename`} onClick=${() => setOpen(true)}>${title}</button></h1>`;
  }

  function Head({ run, detail }) {
    const isLive = studio.isLive(run);
    const parent = useStore((now) => now.runs[run.parent]);
    const show = useStore((now) => now.show);
    return html`<div class="paper-head">
      <div class="paper-title"><${Name} key=${run.id} run=${run} />
        <p class="muted">${stateWords(run, detail)}${parent && html` · after <button type="button" class="link" onClick=${() => studio.open(parent.id)}>${studio.titleOf(parent)}</button>`}</p></div>
      <div class="paper-tools">
        ${run.medium === "pixels" && !isLive && html`<span class="joined" role="group" aria-label="Show">${[["drawing", "Picture"], ["plot", "Plot"]].map(([name, words]) => html`
          <button type="button" aria-pressed=${String(show === name)} onClick=${() => set({ show: name })}>${words}</button>`)}</span>`}
        <button type="button" class="plain round star" aria-pressed=${String(Boolean(run.starred))} aria-label="Star" title="Star (S)" onClick=${() => studio.star(run.id)}>${run.starred ? "★" : "☆"}</button>
        ${["stopped", "failed"].includes(run.state) && html`<button type="button" onClick=${() => studio.act(run.id, "resume")}>Go on</button>`}
        ${isLive && (run.is_ours || run.state !== "running") && html`<button type="button" title="Stop (Esc)" onClick=${() => studio.act(run.id, "stop")}>${run.state === "queued" ? "Cancel" : "Stop"}</button>`}
      </div>
      ${isLive && html`<${studio.Progress} done=${run.step ?? 0} all=${run.steps ?? 0} label=${`${studio.titleOf(run)}, steps`} />`}
    </div>`;
  }

  // ---- The order of the plot -------------------------------------------------------------------------

  const SPEEDS = [1, 10, 60, 300];
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
    const isPartly = seconds !== null && seconds > 0;
    return html`<div class="transport">
      <button type="button" class="round" aria-label=${isPlaying ? "Pause" : "Play the order of the plot"} title=${`${isPlaying ? "Pause" : "Play"} (Space)`} onClick=${toggle}>
        <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" fill="currentColor">${isPlaying ? html`<path d="M2 1h3v10H2zM7 1h3v10H7z"/>` : html`<path d="M2.5.8 11 6l-8.5 5.2z"/>`}</svg></button>
      <input type="range" aria-label="Order of the plot" aria-valuetext=${`${clock(now)} of ${clock(order.seconds)}${layer ? `, ${layer.name}` : ""}`} min="0" max=${order.seconds} step=${Math.max(0.05, order.seconds / 4000)} value=${now} onInput=${go} />
      <span class="times"><span>${clock(now)}</span><span class="muted"> / ${clock(order.seconds)}</span></span>
      <select aria-label="Speed" value=${String(speed)} onChange=${(event) => setSpeed(Number(event.target.value))}>${SPEEDS.map((each) => html`<option value=${String(each)} selected=${each === speed}>${each}×</option>`)}</select>
      ${isPartly && html`<button type="button" class="up-to-here" title="It was plotted up to here: the files begin with the stroke in hand" onClick=${() => studio.plottedUpTo(state.open, seconds)}>On paper to here</button>`}
    </div>`;
  }

  // ---- All of it -------------------------------------------------------------------------------------

  const NUDGE = 60;
  function usePaperKeys(now) {
    studio.paperKeys = {
      zoom: (factor) => now.current.page && now.current.setView(studio.zoomedBy(now.current.view, now.current.page, now.current.box, factor)),
      fit: () => now.current.setView(FIT),
      true: () => {
        const { view, page, box } = now.current;
        if (page) now.current.setView(studio.zoomedBy(view, page, box, studio.MM / studio.placed(view, page, box).scale));
      },
      move: (dx, dy) => {
        const { view, page, box } = now.current;
        if (page) now.current.setView(studio.movedBy(view, page, box, dx * NUDGE, dy * NUDGE));
      },
    };
  }

  function ZoomTools({ scale }) {
    const keys = () => studio.paperKeys;
    const percent = scale ? `${Math.round((100 * scale) / studio.MM)} %` : "–";
    return html`<div class="zooms"><span class="joined" role="group" aria-label="Zoom">
      <button type="button" class="round" aria-label="Smaller" title="Smaller (−)" onClick=${() => keys().zoom(0.8)}>−</button>
      <button type="button" class="percent" aria-label=${`${percent}, all of the page`} title="All of the page (0)" onClick=${() => keys().fit()}>${percent}</button>
      <button type="button" class="round" aria-label="Larger" title="Larger (+)" onClick=${() => keys().zoom(1.25)}>+</button>
      <button type="button" class="true-size" aria-label="1 : 1, true size" title="True size (1)" onClick=${() => keys().true()}>1 : 1</button></span></div>`;
  }

  function label(run, detail, order) {
    const parts = [studio.titleOf(run), stateWords(run, detail)];
    if (order) parts.push(`${order.strokes} strokes with ${order.pens.map((pen) => pen.name).join(", ")}`);
    return parts.filter(Boolean).join(". ");
  }

  function Paper() {
    const { run, detail, order, show, seconds, brush } = useStore((now) => ({
      run: now.runs[now.open], detail: now.details[now.open], order: studio.orderOf(now.open), show: now.show, seconds: now.seconds, brush: now.brush,
    }));
    const [view, setView] = useState(FIT);
    const [scale, setScale] = useState(0);
    const now = useRef({});
    const place = useRef(null);
    const coordinates = useRef();
    Object.assign(now.current, { view, setView });
    usePaperKeys(now);
    useEffect(() => setView(FIT), [run?.id]);
    if (!run) return html`<main class="paper empty"><div class="welcome"><h1>Nothing has been drawn yet</h1><p class="muted">Choose what to draw at the left, and press Draw. Or drop a picture, an SVG, or any of inkdream's files here.</p></div></main>`;
    const report = ({ place: lies, page, box, painter }) => {
      Object.assign(now.current, { page, box, painter });
      place.current = lies;
      if (lies && Math.abs(lies.scale - scale) > 1e-6) setScale(lies.scale);
    };
    const hover = (at) => {
      if (!coordinates.current) return;
      const [x, y] = at && place.current ? studio.toPage(place.current, ...at) : [NaN, NaN];
      coordinates.current.textContent = Number.isFinite(x) ? `${x.toFixed(1)}, ${y.toFixed(1)} mm` : "";
    };
    const isLive = studio.isLive(run);
    const isPlot = !isLive && order && (run.medium !== "pixels" || show === "plot");
    const isPainting = !isLive && brush?.id === run.id;
    const isWaiting = isLive && !studio.frames.latest[run.id];
    return html`<main class="paper">
      <${Head} run=${run} detail=${detail} />
      <div class="desk"><${Sheet} id=${run.id} show=${show} view=${view} setView=${setView} seconds=${isPlot ? seconds : null} hover=${hover} report=${report} overlay=${isPainting ? studio.showBrush : null} dab=${isPainting ? studio.brushDab : null} className=${isPainting ? "is-painting" : ""} label=${label(run, detail, isPlot && order)} />
        ${isWaiting && html`<p class="desk-note">${run.state === "queued" ? "It waits for its turn." : "The first picture is on its way."}</p>`}
        ${run.state === "failed" && run.why && html`<p class="desk-note wrong" role="alert">${run.why}</p>`}
        <span class="coordinates" ref=${coordinates} aria-hidden="true"></span></div>
      <div class="paper-bar">${isPainting ? html`<span class="transport muted small">Paint what is to be drawn anew.</span>` : isPlot ? html`<${Transport} order=${order} />` : html`<span class="transport muted small">${isLive && run.score !== null && Number.isFinite(run.score) ? `score ${short(run.score)}` : ""}</span>`}
        ${studio.canPlot(run) && html`<${studio.BrushTools} scene=${() => studio.sceneOf(run.id, show, () => {})} />`}<${ZoomTools} scale=${scale} /></div>
    </main>`;
  }

  Object.assign(studio, { draws, Paper, clock, minutes, stateWords });
})();
