// Comforts on top of pages that work without any script.
"use strict";
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const stored = (name, value) => {
  try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); } catch { return null; }
};

// Colors: light or dark, without a cookie.
for (const button of $$("[data-theme-switch]")) {
  const isDark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const tell = () => button.setAttribute("aria-pressed", isDark());
  button.hidden = false;
  tell();
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    stored("germane-theme", document.documentElement.dataset.theme);
    tell();
  });
}

// Tabs: the strip's links become ARIA tabs; htmx swaps the panel and the address follows.
const strip = document.querySelector(".strip");
function tellTabs() {
  const panel = document.getElementById("related");
  if (!strip || !panel) return;
  strip.setAttribute("role", "tablist");
  strip.setAttribute("aria-label", "Related content");
  for (const tab of $$("a", strip)) {
    const isOpen = tab.id === `tab-${panel.dataset.tab}`;
    tab.setAttribute("role", "tab");
    tab.removeAttribute("aria-current");
    tab.setAttribute("aria-selected", isOpen);
    tab.setAttribute("aria-controls", "related");
    tab.tabIndex = isOpen ? 0 : -1;
  }
  panel.setAttribute("role", "tabpanel");
}
if (strip) {
  tellTabs();
  strip.addEventListener("keydown", (event) => {
    const tabs = $$("a", strip), at = tabs.indexOf(document.activeElement);
    const ahead = getComputedStyle(strip).direction === "rtl" ? "ArrowLeft" : "ArrowRight", back = ahead === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const to = { [ahead]: at + 1, [back]: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) { if (at >= 0 && event.key === " ") { event.preventDefault(); tabs[at].click(); } return; }
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].focus();
  });
  // A press on a tab shows the list's beginning, wherever on the page the reader was.
  document.addEventListener("htmx:after:swap", () => {
    tellTabs();
    readyPlayers();
    if (strip.contains(document.activeElement)) document.getElementById("related")?.scrollIntoView({ block: "start" });
  });
}

// Videos: the frame of another host is made on press, never before.
function readyPlayers() { for (const button of $$("[data-player]:disabled")) button.disabled = false; }
readyPlayers();
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-player], [data-copy]");
  if (!button) return;
  if (button.dataset.copy) {
    navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "Copied"; });
    return;
  }
  const frame = document.createElement("iframe");
  frame.src = `${button.dataset.player}&autoplay=1`;
  frame.title = button.dataset.title;
  frame.allow = "autoplay; fullscreen; picture-in-picture";
  frame.className = "poster";
  button.closest("li").classList.add("playing");
  button.replaceWith(frame);
});
if (navigator.clipboard) for (const button of $$("[data-copy]")) button.hidden = false;

// Share: the system's own sheet, where there is one; else the list of links opens.
for (const menu of $$("[data-share]")) if (navigator.share) menu.querySelector("summary").addEventListener("click", (event) => {
  event.preventDefault();
  navigator.share({ title: menu.dataset.title, url: menu.dataset.url }).catch(() => { menu.open = !menu.open; });
});
// One menu at a time; a press elsewhere or Escape closes it.
document.addEventListener("click", (event) => { for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});

// Filters: choosing is asking; the button stays for those who press it.
for (const form of $$("form[data-auto]")) form.addEventListener("change", (event) => { if (event.target.matches("[type=checkbox], [type=radio], select")) form.requestSubmit(); });

// Keys: / to the search field, j and k through a list; the footer turns them off.
const keySwitch = document.querySelector("[data-keys-switch]");
let hasKeys = stored("germane-keys") !== "off";
if (keySwitch) {
  keySwitch.hidden = false;
  keySwitch.setAttribute("aria-pressed", hasKeys);
  keySwitch.addEventListener("click", () => {
    hasKeys = !hasKeys;
    stored("germane-keys", hasKeys ? "on" : "off");
    keySwitch.setAttribute("aria-pressed", hasKeys);
  });
}
document.addEventListener("keydown", (event) => {
  if (!hasKeys || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === "/") {
    const field = document.querySelector("[type=search]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  } else if (event.key === "j" || event.key === "k") {
    const links = $$(".list .name a, .list .post a");
    const to = links[links.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1)];
    if (to) { to.focus(); to.scrollIntoView({ block: "center" }); }
  }
});
