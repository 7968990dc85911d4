/* The slider of the map: says the year under way, and a moment after it rests puts that year's figure, table and headline in
   place of the old ones. Without script the form has a button. */
(function () {
  "use strict";
  const form = document.getElementById("slider"), slider = document.getElementById("at");
  if (!form || !slider) return;
  const labels = slider.dataset.labels.split("|"), said = document.getElementById("at-said");
  const all = document.getElementById("at-all"), kept = document.getElementById("kept-year");
  form.querySelector("button").hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());
  let waiting = 0, asked = 0;
  slider.addEventListener("input", () => {
    const label = labels[Number(slider.value) - Number(slider.min)];
    said.textContent = label;
    slider.setAttribute("aria-valuetext", label);
    all.removeAttribute("aria-current");
    if (kept) kept.value = label;
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  });
  async function show() {
    const mine = ++asked, address = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
    try {
      const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== asked) return;
      for (const place of ["#map-drawn", "#map-table", ".head", ".repeat"])
        document.querySelector(place).replaceWith(page.querySelector(place));
      history.replaceState(null, "", address);
    } catch (error) {
      if (mine === asked) location.assign(address);
    }
  }
})();
