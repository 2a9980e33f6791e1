// Villages or grids as shapes, shaded by their share of overdue households; a click leads to their page.
// Names come from records: they are put in as text, never as HTML.

const SHADES = 5;
const UPTO = ["0", "5%", "10%", "20%", "20%"];
const LABELS_MAX = 40;

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function percent(area) {
  return area.households ? `${((100 * area.overdue) / area.households).toFixed(1)}%` : "–";
}

function told(area, words) {
  const said = `${words.overdue} ${area.overdue} ${words.of} ${area.households} ${words.households}（${percent(area)}）`;
  const text = document.createElement("span");
  text.textContent = `${area.name}：${said}`;
  return text;
}

function style(area) {
  return { color: token("--soft"), weight: 1.5, fillColor: token(`--shade-${area.shade}`), fillOpacity: 0.85 };
}

function added(map, area, words, labelled) {
  const shape = window.L.geoJSON({ type: "Feature", geometry: area.geometry, properties: {} }, { style: () => style(area) });
  shape.addTo(map);
  if (labelled) {
    const short = document.createElement("span");
    short.textContent = percent(area);
    window.L.tooltip({ permanent: true, direction: "center", className: "share" })
      .setLatLng(shape.getBounds().getCenter())
      .setContent(short)
      .addTo(map);
  }
  shape.bindTooltip(told(area, words), { sticky: true });
  shape.on("click", () => area.address && window.location.assign(area.address));
  return shape;
}

function legend(list, words) {
  const texts = [words.none, ...UPTO.slice(1, SHADES - 1).map((share) => `${share} ${words.upto}`)];
  texts.push(`${UPTO[SHADES - 1]} ${words.above}`);
  list.replaceChildren(
    ...texts.map((text, shade) => {
      const item = document.createElement("li");
      const mark = document.createElement("i");
      mark.className = `shade-${shade}`;
      mark.setAttribute("aria-hidden", "true");
      item.append(mark, text);
      return item;
    }),
  );
  list.hidden = false;
}

async function draw(box) {
  const words = JSON.parse(box.dataset.words);
  const section = box.parentElement;
  const note = section.querySelector("[data-map-note]");
  const reply = await fetch(box.dataset.src, { headers: { accept: "application/json" } });
  if (!reply.ok) {
    note.textContent = words.failed;
    return;
  }
  const found = await reply.json();
  const said = [found.label, found.missing.length ? words.missing + found.missing.join("、") : ""];
  note.textContent = said.filter(Boolean).join(" · ");
  if (!found.areas.length) return;
  box.hidden = false;
  const map = window.L.map(box, { attributionControl: Boolean(found.tiles), scrollWheelZoom: false, zoomSnap: 0.25 });
  if (found.tiles) {
    const attribution = document.createElement("span");
    attribution.textContent = found.tiles.attribution;
    window.L.tileLayer(found.tiles.url, { attribution: attribution.innerHTML }).addTo(map);
    map.attributionControl.setPrefix(false);
  }
  const labelled = found.areas.length <= LABELS_MAX;
  const all = window.L.featureGroup();
  const bounds = window.L.latLngBounds([]);
  const outlines = found.areas.map((area) => window.L.geoJSON({ type: "Feature", geometry: area.geometry, properties: {} }));
  for (const outline of outlines) bounds.extend(outline.getBounds());
  // the buttons of the zoom stand at the left and cover no shape
  map.fitBounds(bounds, { paddingTopLeft: [60, 8], paddingBottomRight: [8, 8], animate: false });
  const shapes = found.areas.map((area) => ({ area, shape: added(map, area, words, labelled).addTo(all) }));
  legend(section.querySelector("[data-legend]"), words);
  box.dataset.drawn = "yes";
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { area, shape } of shapes) shape.setStyle(style(area));
  });
  window.addEventListener("resize", () => map.invalidateSize());
}

for (const box of document.querySelectorAll("[data-map]:not([data-drawn])")) {
  draw(box).catch(() => {
    box.hidden = true;
    box.parentElement.querySelector("[data-map-note]").textContent = JSON.parse(box.dataset.words).failed;
  });
}
