"use strict";
/* The map: like drawings lie close to each other. */
(() => {
  if (!window.atlas) return; // as the page says by now
  const { html, useState, useEffect, useLayoutEffect, useMemo, useRef } = window.htmPreact;
  const { ATLAS, tiles, RATIO, LARGEST, option, listKeys, usePinch } = window.atlas;

  /* Columns and rows for so many tiles in a box of such a shape, with few places left empty. */
  function gridFor(count, shape) {
    const ideal = Math.sqrt(count * shape);
    let best = [1, count];
    let least = Infinity;
    for (let columns = Math.max(1, Math.floor(ideal * 0.85)); columns <= Math.ceil(ideal * 1.15); columns += 1) {
      const rows = Math.ceil(count / columns);
      const cost = (columns * rows - count) / count + Math.abs(Math.log(columns / rows / shape)) / 4;
      if (cost < least) [best, least] = [[columns, rows], cost];
    }
    return best;
  }

  /* Gives every tile a place of its own in a grid, like ones close: halved again and again, as a k-d tree is. */
  function evenly(numbers, columns, rows) {
    const places = new Map();
    const halve = (part, x, y, width, height) => {
      if (!part.length) return;
      if (width * height === 1) {
        places.set(part[0], [x, y]);
        return;
      }
      const axis = width >= height ? 0 : 1;
      const first = Math.floor((axis ? height : width) / 2);
      part.sort((a, b) => tiles[a].map[axis] - tiles[b].map[axis] || a - b);
      const taken = Math.min(part.length, first * (axis ? width : height));
      const [one, two] = [part.slice(0, taken), part.slice(taken)];
      if (axis) {
        halve(one, x, y, width, first);
        halve(two, x, y + first, width, height - first);
      } else {
        halve(one, x, y, first, height);
        halve(two, x + first, y, width - first, height);
      }
    };
    halve([...numbers], 0, 0, columns, rows);
    return places;
  }

  function Plane({ shown, state, act }) {
    const box = useRef();
    const plane = useRef();
    const view = useRef({ x: 0, y: 0, zoom: 1, laid: 1 });
    const drag = useRef(null);
    const timer = useRef();
    const [size, setSize] = useState({ width: 0, height: 0 });
    useLayoutEffect(() => {
      const look = () => {
        // It fills what the bar leaves of the window.
        const top = box.current.getBoundingClientRect().top + scrollY;
        const [width, height] = [box.current.clientWidth, Math.max(320, innerHeight - top)];
        box.current.style.height = `${height}px`;
        setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
      };
      look();
      addEventListener("resize", look);
      const resized = new ResizeObserver(look);
      resized.observe(box.current);
      return () => {
        removeEventListener("resize", look);
        resized.disconnect();
      };
    }, []);

    const pad = 18;
    const [width, height] = [Math.max(1, size.width - 2 * pad), Math.max(1, size.height - 2 * pad)];
    const [columns, rows] = gridFor(shown.length, (width * RATIO) / height);
    const unit = Math.min(width / columns, height / rows / RATIO);
    const isEven = state.spread === "even";
    const fit = isEven ? [columns * unit, rows * unit * RATIO] : [width, height];
    const places = useMemo(() => {
      if (isEven) {
        const grid = evenly(shown, columns, rows);
        return new Map([...grid].map(([number, [x, y]]) => [number, [(x + 0.5) / columns, (y + 0.5) / rows]]));
      }
      return new Map(shown.map((number) => [number, tiles[number].map.map((share) => 0.04 + 0.92 * share)]));
    }, [shown, isEven, columns, rows]);

    const cellAt = (zoom) => unit * (isEven ? 0.94 * zoom : 0.72 * zoom ** 0.6);
    const apply = () => {
      const { zoom } = view.current;
      const whole = fit.map((side) => side * zoom);
      // Some of it stays in sight, however far it is dragged.
      ["x", "y"].forEach((axis, number) => {
        const room = [size.width, size.height][number];
        const rest = room - whole[number];
        const inside = whole[number] <= room - pad;
        view.current[axis] = inside ? rest / 2 : Math.max(rest - pad, Math.min(pad, view.current[axis]));
      });
      plane.current.style.transform = `translate(${view.current.x}px, ${view.current.y}px) scale(${zoom / view.current.laid})`;
    };
    /* While it is zoomed it is stretched as a picture; then its tiles get their true size. */
    const settle = () => {
      const { zoom } = view.current;
      const style = plane.current.style;
      const cell = cellAt(zoom);
      view.current.laid = zoom;
      style.width = `${fit[0] * zoom}px`;
      style.height = `${fit[1] * zoom}px`;
      style.setProperty("--w", `${cell}px`);
      style.setProperty("--h", `${cell * RATIO}px`);
      plane.current.classList.toggle("crisp", cell * devicePixelRatio >= ATLAS.tile.width * 1.4);
      apply();
    };
    const settleNow = useRef();
    settleNow.current = settle;
    useLayoutEffect(settle, [fit[0], fit[1], isEven, unit]);
    useEffect(() => () => clearTimeout(timer.current), []);

    const zoom = (factor, x = null, y = null) => {
      const at = box.current.getBoundingClientRect();
      const pointer = [x === null ? size.width / 2 : x - at.left, y === null ? size.height / 2 : y - at.top];
      const before = view.current.zoom;
      const most = Math.max(1, LARGEST / Math.max(1, unit));
      view.current.zoom = factor === 0 ? 1 : Math.max(1, Math.min(most, before * factor));
      const real = view.current.zoom / before;
      ["x", "y"].forEach((axis, number) => {
        view.current[axis] = pointer[number] - (pointer[number] - view.current[axis]) * real;
      });
      apply();
      clearTimeout(timer.current);
      timer.current = setTimeout(() => settleNow.current(), 120);
    };
    act.zoom.current = zoom;
    usePinch(box, zoom);
    useEffect(() => {
      const element = box.current;
      const wheel = (event) => {
        event.preventDefault();
        const lines = event.deltaMode === 1 ? 24 : 1;
        act.zoom.current(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 480)), event.clientX, event.clientY);
      };
      element.addEventListener("wheel", wheel, { passive: false });
      return () => element.removeEventListener("wheel", wheel);
    }, []);

    const reveal = (number) => {
      const spot = places.get(number);
      if (!spot) return;
      ["x", "y"].forEach((axis, side) => {
        const at = view.current[axis] + spot[side] * fit[side] * view.current.zoom;
        const room = [size.width, size.height][side];
        const margin = Math.min(room / 3, cellAt(view.current.zoom));
        view.current[axis] += Math.max(margin - at, 0) + Math.min(room - margin - at, 0);
      });
      apply();
    };
    act.reveal.current = reveal;
    const move = (key) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
      if (!way) return false;
      const here = places.get(state.active);
      let best = here ? state.active : shown[0];
      let least = Infinity;
      for (const [number, spot] of here ? places : []) {
        const [dx, dy] = [(spot[0] - here[0]) * fit[0], (spot[1] - here[1]) * fit[1]];
        const along = dx * way[0] + dy * way[1];
        const cost = along + 2.5 * Math.abs(dx * way[1] + dy * way[0]);
        if (along > 0.5 && cost < least) [best, least] = [number, cost];
      }
      act.mark(best);
      reveal(best);
      return true;
    };

    /* One finger or the mouse drags; a press that does not move is a click. */
    const down = (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      drag.current = { id: event.pointerId, x: event.clientX, y: event.clientY, moved: false };
    };
    const dragged = (event) => {
      const from = drag.current;
      if (!from || from.id !== event.pointerId) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.moved && Math.hypot(dx, dy) < 5) return;
      if (!from.moved) box.current.setPointerCapture(event.pointerId);
      Object.assign(from, { x: event.clientX, y: event.clientY, moved: true });
      view.current.x += dx;
      view.current.y += dy;
      apply();
    };
    const up = () => { setTimeout(() => { drag.current = null; }); };
    const noClick = (event) => {
      if (drag.current?.moved) event.stopPropagation();
    };
    return html`<div class="map" ref=${box} onPointerDown=${down} onPointerMove=${dragged} onPointerUp=${up}
        onPointerCancel=${up} onClickCapture=${noClick}>
      <div ref=${plane} class=${`tiles plane ${tiles.length <= 1000 ? "moves" : ""}`} role="listbox" aria-multiselectable="true"
        tabindex="0" aria-label="Drawings, like ones close to each other"
        aria-activedescendant=${places.has(state.active) ? `tile-${state.active}` : undefined}
        onFocus=${() => state.active === null && act.mark(shown[0])}
        onKeyDown=${(event) => listKeys(event, state, act, move)}>
        ${size.width > 0 && shown.map((number, at) => {
          const [left, top] = places.get(number).map((share) => `${share * 100}%`);
          return option(number, at, shown.length, state, act, { left, top });
        })}
      </div></div>`;
  }

  Object.assign(window.atlas, { Plane });
})();
