/* What comes as bytes: live frames, and the order in which a plot is drawn. */
const decoder = new TextDecoder();

/* A header's length, its JSON, and where the body begins. */
function headed(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(decoder.decode(new Uint8Array(buffer, 4, length)));
  return [header, 4 + length];
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const rgb = (colour) => {
  const number = parseInt(colour.slice(1, 7), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
};

/* Ink numbers as a canvas of that many px. */
function picture(numbers, width, height, inks) {
  const canvas = window.studio.blank(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const isLittle = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
  const palette = Uint32Array.from(inks, (ink) => {
    const [r, g, b] = rgb(ink);
    return isLittle ? (0xff000000 | (b << 16) | (g << 8) | r) >>> 0 : ((r << 24) | (g << 16) | (b << 8) | 255) >>> 0;
  });
  for (let at = 0; at < words.length; at += 1) words[at] = palette[numbers[at]];
  context.putImageData(image, 0, 0);
  return canvas;
}

/* A live frame: `{kind: "strokes", ...header, pen, xy}` or `{kind: "pixels", ...header, canvas}`. */
async function readPacket(buffer) {
  const [header, begin] = headed(buffer);
  if (header.kind === "pixels") {
    const numbers = await inflate(new Uint8Array(buffer, begin));
    return { ...header, canvas: picture(numbers, header.width, header.height, header.inks) };
  }
  const { strokes, points } = header;
  const padded = Math.ceil(strokes / 4) * 4;
  // Where a body begins at an odd place, a copy of it does not.
  const body = begin % 4 ? buffer.slice(begin) : buffer;
  const offset = begin % 4 ? 0 : begin;
  const frame = {
    ...header,
    pen: new Uint8Array(body, offset, strokes),
    xy: new Float32Array(body, offset + padded, strokes * points * 2),
  };
  if (header.kept) {
    const { lines, points: length } = header.kept;
    const at = offset + padded + 8 * strokes * points;
    const after = at + Math.ceil(lines / 4) * 4;
    frame.kept = {
      ...header.kept, pen: new Uint8Array(body, at, lines), xy: new Float32Array(body, after, lines * length * 2),
    };
  }
  return frame;
}

/* The order of a plot: its header, and arrays by stroke and point; `boxes` are left, top, right, bottom. */
function readOrder(buffer) {
  const [header, begin] = headed(buffer);
  const { strokes, points } = header;
  let at = begin;
  const taken = (Kind, count) => {
    const array = at % 4 ? new Kind(buffer.slice(at, at + 4 * count)) : new Kind(buffer, at, count);
    at += 4 * count;
    return array;
  };
  const order = {
    ...header,
    first: taken(Uint32Array, strokes + 1),
    pen: taken(Uint32Array, strokes),
    begin: taken(Float32Array, strokes),
    end: taken(Float32Array, strokes),
    xy: taken(Float32Array, 2 * points),
  };
  const boxes = new Float32Array(4 * strokes);
  for (let stroke = 0; stroke < strokes; stroke += 1) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let point = order.first[stroke]; point < order.first[stroke + 1]; point += 1) {
      const x = order.xy[2 * point];
      const y = order.xy[2 * point + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    boxes.set([left, top, right, bottom], 4 * stroke);
  }
  return { ...order, boxes };
}

Object.assign(window.studio, { readPacket, readOrder });
