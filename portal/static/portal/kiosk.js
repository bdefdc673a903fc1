/* A machine to check in at. A code goes to the field wherever the finger was; asking replaces the page, so that history
   holds the start alone; without a touch the machine goes back to it and what was shown is forgotten. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const PATIENCE = 10000; // ms for an answer
  const LAST = 10; // seconds of the wait that are counted on screen
  const LOOK = 800; // ms between two looks whether a card's issuer has answered
  const RENEW = 300000; // ms after which an untouched start page is fetched anew: a withdrawn link ends there
  const { home, idle, shown } = document.body.dataset;
  const atStart = "start" in document.body.dataset;
  const field = document.querySelector("[data-scan]");
  const trouble = document.getElementById("trouble");
  const back = document.getElementById("back");
  let touched = Date.now();
  const waiting = document.querySelector("[data-wait]");
  let asking = false;
  let leaving = false;

  const send = (form) => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  const failed = () => {
    asking = leaving = false;
    if (field) field.value = "";
    trouble.hidden = false;
    touched = Date.now();
  };
  const leave = async () => {
    if (leaving || (asking && !waiting)) return;
    asking = leaving = true;
    const form = document.querySelector("[data-done]");
    document.querySelector("main").hidden = true; // gone from the screen whatever the server says
    if (shown && form) await send(form).catch(() => null); // its handle ends by itself, too
    const there = await fetch(home, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
    if (there && (there.ok || there.status === 404)) return window.location.replace(home);
    failed();
  };
  const ask = async (form) => {
    if (asking) return;
    asking = true;
    form.querySelector(".busy").hidden = false;
    const answer = await send(form).catch(() => null);
    if (field) field.value = "";
    form.querySelector(".busy").hidden = true;
    if (!answer || (!answer.ok && answer.status !== 404)) return failed();
    window.location.replace(answer.status === 404 ? home : answer.url);
  };

  const look = async () => {
    if (asking) return;
    asking = true;
    const answer = await send(waiting).catch(() => null);
    if (leaving) return;
    asking = false;
    if (!answer || (!answer.ok && answer.status !== 404)) return failed();
    if (answer.status === 404) return window.location.replace(home);
    if (answer.url !== window.location.href) return window.location.replace(answer.url);
    window.setTimeout(look, LOOK);
  };
  if (waiting) window.setTimeout(look, LOOK);

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.target.matches("[data-ask]")) ask(event.target);
    else if (event.target.matches("[data-done]")) leave();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a[data-go]");
    if (!button) return;
    const told = button.dataset;
    if (button.matches("a")) {
      event.preventDefault();
      window.location.replace(button.href);
    } else if ("print" in told) window.print();
    else if ("type" in told) field.value = (field.value + told.type).slice(0, field.maxLength);
    else if ("erase" in told) field.value = field.value.slice(0, -1);
    else if ("clear" in told) field.value = "";
    else if ("more" in told) {
      const letters = document.querySelector("[data-letters]");
      letters.hidden = !letters.hidden;
      button.setAttribute("aria-expanded", String(!letters.hidden));
    }
  });
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }
  document.addEventListener("keydown", (event) => {
    if (!field || event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.activeElement !== field && event.key !== " ") field.focus(); // the scanner types wherever the focus was
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.replace(home);
  });

  window.setInterval(() => {
    const waited = Date.now() - touched;
    const left = Math.ceil(Number(idle) - waited / 1000);
    if (atStart && trouble.hidden) {
      if (field && field.value && left <= 0) field.value = "";
      if (waited > RENEW) {
        touched = Date.now();
        leave();
      }
      return;
    }
    back.hidden = left > LAST || left < 0;
    back.querySelector("[data-left]").textContent = Math.max(0, left);
    if (left <= 0) {
      touched = Date.now();
      leave();
    }
  }, 250);
});
