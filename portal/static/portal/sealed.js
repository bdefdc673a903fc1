/* Sealed values: opens one masked field on a deliberate act, seals what is typed. Counterpart of hub/security/sealed.py. */
"use strict";
(() => {
  const PREFIX = "sealed1.";
  const SALT = 16;
  const NONCE = 12;
  const HIDE_AFTER_MS = 30000;
  const subtle = window.crypto && window.crypto.subtle;
  if (!subtle) return; // no secure context: the masked value stays

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (raw) =>
    btoa(String.fromCharCode(...raw)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function keyFor(label, salt, purpose) {
    const token = document.querySelector('meta[name="csrf-token"], input[name="csrfmiddlewaretoken"]');
    const answer = await fetch("/session/sealed-key", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token ? token.content || token.value : "" },
      body: JSON.stringify({ label, salt: text(salt), purpose }),
    });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail || "暂时无法查看");
    return subtle.importKey("raw", bytes((await answer.json()).key), "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  async function unseal(sealedText, label, purpose) {
    const raw = bytes(sealedText.slice(PREFIX.length));
    const key = await keyFor(label, raw.slice(0, SALT), purpose);
    const plain = await subtle.decrypt(
      { name: "AES-GCM", iv: raw.slice(SALT, SALT + NONCE), additionalData: new TextEncoder().encode(label) },
      key,
      raw.slice(SALT + NONCE),
    );
    return new TextDecoder().decode(plain);
  }

  async function seal(value, label) {
    const salt = crypto.getRandomValues(new Uint8Array(SALT));
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    const key = await keyFor(label, salt, "seal");
    const body = await subtle.encrypt(
      { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(label) },
      key,
      new TextEncoder().encode(value),
    );
    return PREFIX + text(new Uint8Array([...salt, ...nonce, ...new Uint8Array(body)]));
  }

  function prepare(root) {
    root.querySelectorAll(".sealed-open[hidden]").forEach((button) => { button.hidden = false; });
    root.querySelectorAll("input[data-sealed-value]").forEach(async (field) => {
      const { sealedValue, sealLabel } = field.dataset;
      delete field.dataset.sealedValue;
      field.value = await unseal(sealedValue, sealLabel, "seal").catch(() => ""); // one's own typing: no reveal
    });
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".sealed-open");
    if (!button) return;
    const holder = button.closest(".sealed");
    const shown = holder.querySelector(".sealed-text");
    const masked = shown.textContent;
    button.disabled = true;
    try {
      shown.textContent = await unseal(holder.dataset.sealed, holder.dataset.label, "open");
      button.hidden = true;
      setTimeout(() => { shown.textContent = masked; button.hidden = false; button.disabled = false; }, HIDE_AFTER_MS);
    } catch (problem) {
      button.disabled = false;
      button.title = problem.message;
    }
  });

  document.addEventListener("submit", async (event) => {
    const fields = [...event.target.querySelectorAll("input[data-seal-label]")].filter(
      (field) => field.value && !field.value.startsWith(PREFIX),
    );
    if (!fields.length) return;
    event.preventDefault();
    event.stopPropagation();
    const typed = fields.map((field) => field.value);
    try {
      const sealedValues = await Promise.all(fields.map((field) => seal(field.value, field.dataset.sealLabel)));
      fields.forEach((field, position) => { field.type = "hidden"; field.value = sealedValues[position]; });
      event.target.requestSubmit(event.submitter || undefined);
    } catch (problem) {
      fields.forEach((field, position) => { field.value = typed[position]; });
      event.target.submit();
    }
  }, true);

  document.addEventListener("DOMContentLoaded", () => prepare(document));
  document.addEventListener("htmx:afterSwap", (event) => prepare(event.target));
})();
