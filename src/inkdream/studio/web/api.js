/* What is asked of the server, and its news. */
const studio = window.studio;
const { state, set, note } = studio;

/* An answer that is no: the server's one line, and the recipe's key it belongs to. */
class Refused extends Error {
  constructor(message, key = "", status = 0) {
    super(message);
    this.key = key;
    this.status = status;
  }
}

async function ask(method, path, { body, type = "application/json", signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, { method, body, signal, headers: body === undefined ? {} : { "Content-Type": type } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server does not answer.");
  }
  if (answer.ok) return answer;
  let told = {};
  try {
    told = await answer.json();
  } catch { /* no JSON: the status must do */ }
  throw new Refused(told.error || `The server answered ${answer.status}.`, told.key || "", answer.status);
}
const get = async (path, options) => (await ask("GET", path, options)).json();
const post = async (path, body = {}, options = {}) => {
  const answer = await ask("POST", path, { body: JSON.stringify(body), ...options });
  return answer.status === 204 ? null : answer.json();
};
const upload = async (file) => (await ask("POST", "/api/uploads", { body: file, type: "application/octet-stream" })).json();
const binary = async (path, options) => (await ask("GET", path, options)).arrayBuffer();

/* Of several calls of one kind only the newest counts: older ones are given up. */
const running = {};
function newest(kind, call) {
  running[kind]?.abort();
  const control = new AbortController();
  running[kind] = control;
  return call(control.signal).then(
    (value) => (running[kind] === control ? value : new Promise(() => {})),
    (error) => {
      if (control.signal.aborted) return new Promise(() => {});
      throw error;
    },
  );
}

const fileUrl = (run, name) => `/api/runs/${encodeURIComponent(run.id)}/file/${name}?v=${run.version ?? 0}`;
const uploadUrl = (word) => `/api/uploads/${encodeURIComponent(word.replace(/^upload:/, ""))}`;

// ---- News: one socket, opened again whenever it breaks ----

let socket = null;
let pause = 0;
let timer = 0;
const tell = (message) => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};
function watched() {
  const wanted = state.compare ? [...state.compare] : [state.open];
  return wanted.filter((id) => id && state.runs[id] && !["finished", "damaged", "failed"].includes(state.runs[id].state)).slice(0, 4);
}
let lastWatch = "";
function watch() {
  const wanted = JSON.stringify({ watch: watched() });
  if (wanted === lastWatch || socket?.readyState !== WebSocket.OPEN) return;
  lastWatch = wanted;
  socket.send(wanted);
}

function takeRun(run, step) {
  const before = state.runs[run.id];
  note("runs", run.id, run);
  const detail = state.details[run.id];
  if (detail && step) {
    const { done, stage, score, score_strict: strict, seconds_left: secondsLeft } = step;
    const scores = detail.scores.filter((each) => each.step < done || each.stage !== stage);
    note("details", run.id, { ...detail, scores: [...scores, { step: done, stage, score, strict }], secondsLeft });
  }
  if (before && before.state !== run.state) studio.changed(run, before);
}

function take(news) {
  if (news.type === "hello") {
    set({ runs: Object.fromEntries(news.runs.map((run) => [run.id, run])), queue: news.queue });
    studio.greeted();
  } else if (news.type === "run") takeRun(news.run, news.step);
  else if (news.type === "gone") {
    const { [news.id]: gone, ...rest } = state.runs;
    if (gone) {
      set({ runs: rest, picks: state.picks.filter((id) => id !== news.id) });
      studio.gone(news.id);
    }
  } else if (news.type === "queue") set({ queue: news.queue });
  else if (news.type === "network") studio.loadNetwork(news.name, true);
  else if (news.type === "sheet") studio.loadSheet(news.name, news.layer);
}

function frameOf(buffer) {
  const bytes = new Uint8Array(buffer);
  const id = new TextDecoder().decode(bytes.subarray(1, 1 + bytes[0]));
  return [id, buffer.slice(1 + bytes[0])];
}
/* Packets are unpacked one at a time; of those that come meanwhile the newest is taken. */
const waiting = {};
const busy = {};
async function takeFrame(buffer) {
  const [id, packet] = frameOf(buffer);
  waiting[id] = packet;
  if (busy[id]) return;
  busy[id] = true;
  try {
    while (waiting[id]) {
      const next = waiting[id];
      waiting[id] = null;
      const frame = await studio.readPacket(next);
      if (!document.hidden) studio.showFrame(id, frame);
    }
  } catch (error) {
    console.warn(`a frame could not be read: ${error.message}`);
  } finally {
    busy[id] = false;
  }
}

function connect() {
  clearTimeout(timer);
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/news`;
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    pause = 0;
    lastWatch = "";
    set({ lost: false });
    tell({ hidden: document.hidden });
    watch();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") take(JSON.parse(data));
    else takeFrame(data);
  };
  socket.onclose = () => {
    set({ lost: state.lost || "gone" });
    // A studio that was begun anew knows this page no more.
    get("/api/start").then(() => set({ lost: "gone" }), (error) => set({ lost: error.status === 403 ? "anew" : "gone" }));
    pause = Math.min(10000, pause ? pause * 1.6 : 500);
    timer = setTimeout(connect, pause);
  };
}
studio.subscribe(watch);
document.addEventListener("visibilitychange", () => tell({ hidden: document.hidden }));
addEventListener("online", () => socket?.readyState === WebSocket.CLOSED && connect());

Object.assign(studio, { get, post, upload, binary, newest, fileUrl, uploadUrl, connect });
