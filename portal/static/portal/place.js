/* A form that goes with the phone's position: asked for when the person presses the button, and never before. */
"use strict";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.place) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // nothing is sent yet: the page's own "please wait" would stay for good
  const trouble = document.getElementById(form.dataset.place);
  const button = form.querySelector("button[type=submit]");
  const say = (words) => {
    trouble.textContent = words;
    trouble.hidden = !words;
    if (words) trouble.scrollIntoView({ block: "center" });
    button.disabled = false;
  };
  if (!navigator.geolocation) return say(form.dataset.unknown);
  say("");
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      for (const name of ["latitude", "longitude", "accuracy"]) form.elements[name].value = String(coords[name]);
      form.submit();
    },
    (refusal) => say(refusal.code === refusal.PERMISSION_DENIED ? form.dataset.refused : form.dataset.unknown),
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
  );
}, true);
