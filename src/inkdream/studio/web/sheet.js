/* One sheet of paper on its desk: paints what there is of a run, and is zoomed and moved by hand. */
const { html, useRef, useLayoutEffect } = window.htmPreact;
const studio = window.studio;
const { state, frames } = studio;

const FIT = { zoom: 1, x: 0.5, y: 0.5 };
const [LEAST, MOST] = [0.2, 200];
const LIVE = ["queued", "starting", "running", "finishing"];
const isLive = (run) => LIVE.includes(run?.state);

// Pictures that were asked for, by address; a sheet is painted again when one has come.
const pictures = new Map();
function picture(url, arrived) {
  let image = pictures.get(url);
  if (!image) {
    if (pictures.size > 24) pictures.delete(pictures.keys().next().value);
    image = new Image();
    image.decoding = "async";
    image.src = url;
    pictures.set(url, image);
  }
  if (image.complete) return image.naturalWidth ? image : null;
  image.addEventListener("load", arrived, { once: true });
  return null;
}

/* What is to be painted of a run: {page, paper, frame | order | image}, or null while there is nothing. */
function sceneOf(id, show, arrived) {
  const [run, detail] = [state.runs[id], state.details[id]];
  if (!run) return null;
  const frame = frames.latest[id];
  const page = detail?.page;
  const paper = detail?.paper ?? "#ffffff";
  const order = studio.orderOf(id);
  const ofFrame = () => {
    if (!frame) return null;
    const own = frame.kind === "strokes" ? { width: frame.width, height: frame.height } : page ?? { width: frame.width, height: frame.height };
    return { page: own, paper: frame.paper ?? paper, frame };
  };
  if (isLive(run) && frame) return ofFrame();
  const wantsPicture = run.medium === "pixels" && show === "drawing";
  if (!wantsPicture && order) return { page: order, paper: order.paper ?? paper, order };
  for (const name of wantsPicture ? ["drawing"] : ["svg", "drawing"]) {
    if (!run.has?.[name] || !page) continue;
    const image = picture(studio.fileUrl(run, name === "svg" ? "drawing.svg" : "drawing.png"), arrived);
    // An SVG of strokes is the whole page; a picture lies within its margins.
    if (image) return { page: name === "svg" || run.medium === "strokes" ? { ...page, margin: 0 } : page, paper, image };
  }
  return ofFrame() ?? (page ? { page, paper } : null);
}

/* The numbers of a live frame's pens that are off; an order has been made without them already. */
function hiddenNumbers(scene, id) {
  const names = scene?.frame?.names ?? [];
  return new Set([...names.keys()].filter((number) => state.hiddenPens[id]?.includes(names[number])));
}

