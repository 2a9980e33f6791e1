/** Leaflet's side of the map: shapes and points in, a touched household out. */
import L from 'leaflet'
import type { GridShape, MapHousehold } from '@/engine/api'
import type { Position } from '@/parts/position'
import type { ServerSettings } from '@/parts/server_settings'
import { COLOURS, cornersOf, gridState, MARKS, STATES } from './states'

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

/** A map on its ground; whoever draws it removes it. */
export class DrawnMap {
  private readonly map: L.Map
  private readonly grids: L.LayerGroup
  private readonly points: L.LayerGroup
  private shown: readonly MapHousehold[] = []
  private me: L.LayerGroup | null = null

  constructor(
    ground: HTMLElement,
    private readonly drawing: Drawing,
  ) {
    this.map = mapOn(ground, drawing.base)
    this.grids = L.layerGroup().addTo(this.map)
    this.points = L.layerGroup().addTo(this.map)
    this.map.on('zoomend moveend', () => this.drawPoints())
  }

  show(shapes: readonly GridShape[], households: readonly MapHousehold[]): void {
    this.grids.clearLayers()
    for (const shape of shapes) this.grids.addLayer(gridLayer(shape, this.drawing))
    // what is to be done lies on top
    this.shown = [...households].sort((one, other) => STATES.indexOf(other.state) - STATES.indexOf(one.state))
    this.drawPoints()
  }

  fit(shapes: readonly GridShape[]): void {
    const mine = shapes.filter((one) => one.mine)
    const corners = cornersOf(mine.length ? mine : shapes)
    if (!corners) return
    const bounds = corners.map(([lat, lon]) => this.at(lon, lat))
    this.map.fitBounds(bounds, { padding: [8, 8], animate: false })
  }

  showPosition({ lon, lat, accuracyM }: Position): void {
    this.me?.remove()
    const here = this.at(lon, lat)
    this.me = positionLayer(here, accuracyM).addTo(this.map)
    this.map.setView(here, Math.max(this.map.getZoom(), MARKS_FROM_ZOOM))
  }

  remove(): void {
    this.map.remove()
  }

  private drawPoints(): void {
    this.points.clearLayers()
    const close = this.map.getZoom() >= MARKS_FROM_ZOOM
    const seen = this.map.getBounds().pad(0.2)
    for (const one of this.shown) {
      const where = this.at(one.lon, one.lat)
      if (close && !seen.contains(where)) continue
      this.points.addLayer(close ? markOf(one, where, this.drawing) : dotOf(one, where, this.drawing))
    }
  }

  private at(lon: number, lat: number): L.LatLngTuple {
    const [x, y] = this.drawing.place(lon, lat)
    return [y, x]
  }
}

function mapOn(ground: HTMLElement, base: Drawing['base']): L.Map {
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
  return map
}

/** Where the phone is, with the circle in which it may be. */
function positionLayer(here: L.LatLngTuple, accuracyM: number): L.LayerGroup {
  return L.layerGroup([
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
  ])
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
