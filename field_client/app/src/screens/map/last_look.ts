/** How the grids were looked at last: still so when one comes back from a household. In memory only. */
import { ref } from 'vue'

export const chosenGrid = ref<string | null>(null)
export const chosenLook = ref<'map' | 'list'>('map')
