/* Asks for the state of a run every second and puts it in place of the old one; reads it aloud when its words change.
   Without script the page says how to look again. */
(function () {
  "use strict";
  const place = document.getElementById("state");
  if (!place || !place.dataset.address) return;
  let misses = 0;
  async function look() {
    try {
      const answer = await fetch(place.dataset.address, { headers: { "X-Requested-With": "fetch" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("progress");
      const held = document.activeElement && place.contains(document.activeElement) ? document.activeElement.id : "";
      place.replaceChildren(...page.body.childNodes);
      if (held && document.getElementById(held)) document.getElementById(held).focus();
      misses = 0;
      if (!fresh || fresh.dataset.open !== "1") { location.reload(); return; }
    } catch (error) {
      misses += 1;
    }
    setTimeout(look, misses ? Math.min(15000, 2000 * misses) : 1000);
  }
  setTimeout(look, 1000);
})();
