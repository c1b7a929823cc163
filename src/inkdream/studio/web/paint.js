/* Painting on a canvas, in mm of the page: strokes as pens lay them, areas of ink, and the sheet itself.

   A pen's ink lies as one layer: where its lines cross it is no darker. Opacity 0 multiplies what lies below
   (dye inks, ballpoints), 1 covers it; between, it does some of both. */
const MM = 96 / 25.4; // CSS px of a mm at true size

/* An empty canvas of so many px. */
const blank = (width, height) => Object.assign(document.createElement("canvas"), { width: Math.max(1, width), height: Math.max(1, height) });

/* How a page lies in a box of CSS px: `zoom` 1 fits it, `x` and `y` are the shares of the page at the box's middle. */
function placed(view, page, box) {
  const pad = Math.min(28, box.width / 16, box.height / 16);
  const fit = Math.max(1e-6, Math.min((box.width - 2 * pad) / page.width, (box.height - 2 * pad) / page.height));
  const scale = fit * view.zoom;
  return { fit, scale, left: box.width / 2 - view.x * page.width * scale, top: box.height / 2 - view.y * page.height * scale };
}
const toPage = (place, x, y) => [(x - place.left) / place.scale, (y - place.top) / place.scale];

/* What of the page the box shows, in mm: left, top, right, bottom. */
const windowOf = (place, box, room = 0) => [
  -place.left / place.scale - room, -place.top / place.scale - room,
  (box.width - place.left) / place.scale + room, (box.height - place.top) / place.scale + room,
];

function pagewise(context, place, ratio) {
  context.setTransform(ratio * place.scale, 0, 0, ratio * place.scale, ratio * place.left, ratio * place.top);
  context.lineCap = "round";
  context.lineJoin = "round";
}

/* Lays ink: `draw` strokes or fills with the colour that is set; called twice where ink half covers. */
function ink(context, pen, draw) {
  const opacity = pen.opacity ?? 0;
  context.strokeStyle = context.fillStyle = pen.colour;
  context.lineWidth = pen.width;
  if (opacity < 1) {
    context.globalCompositeOperation = "multiply";
    draw();
  }
  if (opacity > 0) {
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = opacity;
    draw();
    context.globalAlpha = 1;
  }
  context.globalCompositeOperation = "source-over";
}

function sheet(context, place, page, paper, ratio) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = paper;
  context.fillRect(
    Math.round(ratio * place.left), Math.round(ratio * place.top),
    Math.round(ratio * page.width * place.scale), Math.round(ratio * page.height * place.scale),
  );
}

/* One path a pen, of all its strokes. */
function traced(frame) {
  const { pen, xy, points } = frame;
  const paths = frame.inks.map(() => new Path2D());
  for (let stroke = 0; stroke < pen.length; stroke += 1) {
    const path = paths[pen[stroke]];
    if (!path) continue;
    let at = 2 * points * stroke;
    path.moveTo(xy[at], xy[at + 1]);
    const last = at + 2 * points;
    for (at += 2; at < last; at += 6) path.bezierCurveTo(xy[at], xy[at + 1], xy[at + 2], xy[at + 3], xy[at + 4], xy[at + 5]);
  }
  return paths.map((path) => repeated(path, frame));
}
/* Where a drawing is alike by symmetry, its strokes are there once: the others are turned about the middle. */
function repeated(path, { copies, width, height }) {
  if (!copies || copies.length < 2) return path;
  const all = new Path2D();
  for (const [[a, c], [b, d]] of copies) {
    const [x, y] = [width / 2, height / 2];
    all.addPath(path, new DOMMatrix([a, b, c, d, x - a * x - c * y, y - b * x - d * y]));
  }
  return all;
}

/* What an earlier drawing left: a path for each ink and width, from point to point. */
function tracedKept({ pen, xy, points, inks, opacity, widths }) {
  const looks = new Map();
  pen.forEach((number, line) => {
    const name = `${number} ${widths[line]}`;
    if (!looks.has(name)) looks.set(name, { colour: inks[number], width: widths[line], opacity: opacity[number], path: new Path2D() });
    const { path } = looks.get(name);
    const first = 2 * points * line;
    path.moveTo(xy[first], xy[first + 1]);
    for (let at = first + 2; at < first + 2 * points; at += 2) path.lineTo(xy[at], xy[at + 1]);
  });
  return [...looks.values()];
}

/* A frame of strokes, pen after pen as they are plotted, on what is kept. */
function strokes(context, frame, hidden) {
  if (frame.kept) {
    frame.keptLooks ??= tracedKept(frame.kept);
    for (const look of frame.keptLooks) ink(context, look, () => context.stroke(look.path));
  }
  const paths = frame.paths ??= traced(frame);
  const turns = frame.turns?.length ? frame.turns : paths.map((_, number) => number);
  turns.forEach((number) => {
    const path = paths[number];
    if (!path || hidden.has(number)) return;
    const look = { colour: frame.inks[number], width: frame.widths[number] ?? 0.4, opacity: frame.opacity?.[number] ?? 0 };
    ink(context, look, () => context.stroke(path));
  });
}

/* Where a picture lies on its page: as large as the margins let it be, in the middle. */
function pictureBox(page, width, height) {
  const room = [page.width - 2 * (page.margin ?? 0), page.height - 2 * (page.margin ?? 0)];
  const scale = Math.min(room[0] / width, room[1] / height);
  return [(page.width - width * scale) / 2, (page.height - height * scale) / 2, width * scale, height * scale];
}
function pixels(context, source, page, place, ratio) {
  const [width, height] = [source.naturalWidth || source.width, source.naturalHeight || source.height];
  const box = pictureBox(page, width, height);
  context.imageSmoothingEnabled = (box[2] / width) * place.scale * ratio < 1;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, ...box);
}

Object.assign(window.studio, { blank, pictureBox, MM, placed, toPage, windowOf, pagewise, ink, sheet, strokes, pixels });
