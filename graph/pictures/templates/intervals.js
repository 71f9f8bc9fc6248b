// Fills in how far each rank moves, which takes longer to compute than the picture and comes after it. Without
// this script, or when it fails, a link on the page leads to the same.
(function () {
  "use strict";

  const waiting = document.getElementById("picture-intervals");
  const canvas = document.getElementById("picture-canvas");

  fetch(waiting.dataset.fill, { headers: { Accept: "application/json" } })
    .then(function (answer) { return answer.ok ? answer.json() : Promise.reject(answer.status); })
    .then(function (found) {
      found.rows.forEach(function (row) {
        const cell = document.querySelector('tr[data-node="' + CSS.escape(row.node) + '"] [data-column="interval"]');
        if (cell && row.interval) { cell.textContent = row.interval; }
        canvas.dispatchEvent(new CustomEvent("interval", { detail: { row: row, unknown: found.without_interval } }));
      });
      document.querySelector("table caption").textContent = found.caption;
      waiting.remove();
    })
    .catch(function () { waiting.removeAttribute("data-fill"); });
})();
