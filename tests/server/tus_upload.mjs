// Uploads a file by tus-js-client, as the phone app does: node tus_upload.mjs '{"endpoint": …}'; a line per event.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const given = JSON.parse(process.argv[2])
const { Upload } = createRequire(new URL('../../field_client/app/package.json', import.meta.url))('tus-js-client')
const say = (event, value) => process.stdout.write(`${event} ${value}\n`)

const upload = new Upload(readFileSync(given.file), {
  endpoint: given.endpoint,
  uploadUrl: given.url ?? null,
  chunkSize: given.chunk,
  headers: { Authorization: `Bearer ${given.token}` },
  metadata: { digest: given.digest, type: given.type },
  retryDelays: given.delays,
  onUploadUrlAvailable: () => say('url', upload.url),
  onChunkComplete: (size, accepted) => say('offset', accepted),
  onSuccess: () => say('done', upload.url),
  onError: (error) => {
    say('failed', error.originalResponse ? error.originalResponse.getStatus() : error.message.split('\n')[0])
    process.exitCode = 1
  },
})
upload.start()
