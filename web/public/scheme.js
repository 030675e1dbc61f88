// Before anything is drawn: the colour scheme, so that a dark page does not flash white.
(() => {
  let wanted = "auto";
  try {
    wanted = localStorage.getItem("fairway-color-scheme") || "auto";
  } catch {
    // storage may be turned off: the system decides
  }
  const dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.mantineColorScheme = dark ? "dark" : "light";
})();
