// Likes: one press in place, with an account or without one; then they stay in this browser. Each button is a link that works without this file.
"use strict";
{
  const STORE = "germane.likes"; // [[article number, day], …], the newest first
  const isReader = /(?:^|; )germane_reader=1/.test(document.cookie); // no identity in it: somebody is signed in
  const today = () => new Date().toISOString().slice(0, 10);
  const kept = () => {
    try { return (JSON.parse(stored(STORE)) || []).filter((like) => Array.isArray(like) && Number.isSafeInteger(like[0])); } catch { return []; }
  };
  const keep = (likes) => { stored(STORE, JSON.stringify(likes)); return kept().length === likes.length; }; // false: there is no room
  const canKeep = (() => { try { localStorage.setItem("germane.try", "1"); localStorage.removeItem("germane.try"); return true; } catch { return false; } })();
  const asPosted = (likes) => likes.map(([number, day]) => (/^\d{4}-\d\d-\d\d$/.test(day) ? `${number}@${day}` : number)).join(".");
  const liked = new Set(); // of the account, as far as this page shows articles
  let account = null; // what /you/state said

  // What the buttons show.
  const numbers = () => [...new Set($$("[data-like]").map((button) => Number(button.dataset.like)))];
  function tell() {
    const own = new Set([...liked, ...kept().map(([number]) => number)]);
    for (const button of $$("[data-like]")) {
      const isOn = own.has(Number(button.dataset.like));
      button.setAttribute("role", "button");
      button.setAttribute("aria-pressed", isOn);
      button.toggleAttribute("data-on", isOn);
    }
    const form = document.querySelector("[data-like-form]");
    if (form) tellForm(form, own.has(Number(form.dataset.likeForm)));
  }
  function tellForm(form, isOn) {
    const button = form.querySelector("button") || form.appendChild(Object.assign(document.createElement("button"), { name: "liked" }));
    button.className = isOn ? "btn" : "btn main";
    button.value = isOn ? "0" : "1";
    button.textContent = isOn ? "Take the like back" : "Like";
    form.querySelector(".is-liked")?.remove();
    if (isOn) form.prepend(Object.assign(document.createElement("p"), { className: "is-liked", textContent: "You like this article." }));
  }

  // What the account says of the articles on this page; asked only where somebody is signed in.
  const read = async (wanted) => (await fetch(`/you/state?articles=${wanted.slice(0, 300).join(",")}`, { headers: { Accept: "application/json" } })).json();
  async function ask() {
    const wanted = numbers();
    account = await read(wanted);
    for (const number of wanted) liked.delete(number);
    for (const number of account.liked) liked.add(number);
    tell();
    tellUnseen(account.n_unseen);
    return account;
  }
  function tellUnseen(n) {
    if (!n) return;
    const nav = document.querySelector("header nav");
    const link = nav.querySelector("[data-unseen]") || nav.insertBefore(Object.assign(document.createElement("a"), { href: "/you/alerts" }), nav.querySelector("a"));
    link.dataset.unseen = n;
    link.textContent = `${n} new`;
    link.setAttribute("aria-label", n === 1 ? "1 new alert" : `${n} new alerts`);
  }
  const post = (path, fields) => fetch(path, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": account.csrf },
    body: new URLSearchParams(fields),
  });

  // A press. What is shown changes at once; presses are sent one after the other.
  let sending = Promise.resolve();
  function press(number, wanted, isUndo) {
    const before = { liked: liked.has(number), kept: kept() };
    const rest = before.kept.filter(([other]) => other !== number);
    if (account?.is_reader) {
      if (wanted) liked.add(number); else { liked.delete(number); keep(rest); }
    } else if (!keep(wanted ? [[number, today()], ...rest] : rest)) {
      words("This browser has no room left to keep it.");
      return;
    }
    tell();
    say(number, wanted, isUndo);
    if (!account?.is_reader) return;
    sending = sending.then(() => post(`/like/${number}`, { liked: wanted ? "1" : "0" })).then(async (answer) => {
      await answer.text(); // else the connection would wait for somebody to read it
      if (answer.status === 401) account = { is_reader: false }; // signed out elsewhere: the browser keeps it
      if (answer.status === 401 && wanted) keep([[number, today()], ...rest]);
      else if (!answer.ok) throw new Error(answer.statusText);
    }).catch(() => {
      if (before.liked) liked.add(number); else liked.delete(number);
      tell();
      words("That could not be saved. Try again in a moment.");
    });
  }
  const ready = isReader ? ask().catch(() => { account = null; }) : Promise.resolve();
  const canPress = () => (isReader ? account !== null && (account.is_reader || canKeep) : canKeep);
  function toggle(button) {
    const number = Number(button.dataset.like);
    ready.then(() => { if (canPress()) press(number, button.getAttribute("aria-pressed") !== "true"); else location.href = button.href; });
  }

  // What was done: said aloud in a region that was there before, and shown with the way back.
  const live = document.body.appendChild(Object.assign(document.createElement("p"), { className: "vh" }));
  live.setAttribute("role", "status");
  let shown = null, leaving = 0;
  function words(text, ...more) {
    if (!shown) {
      shown = Object.assign(document.createElement("section"), { className: "said-like" });
      shown.setAttribute("aria-label", "What you did");
      document.body.append(shown);
      for (const name of ["pointerenter", "focusin"]) shown.addEventListener(name, () => clearTimeout(leaving));
      for (const name of ["pointerleave", "focusout"]) shown.addEventListener(name, leave);
    }
    shown.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }), ...more);
    shown.hidden = false;
    live.textContent = more.length ? `${text} Undo is at the end of the page.` : text;
    leave();
  }
  function leave() { clearTimeout(leaving); leaving = setTimeout(() => { shown.hidden = true; live.textContent = ""; }, 8000); }
  function say(number, wanted, isUndo) {
    const back = Object.assign(document.createElement("button"), { className: "plain", type: "button", textContent: "Undo" });
    back.addEventListener("click", () => { press(number, !wanted, true); (document.querySelector(`[data-like="${number}"]`) || document.body).focus(); });
    const link = (href, text) => Object.assign(document.createElement("a"), { href, textContent: text });
    const where = account?.is_reader ? "" : " It stays in this browser.";
    words(wanted ? `Liked.${where}` : "Taken back.", ...(isUndo ? [] : [back]), ...(wanted && !isUndo ? [account?.is_reader ? link(`/like/${number}`, "Collect, note") : link("/you", "For you")] : []));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-like]");
    if (!button || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    toggle(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.matches("[data-like]")) { event.preventDefault(); toggle(event.target); return; }
    if (event.key !== "l" || !hasKeys || event.target.closest("input, select, textarea, [contenteditable]")) return;
    const line = event.target.closest("li");
    const button = line?.querySelector("[data-like]") || document.querySelector("[data-like][data-here]");
    if (button) toggle(button);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-like-form]");
    if (!form || !canKeep || isReader) return;
    event.preventDefault();
    press(Number(form.dataset.likeForm), form.querySelector("button").value === "1");
  });
  document.addEventListener("htmx:after:swap", () => { tell(); if (account?.is_reader) ask().catch(() => {}); });
  addEventListener("storage", (event) => { if (event.key === STORE) tell(); });
  addEventListener("pageshow", (event) => { if (event.persisted) { if (isReader) ask().catch(() => {}); else tell(); } });

  // Likes of a time without scripts are in a cookie, which only a few pages see: those take them over.
  function takeCookie() {
    const found = canKeep && document.cookie.match(/(?:^|; )germane_likes=([0-9a-z.]+)/);
    if (!found) return;
    const likes = kept(), known = new Set(likes.map(([number]) => number));
    for (const part of found[1].split(".")) {
      const number = parseInt(part, 36);
      if (Number.isSafeInteger(number) && !known.has(number)) { known.add(number); likes.push([number, today()]); }
    }
    keep(likes);
    for (const path of ["/like", "/you"]) document.cookie = `germane_likes=; Max-Age=0; Path=${path}; SameSite=Lax`;
  }

  // The page of likes, without an account: made of what the browser posts, which is kept nowhere.
  async function showOwn() {
    const form = document.querySelector("[data-own-form]"), place = document.querySelector("[data-own-likes]");
    if (!form || !place || !kept().length) return;
    form.elements.likes.value = asPosted(kept());
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("likes");
    if (answer.ok && made) { place.replaceChildren(...made.childNodes); tell(); }
  }

  // After signing up or in: an account without likes takes over those of the browser, any other is asked to.
  async function carry() {
    const likes = kept();
    if (!likes.length || !account?.is_reader) return;
    const offer = document.querySelector("[data-carry]");
    if (!account.has_likes) {
      const answer = await post("/you/likes/carry", { likes: asPosted(likes) });
      if (!answer.ok) return;
      const carried = await answer.json(), n = carried.n_new + carried.n_known;
      keep([]);
      words(`${n} ${n === 1 ? "like" : "likes"} of this browser ${n === 1 ? "is" : "are"} in your account now.`);
      await ask();
      if (offer) location.reload();
      return;
    }
    const there = new Set((await read(likes.map(([number]) => number))).liked);
    if (likes.every(([number]) => there.has(number))) { keep([]); return; } // as when its page was left too early to hear that they were taken
    if (!offer) return;
    offer.hidden = false;
    offer.querySelector("[data-n]").textContent = `${likes.length} ${likes.length === 1 ? "like" : "likes"}`;
    for (const form of $$("form", offer)) {
      if (form.elements.likes) form.elements.likes.value = asPosted(likes);
      form.addEventListener("submit", () => keep([]));
    }
  }
  for (const form of $$("form[action='/you/likes/forget']")) form.addEventListener("submit", () => keep([]));

  takeCookie();
  tell();
  ready.then(carry).catch(() => {});
  if (!isReader) showOwn().catch(() => {});
}
