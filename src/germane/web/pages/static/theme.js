// Before the first paint: the reader's own choice of colors, kept in this browser alone.
try {
  const theme = localStorage.getItem("germane-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage is turned off: the system's colors stay */ }
