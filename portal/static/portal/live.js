/* Parts of a page that are told by the event stream when to look again; without the stream they look every 20 s, or
   after the seconds that [data-again] within them says (a wall that turns its pages). */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const SOONEST = 700; // ms between two looks
  const SLOW = 20000;
  const said = new Set();
  const isChanged = (field) =>
    field.matches("select")
      ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected))
      : field.value !== field.defaultValue;
  const writes = (node) =>
    (document.activeElement && node.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) ||
    [...node.querySelectorAll("details[open] :is(input, select, textarea):not([type=hidden])")].some(isChanged);
  const swap = (node, text) => {
    const held = node.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...node.querySelectorAll("details[open][id]")].map((one) => one.id);
    node.innerHTML = text;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    node.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
    if (held) document.getElementById(held)?.focus();
  };
  const cry = (node, aloud) => {
    for (const one of node.querySelectorAll("[data-cry]")) {
      if (said.has(one.dataset.cry)) continue;
      said.add(one.dataset.cry);
      if (!aloud || !window.speechSynthesis) continue;
      const words = new SpeechSynthesisUtterance(one.textContent);
      words.lang = "zh-CN";
      window.speechSynthesis.speak(words);
    }
  };
  for (const node of document.querySelectorAll("[data-events][data-from]")) {
    let timer = 0;
    let last = 0;
    const load = async () => {
      timer = 0;
      last = Date.now();
      if (writes(node)) return look();
      const answer = await fetch(node.dataset.from, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer || !answer.ok || answer.redirected) return;
      swap(node, await answer.text());
      cry(node, "sound" in node.dataset);
    };
    const look = () => {
      if (!timer) timer = window.setTimeout(load, Math.max(SOONEST / 4, last + SOONEST - Date.now()));
    };
    cry(node, false);
    const source = new EventSource(node.dataset.events);
    source.addEventListener("changed", look);
    source.addEventListener("hello", look);
    const again = () => {
      look();
      wait();
    };
    const wait = () => window.setTimeout(again, Number(node.querySelector("[data-again]")?.dataset.again || 0) * 1000 || SLOW);
    wait();
  }
});
