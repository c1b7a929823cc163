/* Files that are dropped anywhere, or chosen: pictures, SVGs, and what inkdream itself wrote. */
const { html, useState, useEffect } = window.htmPreact;
const studio = window.studio;
const { set, FileButton } = studio;
const ALL = "image/*,.svg,.toml,.png,.json,.html,.hpgl,.gcode";

async function take(file) {
  try {
    const upload = await studio.upload(file);
    if (upload.table) {
      studio.commit(upload.table);
      set({ parent: null, settings: true });
      studio.notice(`The settings in ${file.name} are back.`, studio.undo);
      if (upload.kind === "picture") set({ dialog: null });
    } else if (upload.kind === "picture") set({ dialog: { kind: "choose", tab: "picture", given: upload } });
    else if (upload.kind === "svg") {
      studio.change("origin", `upload:${upload.id}`);
      set({ settings: true });
      studio.notice(`The drawing will begin from ${file.name}.`, studio.undo);
    }
  } catch (error) {
    studio.notice(`${file.name}: ${error.message}`);
  }
}

/* The whole page takes files; while one is held over it, it says so. */
function DropZone() {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const control = new AbortController();
    /* Of what is held over the page only files are its concern. */
    const on = (name, by) => document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      depth = name === "drop" ? 0 : Math.max(0, depth + by);
      setOver(depth > 0);
      if (name === "drop" && event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
    }, control);
    on("dragenter", 1);
    on("dragover", 0);
    on("dragleave", -1);
    on("drop", 0);
    return () => control.abort();
  }, []);
  return isOver ? html`<div class="dropping" aria-hidden="true">Let it fall: a picture, an SVG, or a file of inkdream's</div>` : null;
}
function DropButton() {
  return html`<div class="drop-place"><${FileButton} label="Open a file" accept=${ALL} take=${take} className="drop-button" /><span class="small muted">or drop one here</span></div>`;
}

Object.assign(studio, { DropZone, DropButton });
