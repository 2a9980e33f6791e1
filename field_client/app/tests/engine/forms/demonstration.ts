/** The demonstration catalogue that the server publishes, read from the Python package's data. */
import { readdirSync, readFileSync } from 'node:fs'
import { Catalogue, type Department, type Item } from '@/engine/forms/catalogue'
import type { Form } from '@/engine/forms/definition'

interface Part {
  departments?: Department[]
  items?: Item[]
  forms?: Form[]
}

const FOLDER = new URL('../../../../../forms/demonstration/', import.meta.url)

/** The files of the catalogue, decoded. */
export function demonstrationParts(): Part[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name): Part => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')))
}

export function demonstrationCatalogue(): Catalogue {
  const parts = demonstrationParts()
  return new Catalogue(
    parts.flatMap((part) => part.departments ?? []),
    parts.flatMap((part) => part.items ?? []),
    parts.flatMap((part) => part.forms ?? []),
  )
}
