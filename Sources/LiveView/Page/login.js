// Says that the last password was wrong.

document.getElementById("wrong").hidden = location.search !== "?wrong";
