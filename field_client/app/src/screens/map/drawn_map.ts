/** Leaflet's side of the map: shapes and points in, a touched household out. */
import L from 'leaflet'
import type { GridShape, MapHousehold } from '@/engine/api'
import type { Position } from '@/parts/position'
import type { ServerSettings } from '@/parts/server_settings'
import { COLOURS, cornersOf, gridState, MARKS, STATES } from './states'

export interface DrawnMap {
  show(shapes: readonly GridShape[], households: readonly MapHousehold[]): void
  fit(shapes: readonly GridShape[]): void
  showPosition(at: Position): void
  remove(): void
}

export interface Drawing {
  /** The base map that the server names; without one the grids lie on an empty ground, and nobody is asked for tiles. */
  base: ServerSettings['tiles']
  /** From WGS-84 (lon, lat) to the system of the base map. */
  place: (lon: number, lat: number) => [number, number]
  touched: (household: MapHousehold) => void
  gridWords: (shape: GridShape) => string
  householdWords: (household: MapHousehold) => string
}

/** From this zoom on points carry their mark; further out they are dots, as there may be thousands. */
const MARKS_FROM_ZOOM = 17

/** Tiles of common base maps end here; beyond it they are drawn larger. */
const TILES_ZOOM_MAX = 18
const ZOOM_MAX = 20
const TOLERANCE_PX = 14

/** Size and ring tell a far household's state without colour: what is to be done is large. */
const RADII: Readonly<Record<MapHousehold['state'], number>> = { overdue: 8, due: 8, done: 5, not_due: 3 }

/** Dashes tell a grid's state without colour. */
const DASHES = { due: undefined, done: '8 6', not_due: '2 6' } as const

export function drawMap(ground: HTMLElement, drawing: Drawing): DrawnMap {
  const { base, place } = drawing
  const map = L.map(ground, {
    // thumbs are wider than points
    renderer: L.canvas({ tolerance: TOLERANCE_PX }),
    attributionControl: base !== null,
    zoomSnap: 0.5,
    maxZoom: ZOOM_MAX,
    zoomControl: true,
  })
  map.setView([30.4, 120.6], 12)
  if (base)
    L.tileLayer(base.url, {
      attribution: escaped(base.attribution),
      maxZoom: ZOOM_MAX,
      maxNativeZoom: TILES_ZOOM_MAX,
    }).addTo(map)
  const grids = L.layerGroup().addTo(map)
  const points = L.layerGroup().addTo(map)
  let shown: readonly MapHousehold[] = []
  let me: L.LayerGroup | null = null

  const at = (lon: number, lat: number): L.LatLngTuple => {
    const [x, y] = place(lon, lat)
    return [y, x]
  }

  function drawPoints(): void {
    points.clearLayers()
    const close = map.getZoom() >= MARKS_FROM_ZOOM
    const seen = map.getBounds().pad(0.2)
    for (const one of shown) {
      const where = at(one.lon, one.lat)
      if (close && !seen.contains(where)) continue
      points.addLayer(close ? markOf(one, where, drawing) : dotOf(one, where, drawing))
    }
  }
  map.on('zoomend moveend', () => drawPoints())

  return {
    show(shapes, households) {
      grids.clearLayers()
      for (const shape of shapes) grids.addLayer(gridLayer(shape, drawing))
      // what is to be done lies on top
      shown = [...households].sort((one, other) => STATES.indexOf(other.state) - STATES.indexOf(one.state))
      drawPoints()
    },
    fit(shapes) {
      const mine = shapes.filter((one) => one.mine)
      const corners = cornersOf(mine.length ? mine : shapes)
      if (corners)
        map.fitBounds(
          corners.map(([lat, lon]) => at(lon, lat)),
          { padding: [8, 8], animate: false },
        )
    },
    showPosition({ lon, lat, accuracyM }) {
      me?.remove()
      const here = at(lon, lat)
      me = L.layerGroup([
        L.circle(here, {
          radius: accuracyM,
          color: COLOURS.due,
          weight: 1,
          fillOpacity: 0.1,
          interactive: false,
        }),
        L.circleMarker(here, {
          radius: 8,
          color: '#ffffff',
          weight: 3,
          fillColor: COLOURS.due,
          fillOpacity: 1,
        }),
      ]).addTo(map)
      map.setView(here, Math.max(map.getZoom(), MARKS_FROM_ZOOM))
    },
    remove: () => void map.remove(),
  }
}

function gridLayer(shape: GridShape, { place, gridWords }: Drawing): L.Layer {
  const state = gridState(shape)
  const layer = L.geoJSON(shape.geometry as GeoJSON.Geometry, {
    coordsToLatLng: ([lon = 0, lat = 0]) => {
      const [x, y] = place(lon, lat)
      return L.latLng(y, x)
    },
    style: {
      color: COLOURS[state],
      weight: shape.mine ? 3 : 1,
      dashArray: DASHES[state],
      fillOpacity: shape.mine ? 0.08 : 0.02,
    },
    interactive: false,
  })
  // names are text, never markup
  const words = document.createElement('span')
  words.textContent = gridWords(shape)
  return layer.bindTooltip(words, { permanent: true, direction: 'center', className: 'grid-name' })
}

function dotOf(one: MapHousehold, where: L.LatLngTuple, { touched }: Drawing): L.Layer {
  const late = one.state === 'overdue'
  const dot = L.circleMarker(where, {
    radius: RADII[one.state],
    color: late ? COLOURS.overdue : '#ffffff',
    weight: late ? 4 : 1,
    fillColor: late ? '#ffffff' : COLOURS[one.state],
    fillOpacity: 1,
  })
  return dot.on('click', () => touched(one))
}

function markOf(one: MapHousehold, where: L.LatLngTuple, { touched, householdWords }: Drawing): L.Layer {
  const html = document.createElement('span')
  html.className = `map-mark ${one.state}`
  html.textContent = MARKS[one.state]
  const icon = L.divIcon({ html, className: 'touchable', iconSize: [48, 48] })
  return L.marker(where, { icon, title: householdWords(one), alt: householdWords(one) }).on('click', () =>
    touched(one),
  )
}

function escaped(text: string): string {
  const holder = document.createElement('span')
  holder.textContent = text
  return holder.innerHTML
}
