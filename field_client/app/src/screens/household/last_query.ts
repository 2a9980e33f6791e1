/** What was looked for last: still there when one comes back from a household. In memory only. */
import { ref } from 'vue'

export const query = ref('')
