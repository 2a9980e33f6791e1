// Bar charts by month on a canvas, from the page's own figures; the table beside each has the same numbers.

const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
const drawn = [];

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function fontFamily() {
  return getComputedStyle(document.body).fontFamily;
}

function bar(name, values, colour, stack) {
  return { name, type: "bar", data: values, stack, barMaxWidth: 32, itemStyle: { color: colour } };
}

function line(name, values, colour) {
  return {
    name,
    type: "line",
    data: values,
    symbol: "circle",
    symbolSize: 8,
    lineStyle: { color: colour, width: 2 },
    itemStyle: { color: colour },
  };
}

// What is drawn of the rows of each kind of chart.
const SERIES = {
  months(rows, words, box) {
    const series = [
      bar(words.closed, rows.map((row) => row.number.closed), token("--accent"), "number"),
      bar(words.late, rows.map((row) => row.number.late), token("--warn-ink"), "number"),
    ];
    if (box.dataset.rounds === "yes")
      series.push(line(words.rounds, rows.map((row) => row.rounds.closed + row.rounds.late), token("--good-ink")));
    return series;
  },
  cases(rows, words) {
    return [
      bar(words.captured, rows.map((row) => row.captured.closed + row.captured.late), token("--accent")),
      bar(words.decided, rows.map((row) => row.decided.closed + row.decided.late), token("--good-ink")),
      line(words.late, rows.map((row) => row.late), token("--bad-ink")),
    ];
  },
};

function option(box, rows) {
  const words = JSON.parse(box.dataset.words);
  const ink = token("--ink");
  const soft = token("--soft");
  return {
    animation: !STILL.matches,
    textStyle: { fontFamily: fontFamily(), color: ink },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, textStyle: { color: ink, fontSize: 14 } },
    // text drawn on the canvas: no HTML is made of names, and the page's policy allows no inline styles
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: token("--card"),
      borderColor: token("--line"),
      textStyle: { color: ink, fontSize: 14 },
    },
    xAxis: {
      type: "category",
      data: rows.map((row) => row.month),
      axisLabel: { color: soft, hideOverlap: true },
      axisLine: { lineStyle: { color: token("--line") } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: { color: soft },
      splitLine: { lineStyle: { color: token("--line") } },
    },
    series: SERIES[box.dataset.chart](rows, words, box),
  };
}

async function draw(box) {
  const reply = await fetch(box.dataset.src, { headers: { accept: "application/json" } });
  if (!reply.ok) return;
  const rows = await reply.json();
  box.hidden = false;
  const chart = window.echarts.init(box, null, { renderer: "canvas" });
  chart.setOption(option(box, rows));
  box.dataset.drawn = "yes";
  drawn.push({ box, chart, rows });
}

function start() {
  for (const box of document.querySelectorAll("[data-chart]:not([data-drawn])")) {
    draw(box).catch(() => openNumbers(box));
  }
}

// Where no chart can be drawn, its table is opened instead.
function openNumbers(box) {
  box.hidden = true;
  const numbers = box.parentElement.querySelector("details.numbers");
  if (numbers) numbers.open = true;
}

DARK.addEventListener("change", () => {
  for (const { box, chart, rows } of drawn) chart.setOption(option(box, rows), true);
});
window.addEventListener("resize", () => {
  for (const { chart } of drawn) chart.resize();
});
start();