function cursor(context, at, place, ratio) {
  if (!at) return;
  const [x, y, isDown] = at;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const [left, top] = [place.left + x * place.scale, place.top + y * place.scale];
  context.beginPath();
  context.arc(left, top, isDown ? 4 : 6, 0, 7);
  context.fillStyle = isDown ? "#a5371f" : "#ffffffb0";
  context.strokeStyle = isDown ? "#ffffff" : "#a5371f";
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

/* Paints on a canvas, and knows how it did last. */
class Painter {
  constructor(canvas) {
    Object.assign(this, { canvas, scrubber: new studio.Scrubber(), cost: 0, last: null });
  }

  size(box) {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    return ratio;
  }

  paint({ scene, view, box, hidden, seconds, isMoving, overlay }) {
    const ratio = this.size(box);
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (!scene) {
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      this.last = null;
      return null;
    }
    const place = studio.placed(view, scene.page, box);
    // What takes long is only moved while the hand moves, and painted anew when it rests.
    if (isMoving && scene.order && this.cost > 24 && this.last) {
      this.shift(place);
      return place;
    }
    const began = performance.now();
    this.canvas.style.transform = "";
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.save();
    context.shadowColor = "#2a1f1433";
    context.shadowBlur = 22 * ratio;
    context.shadowOffsetY = 5 * ratio;
    studio.sheet(context, place, scene.page, scene.paper, ratio);
    context.restore();
    this.contents(context, scene, { place, box, ratio, hidden, seconds });
    if (overlay) {
      studio.pagewise(context, place, ratio);
      overlay(context);
    }
    this.last = { place, ratio };
    this.cost = performance.now() - began;
    return place;
  }

  contents(context, scene, { place, box, ratio, hidden, seconds }) {
    const { order, frame, image, page } = scene;
    if (order) {
      this.scrubber.prepare(order, place, box, ratio, scene.paper);
      this.scrubber.show(context, seconds ?? Infinity);
      if (seconds !== null && seconds < order.seconds) cursor(context, studio.penAt(order, seconds), place, ratio);
    } else if (frame?.kind === "strokes") {
      studio.pagewise(context, place, ratio);
      studio.strokes(context, frame, hidden);
    } else if (frame || image) {
      studio.pagewise(context, place, ratio);
      studio.pixels(context, image ?? frame.canvas, page, place, ratio);
    }
  }

  /* The last picture, moved and scaled by the browser to where the view is now. */
  shift({ scale, left, top }) {
    const before = this.last.place;
    const times = scale / before.scale;
    this.canvas.style.transform = `translate(${left - before.left * times}px, ${top - before.top * times}px) scale(${times})`;
  }
}

// ---- Hands on it ----

/* A view moved by px, or zoomed so that what lies under `x`, `y` stays there. */
function movedBy(view, page, box, dx, dy) {
  const { scale } = studio.placed(view, page, box);
  const within = (share) => Math.min(1.2, Math.max(-0.2, share));
  return { ...view, x: within(view.x - dx / (page.width * scale)), y: within(view.y - dy / (page.height * scale)) };
}
function zoomedBy(view, page, box, factor, x = box.width / 2, y = box.height / 2) {
  const zoom = Math.min(MOST, Math.max(LEAST, view.zoom * factor));
  const [px, py] = studio.toPage(studio.placed(view, page, box), x, y);
  const next = { ...view, zoom };
  const place = studio.placed(next, page, box);
  const [dx, dy] = [x - (place.left + px * place.scale), y - (place.top + py * place.scale)];
  return movedBy(next, page, box, dx, dy);
}

/* What hands do to a sheet: they drag, pinch, turn the wheel, and paint. */
function hands(fingers, latest) {
  const local = ({ currentTarget, clientX, clientY }) => {
    const { left, top } = currentTarget.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  const turn = (change) => {
    const { view, setView, page, box } = latest;
    if (page) setView(change(view, page, box));
  };
  /* Paints from one point to the next; false where there is no brush. */
  const paints = (from, to) => {
    const { dab, place, again } = latest;
    if (!dab || !place || fingers.size > 1) return false;
    dab(studio.toPage(place, ...from), studio.toPage(place, ...to));
    again();
    return true;
  };
  const up = ({ pointerId }) => fingers.delete(pointerId);
  return {
    onWheel: (event) => {
      event.preventDefault();
      const by = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      const at = local(event);
      turn((...lies) => zoomedBy(...lies, Math.exp(-by / (event.ctrlKey ? 110 : 320)), ...at));
    },
    onPointerDown: (event) => {
      if (event.button > 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const at = local(event);
      fingers.set(event.pointerId, at);
      paints(at, at);
    },
    onPointerMove: (event) => {
      const now = local(event);
      latest.hover?.(now);
      const before = fingers.get(event.pointerId);
      if (!before) return;
      fingers.set(event.pointerId, now);
      if (paints(before, now)) return;
      // Of two fingers each moves the paper by half; the other one stays where it is.
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      const [dx, dy] = [now[0] - before[0], now[1] - before[1]].map((by) => by / fingers.size);
      const apart = (point) => Math.max(8, Math.hypot(point[0] - other[0], point[1] - other[1]));
      turn((view, page, box) => {
        const zoomed = other ? zoomedBy(view, page, box, apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2) : view;
        return movedBy(zoomed, page, box, dx, dy);
      });
    },
    onPointerUp: up,
    onPointerCancel: up,
    onPointerLeave: () => latest.hover?.(null),
    onDblClick: () => !latest.dab && latest.setView(FIT),
  };
}

/* The sheet of one run. `view` may be shared with another sheet; `report` hears of place, page and box. */
function Sheet({ label, className = "", ...given }) {
  const { id, show, view, seconds = null, overlay } = given;
  const [holder, canvas, painter, asked, latest, fingers] = [useRef(), useRef(), useRef(), useRef(0), useRef({}), useRef(new Map())];
  const now = Object.assign(latest.current, { dab: null, overlay: null, ...given, seconds });
  const again = () => {
    if (!asked.current) asked.current = requestAnimationFrame(paint);
  };
  function paint() {
    asked.current = 0;
    if (!canvas.current || document.hidden) return;
    const box = { width: holder.current.clientWidth, height: holder.current.clientHeight };
    if (!box.width || !box.height) return;
    const scene = sceneOf(now.id, now.show, again);
    const page = scene?.page ?? null;
    const place = painter.current.paint({ ...now, scene, box, hidden: hiddenNumbers(scene, now.id) });
    const facts = { frame: scene?.frame?.number ?? "", zoom: now.view.zoom.toFixed(2), page: page ? `${Math.round(page.width)} x ${Math.round(page.height)}` : "" };
    Object.assign(holder.current.dataset, facts);
    Object.assign(now, { page, box, place, again });
    now.report?.({ place, page, box });
  }
  useLayoutEffect(() => {
    painter.current = new Painter(canvas.current);
    const resized = new ResizeObserver(again);
    resized.observe(holder.current);
    const framed = (which) => which === now.id && again();
    frames.listeners.add(framed);
    const off = studio.subscribe(again);
    document.addEventListener("visibilitychange", again);
    return () => {
      cancelAnimationFrame(asked.current);
      clearTimeout(now.rest);
      resized.disconnect();
      frames.listeners.delete(framed);
      off();
      document.removeEventListener("visibilitychange", again);
    };
  }, []);
  useLayoutEffect(again, [id, show, seconds, overlay]);
  useLayoutEffect(() => {
    now.isMoving = true;
    clearTimeout(now.rest);
    now.rest = setTimeout(() => { now.isMoving = false; again(); }, 110);
    again();
  }, [view]);
  return html`<div ref=${holder} class=${`desk-sheet ${className}`} role="img" aria-label=${label} ...${hands(fingers.current, now)}><canvas ref=${canvas}></canvas></div>`;
}

Object.assign(studio, { Sheet, FIT, isLive, sceneOf, zoomedBy, movedBy });
