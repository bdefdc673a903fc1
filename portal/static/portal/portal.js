/* Small helpers of all pages; everything works without them, only less comfortably. */
"use strict";

/* A form is sent once: the button shows that something happens, and a double tap can't send it again. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post") && !form.hasAttribute("data-download")) {
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button[type=submit]")) {
      button.dataset.label = button.textContent;
      button.setAttribute("aria-busy", "true");
      button.textContent = button.dataset.busy || document.body.dataset.wait;
    }
  }
});

/* Coming back with the browser's own button shows the page as it was: make its forms usable again. */
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[aria-busy]")) {
      button.removeAttribute("aria-busy");
      button.textContent = button.dataset.label;
    }
  }
});

/* The time left to pay. */
function countDown() {
  for (const node of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.floor((Date.parse(node.dataset.until) - Date.now()) / 1000));
    const minutes = String(Math.floor(left / 60)).padStart(2, "0");
    const seconds = String(left % 60).padStart(2, "0");
    node.textContent = `${minutes}:${seconds}`;
  }
}
window.setInterval(countDown, 1000);
document.addEventListener("DOMContentLoaded", countDown);
document.addEventListener("htmx:afterSettle", countDown);

/* Another code can be asked for in so many seconds: until then the button counts them and can't be pressed. */
function awaitCode() {
  for (const button of document.querySelectorAll("button[data-after]")) {
    const left = button.querySelector("[data-until]");
    if (!left) continue; // pressed: it shows that something happens
    left.dataset.until ||= new Date(Date.now() + 1000 * Number(button.dataset.after)).toISOString();
    button.disabled = Date.parse(left.dataset.until) > Date.now();
    left.hidden = !button.disabled;
  }
  countDown();
}
window.setInterval(awaitCode, 1000);
document.addEventListener("DOMContentLoaded", awaitCode);

/* Inside the WeChat app the cashier is called up by its bridge; whatever it reports, the order's own page tells the truth. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-wechat-pay]");
  if (!button || !window.WeixinJSBridge) return;
  window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(button.dataset.wechatPay), () => {
    window.location.assign(button.dataset.back);
  });
});

/* Printing. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

/* Dense lists keep the keyboard: "/" focuses the search field. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(input|textarea|select)$/i.test(document.activeElement.tagName)) return;
  const search = document.querySelector("[data-search]");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

/* Desk pages by keyboard: "?" lists the keys, j and k walk through a list, Enter opens, a page's own keys are on its links. */
function keysOf() {
  const words = document.body.dataset;
  const rows = [["/", words.find], ["?", words.keys]];
  if (document.querySelector("table.data tbody a")) rows.push(["j / k", words.rows], ["Enter", words.open]);
  for (const link of document.querySelectorAll("[data-key]")) {
    rows.push([{ ArrowLeft: "←", ArrowRight: "→" }[link.dataset.key] || link.dataset.key, link.textContent.trim()]);
  }
  document.querySelectorAll(".side nav a").forEach((link, index) => {
    if (index < 9) rows.push([String(index + 1), link.textContent.trim()]);
  });
  return rows;
}
function showKeys() {
  let box = document.querySelector("dialog.keys");
  if (!box) {
    box = document.createElement("dialog");
    box.className = "keys";
    const title = document.createElement("h2");
    title.textContent = document.body.dataset.keys;
    const list = document.createElement("dl");
    for (const [key, words] of keysOf()) {
      const name = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      name.append(kbd);
      const what = document.createElement("dd");
      what.textContent = words;
      list.append(name, what);
    }
    const close = document.createElement("button");
    close.className = "btn small";
    close.textContent = document.body.dataset.close;
    close.addEventListener("click", () => box.close());
    box.append(title, list, close);
    document.body.append(box);
  }
  if (!box.open) box.showModal();
}
let chosenRow = "";
function rowsOfList() {
  return [...document.querySelectorAll("table.data tbody tr")].filter((row) => row.querySelector("a"));
}
function markRow() {
  for (const row of rowsOfList()) row.classList.toggle("chosen", row.querySelector("a").getAttribute("href") === chosenRow);
}
function walk(step) {
  const rows = rowsOfList();
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.classList.contains("chosen"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now < 0 ? 0 : now + step))];
  chosenRow = next.querySelector("a").getAttribute("href");
  markRow();
  next.scrollIntoView({ block: "nearest" });
}
document.addEventListener("htmx:afterSettle", markRow);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !document.querySelector(".desk")) return;
  if (/^(input|textarea|select)$/i.test(document.activeElement.tagName)) {
    if (event.key === "Escape") document.activeElement.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const own = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const entry = /^[1-9]$/.test(event.key) ? document.querySelectorAll(".side nav a")[Number(event.key) - 1] : null;
  if (event.key === "?") showKeys();
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else if (event.key === "Enter" && chosenRow && document.activeElement === document.body) window.location.assign(chosenRow);
  else if (own) own.click();
  else if (entry) entry.click();
  else return;
  event.preventDefault();
});

/* Strips that scroll (days, and the bars on a phone) start at what is chosen. */
document.addEventListener("DOMContentLoaded", () => {
  for (const here of document.querySelectorAll(".days a[aria-current], .desk .side a[aria-current], .subnav a[aria-current]")) {
    const strip = here.closest(".days, .subnav, .side");
    if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = here.offsetLeft - 16;
  }
});

/* Sex and birthday are asked only where the document does not say them, a code and an end only of an adult relative. */
function askOnlyWhatIsUnknown() {
  const kind = document.querySelector("select[name=document_type]");
  if (!kind) return;
  const said = ["01", "02", "10", "16"].includes(kind.value);
  for (const name of ["sex", "birth_date"]) {
    const field = document.querySelector(`[name=${name}]`);
    if (field) field.closest(".field").hidden = said;
  }
  const relation = document.querySelector("select[name=kind]");
  const code = document.querySelector("[name=phone_code]");
  if (!relation || !code) return;
  const alone = ["self", "child"].includes(relation.value);
  code.closest(".field").hidden = alone;
  const until = document.querySelector("[name=until]");
  if (until) until.closest(".field").hidden = alone;
  document.querySelector("[data-with=phone_code]").hidden = alone;
  const guardian = document.querySelector("[data-with=guardian]");
  if (guardian) guardian.hidden = relation.value !== "child";
}
document.addEventListener("DOMContentLoaded", askOnlyWhatIsUnknown);
document.addEventListener("change", (event) => {
  if (["document_type", "kind"].includes(event.target.name)) askOnlyWhatIsUnknown();
});
