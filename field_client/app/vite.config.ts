import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { build, defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import about from './package.json' with { type: 'json' }

const GROUND = '#f5f4f2'
const SOURCES = fileURLToPath(new URL('./src', import.meta.url))
const HAND_OVER = 'hand_over.js'

/**
 * Vant's icon font is inside its style sheet, with another copy on a foreign server for browsers of long ago: that one
 * is taken out, as nothing is requested from outside.
 */
function ownFontsOnly(): Plugin {
  return {
    name: 'own-fonts-only',
    enforce: 'pre',
    transform(code, id) {
      if (!/vant.*\.css/.test(id)) return null
      return code.replace(/,url\(\/\/[^)]*\) ?format\("woff"\)/g, '')
    },
  }
}

/** The part of the service worker that is written with the engine: one file without imports, as a worker loads it. */
function handOver(): Plugin {
  return {
    name: 'hand-over',
    apply: 'build',
    async generateBundle() {
      const built = await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        resolve: { alias: { '@': SOURCES } },
        build: {
          write: false,
          target: 'es2022',
          lib: { entry: `${SOURCES}/hand_over.ts`, formats: ['iife'], name: 'handOver' },
        },
      })
      for (const one of [built].flat())
        for (const part of 'output' in one ? one.output : [])
          if (part.type === 'chunk') this.emitFile({ type: 'asset', fileName: HAND_OVER, source: part.code })
    },
  }
}

/** Served by the server at `/app/`; `vite` alone hands calls on to a server on this computer. */
export default defineConfig({
  base: '/app/',
  resolve: { alias: { '@': SOURCES } },
  define: {
    // a release is built under its own version; a drill builds a next one
    __APP_VERSION__: JSON.stringify(process.env['ALLPOST_APP_VERSION'] ?? about.version),
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    proxy: Object.fromEntries(
      ['/sync', '/api', '/app/settings.json'].map((path) => [path, 'http://127.0.0.1:8000']),
    ),
  },
  plugins: [
    ownFontsOnly(),
    vue(),
    handOver(),
    VitePWA({
      strategies: 'generateSW',
      // the worker says when: an update never takes a form away that is being written
      registerType: 'prompt',
      injectRegister: false,
      includeAssets: ['icons/*'],
      workbox: {
        // lazy chunks too: everything works after the first load, wherever the phone goes next
        globPatterns: ['**/*.{js,css,html,png,svg,woff2,json}'],
        navigateFallback: 'index.html',
        // of public/, and made above
        importScripts: ['fetch_again.js', HAND_OVER],
        cleanupOutdatedCaches: true,
        // from the first visit on, so that it works offline and takes an update without being opened anew
        clientsClaim: true,
        maximumFileSizeToCacheInBytes: 4 * 1024 * 1024,
      },
      manifest: {
        id: '/app/',
        name: '全岗通',
        short_name: '全岗通',
        description: '村社走访与办件，没有信号也能用',
        lang: 'zh-CN',
        dir: 'ltr',
        start_url: '/app/',
        scope: '/app/',
        display: 'standalone',
        orientation: 'any',
        theme_color: GROUND,
        background_color: GROUND,
        icons: [
          { src: 'icons/192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icons/512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
    }),
  ],
})
