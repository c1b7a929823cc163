/* A brush for what is to be drawn anew: all else of a drawing stays where it is. */
const { html } = window.htmPreact;
const studio = window.studio;
const { state, set, useStore } = studio;
const { kept } = window.inkdream;

const SIDE = 768; // px of the mask's longer side

/* The part of the page that a mask lies on, in mm: the whole page for strokes, the picture's place for areas. */
function ground(scene, run, detail) {
  const { page } = scene;
  if (run.medium !== "pixels") return [0, 0, page.width, page.height];
  const size = detail?.pixels ?? detail?.size ?? {};
  return studio.pictureBox(detail?.page ?? page, size.width || 1, size.height || 1);
}

/* What was painted of one run; `canvas` has ink where something is to be drawn anew. */
const brush = { id: null, canvas: null, box: null };
function begin(scene) {
  const run = state.runs[state.open];
  const box = ground(scene, run, state.details[run.id]);
  if (brush.id !== run.id || !brush.box || brush.box.join() !== box.join()) {
    const scale = SIDE / Math.max(box[2], box[3]);
    const canvas = studio.blank(Math.round(box[2] * scale), Math.round(box[3] * scale));
    Object.assign(brush, { id: run.id, canvas, box, isBare: true });
  }
  set({ brush: { id: run.id, size: kept.get("studio brush", 12), isErasing: false, count: 0 } });
}
const end = () => set({ brush: null });
function clear() {
  brush.canvas.getContext("2d").clearRect(0, 0, brush.canvas.width, brush.canvas.height);
  brush.isBare = true;
  set({ brush: { ...state.brush, count: state.brush.count + 1 } });
}

/* A dab from one point of the page to another, both in mm. */
function dab([x0, y0], [x1, y1]) {
  const { canvas, box } = brush;
  const scale = canvas.width / box[2];
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, -box[0] * scale, -box[1] * scale);
  context.globalCompositeOperation = state.brush.isErasing ? "destination-out" : "source-over";
  context.strokeStyle = "#a5371f";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = state.brush.size;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1 + 1e-3);
  context.stroke();
  if (!state.brush.isErasing && brush.isBare) {
    brush.isBare = false;
    set({ brush: { ...state.brush, count: 1 } });
  }
}

/* Shows what was painted; the canvas is set to mm of the page. */
function show(context) {
  context.globalAlpha = 0.38;
  context.imageSmoothingEnabled = true;
  context.drawImage(brush.canvas, ...brush.box);
  context.globalAlpha = 1;
}

/* White where it is to be drawn anew, black elsewhere; and the share that is white. */
async function mask() {
  const { width, height } = brush.canvas;
  const canvas = studio.blank(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(brush.canvas, 0, 0);
  const image = context.getImageData(0, 0, width, height);
  let light = 0;
  for (let at = 0; at < image.data.length; at += 4) {
    const value = image.data[at + 3] > 127 ? 255 : 0;
    light += value / 255;
    image.data.set([value, value, value, 255], at);
  }
  context.putImageData(image, 0, 0);
  const file = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return [file, light / (width * height)];
}

/* A run of its own: what was painted is drawn anew, with another seed; all else stays. */
async function redo() {
  const id = brush.id;
  const detail = state.details[id];
  const [file, share] = await mask();
  if (!share) return studio.notice("Nothing is painted yet.");
  try {
    const upload = await studio.upload(file);
    const changes = { "keep.from": `run:${id}`, "keep.where": `upload:${upload.id}`, origin: undefined, seed: studio.otherSeed() };
    const plotted = state.plotOptions[id]?.plotted;
    if (plotted) changes["keep.plotted"] = plotted;
    if (detail.medium === "strokes") changes["strokes.count"] = Math.max(10, Math.round((detail.table.strokes?.count ?? 400) * share));
    end();
    await studio.draw(studio.from(detail, changes), id);
    if (state.drawError) studio.notice(state.drawError);
  } catch (error) {
    studio.notice(error.message);
  }
  return undefined;
}

function BrushTools({ scene }) {
  const now = useStore((all) => all.brush);
  if (!now) return html`<button type="button" title="Paint what is to be drawn anew; all else stays (B)" onClick=${() => scene() && begin(scene())}>Repaint</button>`;
  const change = (changes) => {
    set({ brush: { ...state.brush, ...changes } });
    if (changes.size) kept.set("studio brush", changes.size);
  };
  return html`<span class="brush-tools" role="group" aria-label="Paint what is to be drawn anew">
    <span class="joined"><button type="button" aria-pressed=${String(!now.isErasing)} onClick=${() => change({ isErasing: false })}>Paint</button>
      <button type="button" aria-pressed=${String(now.isErasing)} onClick=${() => change({ isErasing: true })}>Rub out</button></span>
    <input type="range" min="2" max="60" value=${now.size} aria-label="Size of the brush in mm" title=${`${now.size} mm`} onInput=${(event) => change({ size: Number(event.target.value) })} />
    <button type="button" class="plain" onClick=${clear}>Clear</button>
    <button type="button" class="main" disabled=${brush.isBare} onClick=${redo}>Draw it anew</button>
    <button type="button" class="plain round" aria-label="Leave it" title="Leave it (Esc)" onClick=${end}>×</button></span>`;
}

Object.assign(studio, { BrushTools, beginBrush: begin, endBrush: end, brushDab: dab, showBrush: show });
