import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const worth = /\.(js|css|html|svg|json)$/;

/** Write a .gz and a .br beside each text file of the build, so that the server need not. */
export function precompress(): Plugin {
  let folder = 'dist';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: async () => {
      for (const name of await readdir(folder, { recursive: true })) {
        if (!worth.test(name)) continue;
        const data = await readFile(join(folder, name));
        if (data.length < 800) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        await writeFile(join(folder, `${name}.gz`), gzipSync(data, { level: 9 }));
        await writeFile(join(folder, `${name}.br`), brotliCompressSync(data, { params }));
      }
    },
  };
}
