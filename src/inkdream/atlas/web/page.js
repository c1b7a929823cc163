"use strict";
/* The page of an atlas as a whole: what is shown, and what keys do. It asks nothing of a network. */
(() => {
  if (!window.atlas) return; // as the page says by now
  const { html, render, useState, useEffect, useLayoutEffect, useMemo, useRef } = window.htmPreact;
  const { kept, useTheme, ThemeButton, Keys, counted } = window.inkdream;
  const { ATLAS, tiles, failed, RATIO, SMALLEST, LARGEST, isNarrow, ORDERS, ordered, matching, Sheet, Plane,
    Detail, Picks, About } = window.atlas;

  const root = document.getElementById("page");
  /* What is kept is of this page alone, by where it lies. */
  const own = (name) => `atlas ${location.pathname} ${name}`;
  const byKey = new Map(tiles.map((tile, number) => [tile.key, number]));

  const KEYS = [
    [["←", "→", "↑", "↓"], "from drawing to drawing"],
    [["Enter"], "open a drawing"],
    [["Space"], "pick it, or not"],
    [["J", "K"], "next and previous drawing"],
    [["+", "−", "0"], "larger, smaller, as at first"],
    [["M"], "sheet or map"],
    [["O", "R"], "next order; the other way round"],
    [["/"], "search by number or class"],
    [["P"], "what is picked"],
    [["Esc"], "close, go back to the sheet"],
    [["?"], "these keys"],
  ];
  const usualCell = () => (isNarrow() ? 104 : Math.min(132, Math.max(64, ATLAS.tile.width)));

  function App({ printing }) {
    const [state, setState] = useState(() => ({
      view: "sheet", order: "number", reversed: false, query: "", cell: usualCell(), spread: "even", side: 512,
      active: null, open: null, panel: null, focusDetail: 0, picking: false, keys: false,
      picks: new Set(kept.get(own("picks"), []).map((key) => byKey.get(key)).filter((number) => number !== undefined)),
      ...linked(),
    }));
    const [theme, turn] = useTheme();
    const latest = useRef();
    latest.current = state;
    const shown = useMemo(() => ordered(matching(state.query), state.order, state.reversed), [state.query, state.order, state.reversed]);
    const zoom = useRef(() => {});
    const reveal = useRef(() => {});
    const search = useRef();
    const set = (part) => setState((old) => ({ ...old, ...part }));
    // The same object at all times, so that tiles need not be rendered for it.
    const act = useRef({}).current;
    Object.assign(act, {
      set, zoom, reveal, picking: state.picking,
      mark: (number) => setState((old) => ({ ...old, active: number, open: old.panel === "tile" && !isNarrow() ? number : old.open })),
      open: (number, byKeyboard = false) => setState((old) => ({
        ...old, active: number, open: number, panel: "tile", focusDetail: byKeyboard ? old.focusDetail + 1 : 0,
      })),
      step: (by) => {
        const next = shown[shown.indexOf(latest.current.open) + by];
        if (next === undefined) return;
        act.open(next);
        reveal.current(next);
      },
      pick: (number) => setState((old) => {
        const picks = new Set(old.picks);
        if (!picks.delete(number)) picks.add(number);
        return { ...old, picks, active: number };
      }),
      clear: () => set({ picks: new Set() }),
      size: (cell) => set({ cell: Math.max(SMALLEST, Math.min(LARGEST, cell)) }),
      close: () => {
        set({ panel: null, open: null, focusDetail: 0 });
        document.querySelector("[role=listbox]")?.focus({ preventScroll: true });
      },
    });
    const step = (factor) => (factor === 0 && state.view === "sheet" ? zoom.current(usualCell() / state.cell) : zoom.current(factor));

    useEffect(() => kept.set(own("picks"), [...state.picks].map((number) => tiles[number].key)), [state.picks]);
    useEffect(() => {
      document.title = state.open === null ? `${ATLAS.title} – atlas` : `${tiles[state.open].title} – atlas`;
      const hash = state.open === null ? "" : `#${tiles[state.open].key}`;
      try {
        if (location.hash !== hash) history.replaceState(null, "", hash || location.pathname + location.search);
      } catch { /* some browsers keep the address of a file as it is */ }
    }, [state.open]);
    useEffect(() => {
      const moved = () => set(linked());
      addEventListener("hashchange", moved);
      if (latest.current.open !== null) reveal.current(latest.current.open);
      return () => removeEventListener("hashchange", moved);
    }, []);
    // Behind a panel that covers the page nothing can be reached.
    const isCovered = state.panel !== null && isNarrow();
    useLayoutEffect(() => document.body.classList.toggle("covered", isCovered), [isCovered]);

    const keys = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || latest.current.keys) return;
      const isTyping = event.target.closest("input[type=search], textarea, select");
      if (event.key === "Escape") {
        if (isTyping && latest.current.query) set({ query: "" });
        else act.close();
        return;
      }
      if (isTyping) return;
      const orders = Object.keys(ORDERS);
      const does = {
        "+": () => step(1.25), "=": () => step(1.25), "-": () => step(0.8), "−": () => step(0.8), 0: () => step(0),
        m: () => set({ view: latest.current.view === "map" ? "sheet" : "map" }),
        o: () => set({ order: orders[(orders.indexOf(latest.current.order) + 1) % orders.length] }),
        r: () => set({ reversed: !latest.current.reversed }),
        p: () => set({ panel: latest.current.panel === "picks" ? null : "picks", open: null }),
        j: () => act.step(1), k: () => act.step(-1),
        "/": () => search.current.focus(), "?": () => set({ keys: true }),
      }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!does) return;
      event.preventDefault();
      does();
    };
    const keysNow = useRef();
    keysNow.current = keys;
    useEffect(() => {
      const press = (event) => keysNow.current(event);
      document.addEventListener("keydown", press);
      return () => document.removeEventListener("keydown", press);
    }, []);

    const sentence = state.query ? `${counted(shown.length, "drawing")} of ${tiles.length}` : summary();
    const facts = `${sentence}, by ${ORDERS[state.order].label.toLowerCase()}`;
    return html`<div class="page">
      <main inert=${isCovered}>
        <header><div><h1>${ATLAS.title}</h1><p class="muted">${sentence}${failed.length > 0 && html`, <button type="button" class="link" onClick=${() => set({ panel: "about", open: null })}>${failed.length} not drawn</button>`}</p></div>
          <div class="tools"><button type="button" class="plain only-narrow" onClick=${() => set({ panel: "about", open: null })}>About</button>
            <${ThemeButton} theme=${theme} turn=${turn} />
            <button type="button" class="plain round" aria-label="Keys" title="Keys (?)" onClick=${() => set({ keys: true })}>?</button></div></header>
        <div class="bar" role="group" aria-label="What is shown, and how">
          <span class="joined" role="group" aria-label="View">${[["sheet", "Sheet"], ["map", "Map"]].map(([view, word]) => html`
            <button type="button" aria-pressed=${String(state.view === view)} onClick=${() => set({ view })}>${word}</button>`)}</span>
          ${state.view === "sheet" ? html`<span class="joined"><select aria-label="Order" value=${state.order} onChange=${(event) => set({ order: event.target.value })}>
              ${Object.entries(ORDERS).map(([order, { label }]) => html`<option value=${order}>${label}</option>`)}</select>
            <button type="button" class="round" aria-pressed=${String(state.reversed)} aria-label="The other way round" title="The other way round (R)" onClick=${() => set({ reversed: !state.reversed })}>⇅</button></span>`
          : html`<span class="joined" role="group" aria-label="Places" title=${`Like ones close to each other, by ${ATLAS.map}`}>${[["even", "Even"], ["loose", "Loose"]].map(([spread, word]) => html`
            <button type="button" aria-pressed=${String(state.spread === spread)} onClick=${() => set({ spread })}>${word}</button>`)}</span>`}
          <span class="search"><input ref=${search} type="search" aria-label="Search by number or class" placeholder="Number or class" autocomplete="off" spellcheck=${false}
            value=${state.query} onInput=${(event) => set({ query: event.target.value })} /></span>
          <span class="joined zooms"><button type="button" class="round" aria-label="Smaller" title="Smaller (−)" onClick=${() => step(0.8)}>−</button>
            <button type="button" class="round" aria-label="Larger" title="Larger (+)" onClick=${() => step(1.25)}>+</button></span>
          <span class="joined picking"><button type="button" aria-pressed=${String(state.picking)} title="A click picks" onClick=${() => set({ picking: !state.picking })}>Pick</button>
            ${state.picks.size > 0 && html`<button type="button" onClick=${() => set({ panel: "picks", open: null })}>${state.picks.size} picked</button>`}</span>
        </div>
        <p class="hidden" aria-live="polite">${facts}</p>
        ${!shown.length ? html`<p class="none muted">${tiles.length ? "No drawing has that number or class." : "No drawing is there yet."}</p>`
          : state.view === "map" && !printing ? html`<${Plane} shown=${shown} state=${state} act=${act} />`
          : html`<${Sheet} shown=${shown} state=${state} act=${act} printing=${printing} />`}
      </main>
      <aside class=${`panel ${state.panel ? "is-open" : ""}`} aria-label="About the drawings">
        ${state.panel && html`<button type="button" class="plain round close" aria-label="Close" title="Close (Esc)" onClick=${act.close}>×</button>`}
        ${state.panel === "tile" && state.open !== null ? html`<${Detail} number=${state.open} state=${state} shown=${shown} act=${act} />`
          : state.panel === "picks" ? html`<${Picks} state=${state} act=${act} />`
          : html`<${About} act=${act} />`}
      </aside>
      ${state.keys && html`<${Keys} keys=${KEYS} close=${() => set({ keys: false })} />`}
    </div>`;
  }

  /* What the address points to: a tile by its key. */
  function linked() {
    const number = byKey.get(location.hash.slice(1));
    return number === undefined ? {} : { active: number, open: number, panel: "tile" };
  }

  function summary() {
    const parts = [counted(tiles.length, "drawing")];
    const inks = new Set(tiles.map((tile) => tile.inks.length));
    if (inks.size === 1) parts.push(`${counted([...inks][0], "ink")} each`);
    const sizes = new Set(tiles.map((tile) => `${tile.width} × ${tile.height} px`));
    if (sizes.size === 1) parts.push([...sizes][0]);
    return parts.join(", ");
  }

  const draw = (printing) => render(html`<${App} printing=${printing} />`, root);
  root.textContent = "";
  root.style.setProperty("--columns", ATLAS.tile.columns);
  root.style.setProperty("--ratio", RATIO);
  draw(false);
  // On paper all tiles are needed, not only those in sight.
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));
  matchMedia("print").addEventListener("change", (event) => draw(event.matches));
})();
