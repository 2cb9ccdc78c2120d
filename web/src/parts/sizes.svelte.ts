import type { Server } from '../api/compute.ts';
import { flavors } from '../state/kinds.svelte.ts';
import { disk, memory } from '../words/format.ts';
import { t } from '../words/words.svelte.ts';

export interface Size {
  cpus: number;
  ram: number;
  disk: number;
  name: string;
}

/** How big a machine is: from its own answer, else from the list of sizes. */
function of(server: Server): Size {
  const own = server.flavor ?? {};
  const listed = own.id ? flavors.find(String(own.id)) : undefined;
  return {
    cpus: own.vcpus ?? listed?.vcpus ?? 0,
    ram: own.ram ?? listed?.ram ?? 0,
    disk: own.disk ?? listed?.disk ?? 0,
    name: shortName(own.original_name ?? listed?.name ?? ''),
  };
}

export const flavorSource = { of };

/** A size's name without the disk kind at its end, which is the same for all: C1R512D5. */
export const shortName = (name: string): string => name.replace(/^(C\d+R\d+D\d+)[a-z].*$/, '$1');

export function sizeWords(size: { cpus: number; ram: number; disk?: number }): string {
  if (!size.cpus) return '–';
  const words = { cpus: size.cpus, ram: memory(size.ram) };
  return size.disk === undefined
    ? t('size.short', words)
    : t('size.long', { ...words, disk: disk(size.disk) });
}
