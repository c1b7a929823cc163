/* Controls with their labels, and the line of what is wrong with them. */
const { html, useState, useRef, useLayoutEffect } = window.htmPreact;
let count = 0;

const Wrong = ({ id, text }) => text && html`<p class="wrong" id=${id} role="alert">${text}</p>`;

/* What stands around a control: `of` makes it, with the attributes that tie it to its label and to what is wrong. */
function Field({ label, error, hint, hideLabel, of }) {
  const id = useRef(`f${(count += 1)}`).current;
  const about = error ? `${id}-wrong` : hint ? `${id}-hint` : undefined;
  return html`<div class=${`field ${error ? "is-wrong" : ""}`}>
    <label for=${id} class=${hideLabel ? "hidden" : ""}>${label}</label>
    ${of({ id, "aria-invalid": error ? "true" : undefined, "aria-describedby": about })}
    ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
    <${Wrong} id=${`${id}-wrong`} text=${error} />
  </div>`;
}

/* One line of text or a number. While it is typed in, what is typed stands there, not what it means. */
function Line({ value, change, unit, kind, placeholder, min = -Infinity, max = Infinity, step = 1, after, ...field }) {
  const [typed, setTyped] = useState(null);
  const isNumber = kind === "number";
  const shown = typed ?? String(value ?? "");
  const input = ({ target }) => {
    const text = target.value;
    setTyped(text);
    if (!text.trim()) change(undefined);
    else if (!isNumber) change(text);
    else if (Number.isFinite(+text)) change(+text);
  };
  const keys = (event) => {
    if (event.key === "Enter") setTyped(null);
    const by = { ArrowUp: step, ArrowDown: -step }[event.key];
    if (!isNumber || !by) return;
    event.preventDefault();
    const next = (+shown || +placeholder || 0) + by * (event.shiftKey ? 10 : 1);
    setTyped(null);
    change(+Math.min(max, Math.max(min, next)).toFixed(6));
  };
  return html`<${Field} ...${field} of=${(attributes) => html`<span class="line">
    <input ...${attributes} type="text" inputmode=${isNumber ? "decimal" : "text"} value=${shown} placeholder=${placeholder}
      autocomplete="off" spellcheck=${false} onInput=${input} onBlur=${() => setTyped(null)} onKeyDown=${keys} />
    ${unit && html`<span class="unit" aria-hidden="true">${unit}</span>`}${after}</span>`} />`;
}

/* One of several; options are words, or pairs of a value and its words. */
function Pick({ value = "", change, options, ...field }) {
  const pairs = options.map((option) => [].concat(option, option));
  return html`<${Field} ...${field} of=${(attributes) => html`<select ...${attributes} value=${value} onChange=${({ target }) => change(target.value || undefined)}>
    ${pairs.map(([name, words]) => html`<option value=${name} selected=${name === value}>${words}</option>`)}</select>`} />`;
}

/* A few words of which one is on. */
const Choice = ({ label, value, change, options, className = "" }) => html`<span class=${`joined ${className}`} role="group" aria-label=${label}>
  ${options.map(([name, words]) => html`<button type="button" aria-pressed=${String(name === value)} onClick=${() => change(name)}>${words}</button>`)}</span>`;
const Words = ({ hideLabel, error, ...choice }) => html`<div class="field">
  ${!hideLabel && html`<span class="label" aria-hidden="true">${choice.label}</span>`}
  <${Choice} ...${choice} className="even" /><${Wrong} text=${error} /></div>`;

const Check = ({ label, value, change, error }) => html`<div class="field check">
  <label><input type="checkbox" checked=${Boolean(value)} onChange=${({ target }) => change(target.checked)} /> ${label}</label>
  <${Wrong} text=${error} /></div>`;

/* Takes what it is about away. */
const Remove = ({ label, press, title = label }) => html`<button type="button" class="plain round small-round" aria-label=${label} title=${title} onClick=${press}>×</button>`;

/* A line as a pen draws it: its colour, and its width as it is on paper, or a little larger to be seen. */
function Swatch({ colour, width = 0.4 }) {
  const isKnown = colour !== "?" && CSS.supports("color", colour);
  return html`<svg class="swatch" viewBox="0 0 34 18" aria-hidden="true">${isKnown ? html`<path d="M6 9.5c4-5 7-5 11 0s7 4 11-1" fill="none" stroke=${colour} stroke-width=${Math.min(14, Math.max(1.6, width * 5))} stroke-linecap="round"/>`
    : html`<text x="17" y="13.5" text-anchor="middle" fill="#675f53">?</text>`}</svg>`;
}

/* A dialog that Esc closes, and a press beside it. The focus goes back to where it was. */
function Dialog({ title, close, children, wide }) {
  const box = useRef();
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  return html`<dialog ref=${box} class=${wide ? "wide" : ""} aria-label=${title} closedby="any" onClose=${close}>
    <div class="dialog-head"><h2>${title}</h2><button type="button" class="plain round" aria-label="Close" onClick=${close}>×</button></div>
    ${children}
  </dialog>`;
}

/* Asks for one file; `accept` as browsers take it. */
function FileButton({ label, accept, take, className }) {
  const input = useRef();
  const chosen = ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) take(file);
  };
  return html`<span><button type="button" class=${className} onClick=${() => input.current.click()}>${label}</button>
    <input ref=${input} type="file" class="hidden" tabindex="-1" aria-hidden="true" accept=${accept} onChange=${chosen} /></span>`;
}

Object.assign(window.studio, { Line, Pick, Words, Choice, Check, Remove, Swatch, Dialog, FileButton, Wrong });
