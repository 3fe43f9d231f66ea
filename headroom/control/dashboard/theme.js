// Runs before the first paint, so that a chosen theme does not flash the other one.
"use strict";
(() => {
  try {
    const chosen = localStorage.getItem("headroom-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is forbidden in this browser: the system's theme is used.
  }
})();
