/* 候号室: ask for the place as often as the hub says, show it, and say when it is our turn. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const node = document.querySelector("[data-line]");
  if (!node) return;
  const show = (name, value) => {
    const one = node.querySelector(`[data-${name}]`);
    if (one && one.textContent !== String(value)) one.textContent = value;
  };
  const look = async () => {
    let wait = 3000;
    const answer = await fetch(node.dataset.line, { cache: "no-store" }).catch(() => null);
    if (answer && answer.ok) {
      const place = await answer.json();
      wait = place.again_ms;
      if (place.state !== node.dataset.state) {
        if (place.state === "in" && window.navigator.vibrate && window.navigator.userActivation?.hasBeenActive) window.navigator.vibrate(300);
        return window.location.reload();
      }
      show("total", place.total);
      show("ahead", place.ahead);
      show("low", Math.max(1, Math.floor(place.low / 60)));
      show("high", Math.floor(place.high / 60) + 2);
    }
    window.setTimeout(look, wait);
  };
  if (node.dataset.state === "before" || node.dataset.state === "line") window.setTimeout(look, 500);
});
