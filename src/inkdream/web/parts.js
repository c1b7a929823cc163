"use strict";
/* What inkdream's pages share: a theme, things kept between visits, copying, and a sheet of keys.
   Texts come from files that anybody may have written: they only ever become text, never HTML. */
window.inkdream = (() => {
  const { html, useState, useEffect, useLayoutEffect, useRef } = window.htmPreact;

  /* What a page remembers of itself; a browser that keeps nothing is no reason to fail. */
  const kept = {
    get(name, otherwise) {
      try {
        return JSON.parse(localStorage.getItem(`inkdream ${name}`)) ?? otherwise;
      } catch {
        return otherwise;
      }
    },
    set(name, value) {
      try {
        localStorage.setItem(`inkdream ${name}`, JSON.stringify(value));
      } catch { /* full, or forbidden */ }
    },
  };

  function copy(text) {
    const byHand = () => {
      const area = document.createElement("textarea");
      const before = document.activeElement;
      area.value = text;
      area.setAttribute("readonly", "");
      area.className = "hidden";
      // In a dialog or a panel the rest of the page may take no focus.
      (before?.parentElement ?? document.body).append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      before?.focus?.();
      return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
    };
    return navigator.clipboard ? navigator.clipboard.writeText(text).catch(byHand) : byHand();
  }

  function Copy({ text, label = "Copy", name, className = "" }) {
    const [done, setDone] = useState("");
    const timer = useRef();
    useEffect(() => () => clearTimeout(timer.current), []);
    const press = () => {
      copy(text).then(() => setDone("Copied"), () => setDone("Not copied"));
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setDone(""), 1600);
    };
    return html`<button type="button" class=${className} onClick=${press} aria-label=${done || name || label}>
      <span aria-live="polite">${done || label}</span></button>`;
  }

  const THEMES = ["auto", "light", "dark"];
  function applyTheme(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
  function useTheme() {
    const [theme, setTheme] = useState(() => kept.get("theme", "auto"));
    const turn = () => setTheme((old) => THEMES[(THEMES.indexOf(old) + 1) % THEMES.length]);
    useEffect(() => { applyTheme(theme); kept.set("theme", theme); }, [theme]);
    return [theme, turn];
  }
  function ThemeButton({ theme, turn }) {
    return html`<button type="button" class="plain round" onClick=${turn} title=${`Colours: ${theme}`}
        aria-label=${`Colours: ${theme}. Change`}>
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        <circle cx="9" cy="9" r="6.25" fill=${theme === "dark" ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.5"/>
        ${theme === "auto" && html`<path d="M9 2.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor"/>`}
      </svg></button>`;
  }

  /* All keys, in a dialog that Esc closes. */
  function Keys({ keys, close }) {
    const box = useRef();
    useLayoutEffect(() => box.current.showModal(), []);
    return html`<dialog ref=${box} aria-labelledby="keys-title" onClose=${close}
        onClick=${(event) => event.target === box.current && box.current.close()}>
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">${keys.map(([names, what]) => html`<dt>${names.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what}</dd>`)}</dl>
      <button type="button" onClick=${() => box.current.close()}>Close</button>
    </dialog>`;
  }

  /* Numbers as people read them: at most three digits that mean something. */
  function short(value) {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return (size >= 1e6 || (size > 0 && size < 1e-3) ? value.toPrecision(2) : value.toFixed(digits)).replace("-", "−");
  }
  const counted = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
  /* A word as a shell takes it, whatever is in it. */
  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);

  /* How a tile is cut out of its sheet; the class "tile" does the rest. */
  function cut(tile, atlas) {
    const { columns } = atlas.tile;
    return {
      backgroundImage: `url("${atlas.sheets[tile.sheet]}")`,
      "--x": tile.place % columns,
      "--y": Math.floor(tile.place / columns),
    };
  }

  applyTheme(kept.get("theme", "auto"));
  return { kept, Copy, useTheme, ThemeButton, Keys, short, counted, quoted, cut };
})();
