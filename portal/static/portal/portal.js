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
      button.textContent = button.dataset.busy || "请稍候…";
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

/* Strips that scroll (days, and the bars on a phone) start at what is chosen. */
document.addEventListener("DOMContentLoaded", () => {
  for (const here of document.querySelectorAll(".days a[aria-current], .desk .side a[aria-current], .subnav a[aria-current]")) {
    const strip = here.closest(".days, .subnav, .side");
    if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = here.offsetLeft - 16;
  }
});

/* Sex and birthday are asked only where the document does not say them, a code only of an adult relative. */
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
  document.querySelector("[data-with=phone_code]").hidden = alone;
}
document.addEventListener("DOMContentLoaded", askOnlyWhatIsUnknown);
document.addEventListener("change", (event) => {
  if (["document_type", "kind"].includes(event.target.name)) askOnlyWhatIsUnknown();
});
