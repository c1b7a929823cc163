"use strict";
/* Controls with their labels, and the line of what is wrong with them. */
(() => {
  const { html, useState, useRef, useEffect, useLayoutEffect } = window.htmPreact;
  let count = 0;
  const useId = () => useRef(`f${(count += 1)}`).current;

  function Wrong({ id, text }) {
    return text ? html`<p class="wrong" id=${id} role="alert">${text}</p>` : null;
  }

  /* One line of text or a number. While it is typed in, what is typed stands there, not what it means. */
  function Line({ label, value, change, error = null, unit = "", kind = "text", hint = "", placeholder = "", min, max, step, list, hideLabel = false, after = null, onEnter }) {
    const id = useId();
    const [typed, setTyped] = useState(null);
    const shown = typed ?? (value === undefined || value === null ? "" : String(value));
    const input = (event) => {
      const text = event.target.value;
      setTyped(text);
      if (kind !== "number") change(text.trim() === "" ? undefined : text);
      else if (text.trim() === "") change(undefined);
      else if (Number.isFinite(Number(text))) change(Number(text));
    };
    return html`<div class=${`field ${error ? "is-wrong" : ""}`}>
      <label for=${id} class=${hideLabel ? "hidden" : ""}>${label}</label>
      <span class="line"><input id=${id} type="text" inputmode=${kind === "number" ? "decimal" : "text"} value=${shown} placeholder=${placeholder}
          autocomplete="off" spellcheck=${false} list=${list} aria-invalid=${error ? "true" : undefined} aria-describedby=${error ? `${id}-wrong` : hint ? `${id}-hint` : undefined}
          onInput=${input} onBlur=${() => setTyped(null)} onKeyDown=${(event) => {
            if (event.key === "Enter" && onEnter && !event.ctrlKey && !event.metaKey) onEnter(event);
            if (kind !== "number" || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
            event.preventDefault();
            const by = (step ?? 1) * (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1);
            const next = Math.min(max ?? Infinity, Math.max(min ?? -Infinity, (Number(shown) || Number(placeholder) || 0) + by));
            setTyped(null);
            change(Number(next.toFixed(6)));
          }} />${unit && html`<span class="unit" aria-hidden="true">${unit}</span>`}${after}</span>
      ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
      <${Wrong} id=${`${id}-wrong`} text=${error} />
    </div>`;
  }

  function Pick({ label, value, change, options, error = null, hideLabel = false }) {
    const id = useId();
    return html`<div class=${`field ${error ? "is-wrong" : ""}`}>
      <label for=${id} class=${hideLabel ? "hidden" : ""}>${label}</label>
      <select id=${id} value=${value ?? ""} aria-invalid=${error ? "true" : undefined} aria-describedby=${error ? `${id}-wrong` : undefined}
          onChange=${(event) => change(event.target.value === "" ? undefined : event.target.value)}>
        ${options.map(([name, words]) => html`<option value=${name} selected=${name === (value ?? "")}>${words}</option>`)}
      </select>
      <${Wrong} id=${`${id}-wrong`} text=${error} />
    </div>`;
  }

  /* A few words of which one is on. */
  function Words({ label, value, change, options, hideLabel = false, error = null }) {
    const id = useId();
    return html`<div class="field">
      <span class=${`label ${hideLabel ? "hidden" : ""}`} id=${id}>${label}</span>
      <span class="joined even" role="group" aria-labelledby=${id}>${options.map(([name, words]) => html`
        <button type="button" aria-pressed=${String(name === value)} onClick=${() => change(name)}>${words}</button>`)}</span>
      <${Wrong} id=${`${id}-wrong`} text=${error} />
    </div>`;
  }

  function Check({ label, value, change, error = null }) {
    const id = useId();
    return html`<div class="field check"><label for=${id}><input id=${id} type="checkbox" checked=${Boolean(value)} onChange=${(event) => change(event.target.checked)} /> ${label}</label>
      <${Wrong} id=${`${id}-wrong`} text=${error} /></div>`;
  }

  /* A line as a pen draws it: its colour, and its width as it is on paper, or a little larger to be seen. */
  function Swatch({ colour, width = 0.4 }) {
    if (colour === "?" || !CSS.supports("color", colour)) return html`<svg class="swatch" width="34" height="18" aria-hidden="true"><rect width="34" height="18" class="swatch-paper"/><text x="17" y="13.5" text-anchor="middle" class="swatch-unknown">?</text></svg>`;
    const thick = Math.min(14, Math.max(1.6, width * 5));
    return html`<svg class="swatch" width="34" height="18" aria-hidden="true"><rect width="34" height="18" class="swatch-paper"/>
      <path d="M6 9.5c4-5 7-5 11 0s7 4 11-1" fill="none" stroke=${colour} stroke-width=${thick} stroke-linecap="round"/></svg>`;
  }

  /* A dialog that Esc closes, and a press beside it. The focus goes back to where it was. */
  function Dialog({ title, close, children, wide = false }) {
    const box = useRef();
    useLayoutEffect(() => {
      const before = document.activeElement;
      box.current.showModal();
      return () => before?.isConnected && before.focus();
    }, []);
    return html`<dialog ref=${box} class=${wide ? "wide" : ""} aria-label=${title} onClose=${close}
        onMouseDown=${(event) => event.target === box.current && box.current.close()}>
      <div class="dialog-head"><h2>${title}</h2><button type="button" class="plain round" aria-label="Close" onClick=${() => box.current.close()}>×</button></div>
      ${children}
    </dialog>`;
  }

  /* Asks for one file; `accept` as browsers take it. */
  function FileButton({ label, accept, take, className = "" }) {
    const input = useRef();
    return html`<span><button type="button" class=${className} onClick=${() => input.current.click()}>${label}</button>
      <input ref=${input} type="file" class="hidden" tabindex="-1" aria-hidden="true" accept=${accept} onChange=${(event) => {
        const [file] = event.target.files;
        event.target.value = "";
        if (file) take(file);
      }} /></span>`;
  }

  const useLater = (value, wait) => {
    const [late, setLate] = useState(value);
    useEffect(() => {
      const timer = setTimeout(() => setLate(value), wait);
      return () => clearTimeout(timer);
    }, [value, wait]);
    return late;
  };

  Object.assign(window.studio, { Line, Pick, Words, Check, Swatch, Dialog, FileButton, Wrong, useId, useLater });
})();
