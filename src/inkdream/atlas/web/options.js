"use strict";
/* Tiles as a sheet and the map show them, and the keys and fingers that mean the same in both. */
(() => {
  if (!window.atlas) return; // as the page says by now
  const { html, Component, useEffect, useRef } = window.htmPreact;
  const { short, cut } = window.inkdream;
  const { ATLAS, tiles, names, ORDERS } = window.atlas;

  /* Of thousands of tiles, only those are rendered again of which something has changed. */
  class Option extends Component {
    shouldComponentUpdate(next) {
      return Object.keys(next).some((name) => next[name] !== this.props[name]);
    }

    render({ number, at, total, classes, note, caption, left, top, act }) {
      const tile = tiles[number];
      const press = (event) => {
        const wantsPick = act.picking || event.shiftKey || event.ctrlKey || event.metaKey || event.target.closest(".mark");
        if (wantsPick) act.pick(number);
        else act.open(number);
      };
      return html`<div role="option" id=${`tile-${number}`} class=${`option ${classes}`} style=${{ left, top }}
          aria-selected=${String(classes.includes("is-picked"))} aria-setsize=${total} aria-posinset=${at + 1}
          aria-label=${`${names[number]}, score ${short(tile.score)}`} onClick=${press}>
        <span class="tile" style=${cut(tile, ATLAS)}></span>
        <span class="mark" aria-hidden="true"></span>
        ${caption && html`<span class="caption"><span>${names[number]}</span>${note && html`<span class="muted">${note}</span>`}</span>`}
      </div>`;
    }
  }

  /* A tile in either view, `left` and `top` as CSS says them. */
  function option(number, at, total, state, act, { left = "", top = "", caption = false }) {
    const classes = [
      number === state.active && "is-active", number === state.open && "is-open", state.picks.has(number) && "is-picked",
    ].filter(Boolean).join(" ");
    return html`<${Option} key=${number} number=${number} at=${at} total=${total} classes=${classes} act=${act}
      note=${caption && ORDERS[state.order].note?.(tiles[number])} caption=${caption} left=${left} top=${top} />`;
  }

  /* Keys that mean the same in both views; `move` says what the arrows do. */
  function listKeys(event, state, act, move) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && state.active !== null) act.open(state.active, true);
    else if (event.key === " " && state.active !== null) act.pick(state.active);
    else if (!move(event.key)) return;
    event.preventDefault();
  }

  /* Two fingers: `zoom(factor, x, y)` is called as they move apart. The page itself must not zoom meanwhile. */
  function usePinch(box, zoom) {
    const latest = useRef();
    latest.current = zoom;
    useEffect(() => {
      const element = box.current;
      if (!element) return undefined;
      let apart = 0;
      const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const start = (event) => { if (event.touches.length === 2) apart = distance(event.touches); };
      const pinch = (event) => {
        if (event.touches.length !== 2) return;
        event.preventDefault();
        const [a, b] = event.touches;
        const now = distance([a, b]);
        if (Math.abs(now / apart - 1) < 0.02) return;
        latest.current(now / apart, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
        apart = now;
      };
      element.addEventListener("touchstart", start, { passive: true });
      element.addEventListener("touchmove", pinch, { passive: false });
      return () => {
        element.removeEventListener("touchstart", start);
        element.removeEventListener("touchmove", pinch);
      };
    }, []);
  }

  Object.assign(window.atlas, { option, listKeys, usePinch });
})();
