// Takes the colours of the system, and says that the last password was wrong.

document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
document.getElementById("wrong").hidden = location.search !== "?wrong";
