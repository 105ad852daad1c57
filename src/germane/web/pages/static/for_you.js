// For you: the list changes in place. Without an account it is made of what this browser posts, and kept nowhere else.
"use strict";
{
  const LESS = "germane.less"; // numbers, joined by ".": what somebody without an account wants less of
  const isReader = /(?:^|; )germane_reader=1/.test(document.cookie);
  const likes = () => {
    try { return (JSON.parse(stored("germane.likes")) || []).filter((like) => Array.isArray(like) && Number.isSafeInteger(like[0])); } catch { return []; }
  };
  const posted = () => likes().map(([number, day]) => (/^\d{4}-\d\d-\d\d$/.test(day) ? `${number}@${day}` : number)).join(".");
  const less = () => (/^[0-9.]*$/.test(stored(LESS) || "") ? stored(LESS) || "" : "");

  // The page itself: what an answer holds takes the place of what is there.
  const place = document.getElementById("for-you");
  async function swap(address, options, isPushed, isFirst) {
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, options);
      const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("for-you");
      if (!answer.ok || !made) return false;
      place.replaceChildren(...made.childNodes);
      const kept = place.querySelector("[data-acts] [name=less]");
      if (kept?.type === "hidden") stored(LESS, kept.value);
      if (isPushed) history.pushState(null, "", answer.url && isReader ? answer.url.replace(/[?&]did=[^&]*/, "") : address);
      document.dispatchEvent(new Event("htmx:after:swap")); // the like buttons of the new lines
      if (!isFirst) {
        place.querySelector(".did")?.scrollIntoView({ block: "nearest" });
        (place.querySelector(".did button") || place).focus({ preventScroll: true });
      }
      return true;
    } finally { place.removeAttribute("aria-busy"); }
  }
  const own = (more) => ({ method: "POST", body: new URLSearchParams({ likes: posted(), less: less(), ...more }) });
  const load = (address, isPushed, isFirst) => swap(address, isReader || !likes().length ? {} : own({}), isPushed, isFirst);

  if (place) {
    if (!isReader && (likes().length || less())) load(location.pathname + location.search, false, true).catch(() => {});
    document.addEventListener("submit", (event) => {
      const form = event.target, by = event.submitter;
      if (!place.contains(form)) return;
      if (form.matches("[data-pick]") && !isReader && stored("germane.likes", stored("germane.likes") || "[]") !== null) {
        const today = new Date().toISOString().slice(0, 10), known = new Set(likes().map(([number]) => number));
        const picked = [...new FormData(form).getAll("pick")].map(Number).filter((number) => !known.has(number));
        if (!picked.length) return;
        event.preventDefault();
        stored("germane.likes", JSON.stringify([...picked.map((number) => [number, today]), ...likes()]));
        load("/you").catch(() => form.submit());
      } else if (form.matches("[data-steer]")) {
        event.preventDefault();
        const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value !== "0" || name.startsWith("not-")));
        load(`/you${query.size ? `?${query}` : ""}`, true).catch(() => form.submit());
      } else if (form.matches("[data-acts]")) {
        event.preventDefault();
        const fields = Object.fromEntries(new FormData(form, by));
        const sent = isReader ? { method: "POST", body: new URLSearchParams(fields) } : own(by?.name ? { [by.name]: by.value } : {});
        swap(form.getAttribute("action"), sent, isReader).catch(() => form.submit());
      }
    });
    place.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='/you?'], a[href='/you']");
      if (!link || isReader || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      load(link.getAttribute("href"), true).catch(() => { location.href = link.href; });
    });
    addEventListener("popstate", () => { load(location.pathname + location.search).catch(() => {}); });
  }

  // An article's Recommended tab: what the reader's likes add to it.
  async function addBecause() {
    const slot = document.querySelector("[data-because]");
    if (!slot || slot.childElementCount || (!isReader && !likes().length)) return;
    const address = `/you/because?article=${slot.dataset.because}`;
    const answer = await fetch(address, isReader ? {} : { method: "POST", body: new URLSearchParams({ likes: posted() }) });
    if (!answer.ok) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".because");
    if (made) { slot.replaceChildren(made); document.dispatchEvent(new Event("htmx:after:swap")); }
  }
  addBecause().catch(() => {});
  document.addEventListener("htmx:after:swap", () => { addBecause().catch(() => {}); });
}
