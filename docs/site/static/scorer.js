// SPDX-License-Identifier: MIT
// How search ranks, in place of Sphinx's Scorer; and what it takes for the name of a generated function: ages_set, x_set and
// stet_map_set are name_set here.
const FAMILIES = ["map", "list", "set", "sorted_map", "sorted_set", "atom", "atom_map", "live_map", "sorted_fold", "record", "str", "type"];
const asked = { name: "", family: "" };

var Scorer = {
  objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
  score: ([page, title, anchor, , score]) => {
    const [name, family] = title.toLowerCase().split(".").reverse();
    if (page.startsWith("source/")) return score - 20;
    if (!anchor.startsWith("#c.")) return score;
    const place = FAMILIES.indexOf(family);
    return score + (name === asked.name ? 200 : 0) + (family === asked.family ? 50 : 0) - (place < 0 ? FAMILIES.length : place);
  },
};

// The name of the manual that a word stands for, or the word.
function manualName(word, known) {
  const prefixes = FAMILIES.filter((family) => word.startsWith(`stet_${family}_`)).sort((a, b) => b.length - a.length);
  for (const family of prefixes) {
    const name = word.replace(`stet_${family}_`, "name_");
    if (known.has(name)) return [name, family];
  }
  if (known.has(word)) return [word, ""];
  const parts = word.split("_");
  for (let at = 0; parts.length > 1 && at < parts.length; at++)
    for (const kind of ["name", "collection"]) {
      const name = [kind, ...parts.slice(at).filter((part) => part)].join("_");
      if (known.has(name)) return [name, ""];
    }
  return [word, ""];
}

function understandNames() {
  const query = Search.query;
  Search.query = (text) => {
    const parameter = Object.keys(Search._index.objtypes).find((type) => Search._index.objtypes[type] === "c:functionParam");
    for (const [prefix, found] of Object.entries(Search._index.objects)) // parameters would come a dozen to a function
      Search._index.objects[prefix] = found.filter((object) => object[1] !== Number(parameter));
    const known = new Set(Object.values(Search._index.objects).flatMap((found) => found.map((object) => object[4].toLowerCase())));
    const words = text.trim().toLowerCase().replace(/[()]/g, "").split(/\s+/).map((word) => {
      const [name, family] = manualName(word, known);
      if (name !== word || known.has(name)) Object.assign(asked, { name, family });
      else if (known.has(`name_${word}`)) asked.name = `name_${word}`;
      return name;
    });
    query(words.join(" "));
  };
}

if (typeof Search === "undefined") document.addEventListener("DOMContentLoaded", understandNames);
else understandNames();
