"use strict";
/* What is known of an atlas's tiles, from atlas.js: their names, orders, what a search means, commands to copy. */
(() => {
  const { short, quoted } = window.inkdream;

  const ATLAS = window.ATLAS;
  if (!ATLAS || !Array.isArray(ATLAS.tiles)) {
    const missing = "atlas.js is missing beside this page, or damaged: inkdream atlas page FOLDER writes it anew.";
    document.getElementById("page").textContent = missing;
    return;
  }

  const { tiles, layers, failed } = ATLAS;
  const RATIO = ATLAS.tile.height / ATLAS.tile.width;
  const [SMALLEST, LARGEST] = [32, 384];
  const isNarrow = () => matchMedia("(max-width: 859px)").matches;
  const severalLayers = new Set(tiles.map((tile) => tile.layer)).size > 1;
  const severalSeeds = new Set(tiles.map((tile) => tile.seed)).size > 1;
  const byChannel = new Map();
  tiles.forEach((tile, number) => {
    const name = `${tile.layer}/${tile.channel}`;
    if (tile.layer && !byChannel.has(name)) byChannel.set(name, number);
  });
  const spaced = (label) => label.replaceAll("_", " ");
  function nameOf(tile) {
    if (tile.channel === null) return tile.title;
    const word = tile.label ? spaced(tile.label) : String(tile.channel);
    const layer = severalLayers ? `${tile.layer.slice(tile.layer.indexOf("/") + 1)}/` : "";
    return `${layer}${word}${severalSeeds ? ` · ${tile.seed}` : ""}`;
  }
  const names = tiles.map(nameOf);
  const ranks = new Array(tiles.length);
  tiles.map((_, number) => number).sort((a, b) => tiles[b].score - tiles[a].score || a - b)
    .forEach((number, rank) => { ranks[number] = rank + 1; });

  const ORDERS = {
    number: { label: "Number", of: (_, number) => number },
    score: { label: "Score", of: (tile) => -tile.score, note: (tile) => short(tile.score) },
    gap: { label: "Gap", of: (tile) => tile.gap, note: (tile) => percent(tile.gap) },
    inks: { label: "Inks", of: (tile) => tile.tone },
    likeness: { label: "Likeness", of: (tile) => tile.likeness },
  };
  const percent = (share) => `${short(share * 100)} %`;

  function ordered(numbers, order, reversed) {
    const values = tiles.map(ORDERS[order].of);
    const sorted = [...numbers].sort((a, b) => values[a] - values[b] || a - b);
    return reversed ? sorted.reverse() : sorted;
  }

  /* Which tiles a search means: numbers and ranges of them, or parts of classes and titles. */
  function matching(query) {
    const words = query.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean);
    const all = tiles.map((_, number) => number);
    if (!words.length) return all;
    const tests = words.map((word) => {
      const range = /^(\d+)\s*[-–]\s*(\d+)$/.exec(word);
      if (range) return (tile) => tile.channel !== null && tile.channel >= +range[1] && tile.channel <= +range[2];
      if (/^\d+$/.test(word)) {
        const isNumber = tiles.some((tile) => tile.channel !== null);
        if (isNumber) return (tile) => tile.channel === +word;
      }
      return (tile, number) => [names[number], tile.label ?? "", tile.title].some((text) => text.toLowerCase().includes(word));
    });
    return all.filter((number) => tests.some((test) => test(tiles[number], number)));
  }

  // ---- Commands to copy -----------------------------------------------------------------------------

  const folderOf = (tile) => `runs/${tile.key}`;
  function largeCommand(tile, side) {
    const recipe = `inkdream draw ${folderOf(tile)}/recipe.toml`;
    if (tile.medium !== "pixels") return recipe;
    const factor = side / Math.max(tile.width, tile.height);
    const size = [tile.width, tile.height].map((length) => Math.max(8, Math.round(length * factor)));
    // A larger drawing needs more steps than a tile gets to come out as clear.
    return `${recipe} --width ${size[0]} --height ${size[1]} --steps ${Math.max(300, tile.steps)}`;
  }
  /* The recipes' paths begin at the atlas's folder, which the page knows where it was opened from disk. */
  function goThere() {
    if (location.protocol !== "file:") return "";
    const path = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, "");
    return `cd ${quoted(/^\/[A-Za-z]:/.test(path) ? path.slice(1) : path)}`;
  }
  const commandsFor = (numbers, side) =>
    [goThere(), ...numbers.map((number) => largeCommand(tiles[number], side))].filter(Boolean).join("\n") + "\n";

  window.atlas = {
    ATLAS, tiles, layers, failed, RATIO, SMALLEST, LARGEST, isNarrow, byChannel,
    spaced, names, ranks, ORDERS, percent, ordered, matching, folderOf, largeCommand, commandsFor,
  };
})();
