/* The plot as it stands after so many seconds. Going on paints only what is new; going back starts from the
   nearest of some states that were kept on the way. */
const studio = window.studio;

const MEMORY = 96e6; // bytes of states to go back to

function copied(canvas) {
  const copy = studio.blank(canvas.width, canvas.height);
  copy.getContext("2d").drawImage(canvas, 0, 0);
  return copy;
}

/* The first stroke that is not done at `seconds`. */
function strokesDone(order, seconds) {
  let [low, high] = [0, order.strokes];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order.end[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* Where the pen is, and whether it is down: [x, y, down, share of the stroke]. */
function penAt(order, seconds) {
  const stroke = Math.min(strokesDone(order, seconds), order.strokes - 1);
  if (stroke < 0) return null;
  const { first, xy, begin, end } = order;
  const point = (index) => [xy[2 * index], xy[2 * index + 1]];
  if (seconds >= end[stroke]) return [...point(first[stroke + 1] - 1), false, 1];
  if (seconds >= begin[stroke]) {
    const share = (seconds - begin[stroke]) / Math.max(1e-9, end[stroke] - begin[stroke]);
    return [...along(order, stroke, share).at(-1), true, share];
  }
  // On its way from the last stroke's end, or from home.
  let before = stroke - 1;
  while (before >= 0 && order.off?.has(order.pen[before])) before -= 1;
  const [x0, y0, left] = before < 0 ? [0, 0, 0] : [...point(first[before + 1] - 1), end[before]];
  const [x1, y1] = point(first[stroke]);
  const share = Math.min(1, Math.max(0, (seconds - left) / Math.max(1e-9, begin[stroke] - left)));
  return [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, false, 0];
}

/* The first part of a stroke, as a list of points. */
function along(order, stroke, share) {
  const { first, xy } = order;
  const [from, to] = [first[stroke], first[stroke + 1]];
  let length = 0;
  for (let at = from + 1; at < to; at += 1) length += Math.hypot(xy[2 * at] - xy[2 * at - 2], xy[2 * at + 1] - xy[2 * at - 1]);
  let left = length * share;
  const points = [[xy[2 * from], xy[2 * from + 1]]];
  for (let at = from + 1; at < to; at += 1) {
    const [x0, y0] = points.at(-1);
    const [x1, y1] = [xy[2 * at], xy[2 * at + 1]];
    const piece = Math.hypot(x1 - x0, y1 - y0);
    if (piece >= left) {
      const part = piece ? left / piece : 0;
      return [...points, [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part]];
    }
    points.push([x1, y1]);
    left -= piece;
  }
  return points;
}

class Scrubber {
  constructor() {
    this.key = null;
  }

  /* Begins anew where the order or the view is another; else keeps what is painted. */
  prepare(order, place, box, ratio, paper) {
    const key = [place.scale, place.left, place.top, box.width, box.height, ratio, paper].join(" ");
    if (this.order === order && this.key === key) return;
    Object.assign(this, { order, key, place, ratio });
    const size = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    this.base = studio.blank(...size);
    this.layer = studio.blank(...size);
    studio.sheet(this.base.getContext("2d"), place, order, paper, ratio);
    this.done = 0;
    this.pen = order.strokes ? order.pen[0] : 0;
    this.isEmpty = true;
    this.layers = 0;
    this.marks = [];
    // As many states as fit into some memory; between two of them lies what going back paints again.
    const most = Math.min(32, Math.max(4, Math.floor(MEMORY / (4 * size[0] * size[1]))));
    this.step = Math.max(60, Math.ceil(order.strokes / most));
    this.window = studio.windowOf(place, box, Math.max(0, ...order.pens.map((pen) => pen.width)));
    this.mark();
  }

  /* A state to come back to. The base is shared by those within one pen's layer. */
  mark() {
    const last = this.marks.at(-1);
    if (last && last.done >= this.done) return;
    if (!last || last.layers !== this.layers) this.baseCopy = copied(this.base);
    this.marks.push({ done: this.done, pen: this.pen, layers: this.layers, base: this.baseCopy, layer: this.isEmpty ? null : copied(this.layer), isEmpty: this.isEmpty });
  }

  back(mark) {
    const put = (canvas, source) => {
      const context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalCompositeOperation = "copy";
      if (source) context.drawImage(source, 0, 0);
      else context.clearRect(0, 0, canvas.width, canvas.height);
      context.globalCompositeOperation = "source-over";
    };
    put(this.base, mark.base);
    put(this.layer, mark.layer);
    Object.assign(this, { done: mark.done, pen: mark.pen, layers: mark.layers, isEmpty: mark.isEmpty });
  }

  /* Lays the finished layer onto the base. */
  settle() {
    if (!this.isEmpty) {
      const context = this.base.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      studio.ink(context, this.order.pens[this.pen], () => context.drawImage(this.layer, 0, 0));
      const layer = this.layer.getContext("2d");
      layer.setTransform(1, 0, 0, 1, 0, 0);
      layer.clearRect(0, 0, this.layer.width, this.layer.height);
    }
    this.isEmpty = true;
    this.layers += 1;
  }

  run(from, to) {
    const { first, xy, boxes } = this.order;
    const context = this.layer.getContext("2d");
    const pen = this.order.pens[this.pen];
    studio.pagewise(context, this.place, this.ratio);
    context.strokeStyle = pen.colour;
    context.lineWidth = pen.width;
    const [left, top, right, bottom] = this.window;
    let isAny = false;
    context.beginPath();
    for (let stroke = from; stroke < to; stroke += 1) {
      if (boxes[4 * stroke] > right || boxes[4 * stroke + 1] > bottom || boxes[4 * stroke + 2] < left || boxes[4 * stroke + 3] < top) continue;
      isAny = true;
      const last = first[stroke + 1];
      let at = first[stroke];
      context.moveTo(xy[2 * at], xy[2 * at + 1]);
      // A dot is a line without length: it is drawn too.
      if (last - at === 1) context.lineTo(xy[2 * at], xy[2 * at + 1]);
      for (at += 1; at < last; at += 1) context.lineTo(xy[2 * at], xy[2 * at + 1]);
    }
    if (isAny) {
      context.stroke();
      this.isEmpty = false;
    }
  }

  /* Paints until so many strokes are done. */
  to(strokes) {
    const mark = this.marks.findLast((each) => each.done <= strokes);
    if (strokes < this.done || mark.done > this.done) this.back(mark);
    while (this.done < strokes) {
      const pen = this.order.pen[this.done];
      if (pen !== this.pen) {
        this.settle();
        this.pen = pen;
      }
      let until = this.done + 1;
      const next = (Math.floor(this.done / this.step) + 1) * this.step;
      while (until < strokes && until < next && this.order.pen[until] === pen) until += 1;
      if (!this.order.off?.has(pen)) this.run(this.done, until);
      this.done = until;
      if (until === next) this.mark();
    }
  }

  /* Puts the plot as it is after `seconds` onto a canvas of the box's size. */
  show(context, seconds) {
    const { order } = this;
    const done = seconds >= order.seconds ? order.strokes : strokesDone(order, seconds);
    this.to(done);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.base, 0, 0);
    if (!this.isEmpty) studio.ink(context, order.pens[this.pen], () => context.drawImage(this.layer, 0, 0));
    if (done >= order.strokes || seconds <= order.begin[done]) return;
    const pen = order.pen[done];
    const share = (seconds - order.begin[done]) / Math.max(1e-9, order.end[done] - order.begin[done]);
    studio.pagewise(context, this.place, this.ratio);
    const path = new Path2D();
    along(order, done, share).forEach(([x, y], index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
    studio.ink(context, order.pens[pen], () => context.stroke(path));
  }
}

/* The same order without some pens: their strokes take no time, and are not painted (`off`). */
const lesser = new WeakMap();
function without(order, names) {
  const key = names.join("\n");
  const known = lesser.get(order);
  if (known?.key === key) return known.order;
  const off = new Set([...order.pens.keys()].filter((number) => names.includes(order.pens[number].name)));
  const [begin, end] = [new Float32Array(order.strokes), new Float32Array(order.strokes)];
  let [left, last] = [0, 0];
  order.pen.forEach((pen, stroke) => {
    if (off.has(pen)) left += order.end[stroke] - last;
    last = order.end[stroke];
    end[stroke] = last - left;
    begin[stroke] = off.has(pen) ? end[stroke] : order.begin[stroke] - left;
  });
  const less = { ...order, off, begin, end, seconds: end.at(-1) ?? 0 };
  lesser.set(order, { key, order: less });
  return less;
}

Object.assign(studio, { without, Scrubber, penAt, strokesDone });
