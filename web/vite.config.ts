import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { precompress } from './dev/precompress.ts';
import { devServer } from './dev/server.ts';

const backend = process.env.SYNNEFO_URL ?? 'http://127.0.0.1:8000';
const proxied = ['/astakos', '/cyclades', '/pithos', '/console/ws'];

export default defineConfig(({ mode }) => ({
  base: '/ui/',
  plugins: [svelte(), precompress(), ...(mode === 'mock' ? [devServer()] : [])],
  build: {
    target: 'es2022',
    cssTarget: ['chrome125', 'firefox128', 'safari17.5'],
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 1024,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'core',
              test: /src\/(api|state|parts|words\/(en(?!\/operators)|words|format|reasons|rooms))|node_modules\/(svelte|esm-env|clsx|lucide)/,
            },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: {
    port: 5273,
    proxy:
      mode === 'mock'
        ? undefined
        : Object.fromEntries(proxied.map((path) => [path, { target: backend, ws: true }])),
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
}));
