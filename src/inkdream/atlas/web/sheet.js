"use strict";
/* The contact sheet: only what is in sight is in the document. */
(() => {
  if (!window.atlas) return; // as the page says by now
  const { html, useState, useEffect, useLayoutEffect, useRef } = window.htmPreact;
  const { ATLAS, RATIO, option, listKeys, usePinch } = window.atlas;

  function layoutOf(width, cell) {
    let gap = cell < 48 ? 2 : cell < 80 ? 6 : 14;
    const caption = cell < 60 ? 0 : 24;
    const columns = Math.max(1, Math.round((width + gap) / (cell + gap)));
    let w = Math.max(8, Math.floor((width - gap * (columns - 1)) / columns));
    // Where it is nearly so, a px of a drawing is a px of the screen: nothing is as crisp.
    const exact = ATLAS.tile.width;
    const rest = columns > 1 ? Math.floor((width - exact * columns) / (columns - 1)) : 0;
    if (columns > 1 && Math.abs(w - exact) < exact / 10 && rest >= gap / 2) [w, gap] = [exact, rest];
    const h = Math.max(1, Math.round(w * RATIO));
    return { caption, columns, w, h, step: w + gap, row: h + gap + caption };
  }

  function Sheet({ shown, state, act, printing }) {
    const box = useRef();
    const anchor = useRef(null);
    const [seen, setSeen] = useState({ width: 0, from: 0, to: 0 });
    const lay = layoutOf(seen.width, state.cell);
    const rows = Math.ceil(shown.length / lay.columns);

    useLayoutEffect(() => {
      const look = () => {
        const at = box.current.getBoundingClientRect();
        // In steps of a part of a screen, so that scrolling renders now and then only.
        const step = Math.max(200, Math.round(innerHeight / 3));
        const from = Math.floor(-at.top / step) * step - step;
        const next = { width: Math.floor(at.width), from, to: from + innerHeight + 3 * step };
        setSeen((old) => (["width", "from", "to"].every((name) => old[name] === next[name]) ? old : next));
      };
      look();
      addEventListener("scroll", look, { passive: true });
      addEventListener("resize", look);
      const resized = new ResizeObserver(look);
      resized.observe(box.current);
      return () => {
        removeEventListener("scroll", look);
        removeEventListener("resize", look);
        resized.disconnect();
      };
    }, []);

    /* Zooming keeps the tile under the pointer, or the one that is marked, where it is. */
    const top = () => box.current.getBoundingClientRect().top;
    const zoom = (factor, x = null, y = null) => {
      const bar = document.querySelector(".bar").getBoundingClientRect().bottom;
      const marked = shown.indexOf(state.active);
      let at;
      if (y !== null) {
        const left = x - box.current.getBoundingClientRect().left;
        at = Math.floor((y - top()) / lay.row) * lay.columns + Math.min(lay.columns - 1, Math.floor(left / lay.step));
      } else {
        at = Math.ceil(Math.max(0, bar - top()) / lay.row) * lay.columns;
        const markedY = top() + Math.floor(marked / lay.columns) * lay.row;
        if (marked >= 0 && markedY > bar - lay.h && markedY < innerHeight) at = marked;
      }
      at = Math.max(0, Math.min(shown.length - 1, at));
      anchor.current = { at, y: top() + Math.floor(at / lay.columns) * lay.row };
      act.size(state.cell * factor);
    };
    act.zoom.current = zoom;
    useLayoutEffect(() => {
      if (!anchor.current) return;
      const { at, y } = anchor.current;
      anchor.current = null;
      scrollBy(0, top() + Math.floor(at / lay.columns) * lay.row - y);
    }, [state.cell]);
    usePinch(box, zoom);
    useEffect(() => {
      const wheel = (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        act.zoom.current(Math.exp(-event.deltaY / 240), event.clientX, event.clientY);
      };
      const element = box.current;
      element.addEventListener("wheel", wheel, { passive: false });
      return () => element.removeEventListener("wheel", wheel);
    }, []);

    const reveal = (at) => {
      const bar = document.querySelector(".bar").getBoundingClientRect().bottom + 12;
      const y = top() + Math.floor(at / lay.columns) * lay.row;
      if (y < bar) scrollBy(0, y - bar);
      else if (y + lay.row > innerHeight) scrollBy(0, y + lay.row - innerHeight);
    };
    act.reveal.current = (number) => {
      const at = shown.indexOf(number);
      if (at >= 0) reveal(at);
    };
    const move = (key) => {
      const page = Math.max(1, Math.floor(innerHeight / lay.row) - 1) * lay.columns;
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -lay.columns, ArrowDown: lay.columns, PageUp: -page, PageDown: page }[key];
      const now = shown.indexOf(state.active);
      const last = shown.length - 1;
      let at = key === "Home" ? 0 : key === "End" ? last : by === undefined ? null : now < 0 ? 0 : now + by;
      if (at === null) return false;
      if (Math.abs(by) > 1 && (at < 0 || at > last)) at = key.startsWith("Arrow") ? now : at;
      at = Math.max(0, Math.min(last, at));
      act.mark(shown[at]);
      reveal(at);
      return true;
    };

    const first = printing ? 0 : Math.max(0, Math.floor(seen.from / lay.row)) * lay.columns;
    const last = printing ? shown.length : Math.min(shown.length, Math.ceil(seen.to / lay.row) * lay.columns);
    const options = [];
    for (let at = first; at < last && seen.width; at += 1) {
      const spot = printing ? {} : {
        left: `${(at % lay.columns) * lay.step}px`,
        top: `${Math.floor(at / lay.columns) * lay.row}px`,
      };
      options.push(option(shown[at], at, shown.length, state, act, { ...spot, caption: lay.caption > 0 }));
    }
    const isMarkedThere = shown.slice(first, last).includes(state.active);
    const style = {
      height: printing ? "auto" : `${rows * lay.row}px`, "--w": `${lay.w}px`, "--h": `${lay.h}px`,
    };
    const crisp = lay.w * devicePixelRatio >= ATLAS.tile.width * 1.4 ? "crisp" : "";
    return html`<div ref=${box} class=${`tiles sheet ${crisp}`} role="listbox" aria-multiselectable="true" tabindex="0"
      aria-label="Drawings" aria-activedescendant=${isMarkedThere ? `tile-${state.active}` : undefined} style=${style}
      onFocus=${() => state.active === null && act.mark(shown[0])}
      onKeyDown=${(event) => listKeys(event, state, act, move)}>${options}</div>`;
  }

  Object.assign(window.atlas, { Sheet });
})();
