import type { Component } from 'svelte';
import type { Place } from '../state/route.svelte.ts';
import type { Key } from '../words/words.svelte.ts';

// biome-ignore lint/suspicious/noExplicitAny: pages differ in their properties
type PageModule = { default: Component<any> };

export interface Page {
  key: string;
  label: Key;
  props: Record<string, unknown>;
  load: () => Promise<PageModule>;
}

/** Each page is a lazy piece, fetched once and kept by the browser. */
const pieces = {
  overview: () => import('./Overview.svelte'),
  machines: () => import('./Machines.svelte'),
  machineNew: () => import('./MachineNew.svelte'),
  machine: () => import('./Machine.svelte'),
  images: () => import('./Images.svelte'),
  keys: () => import('./Keys.svelte'),
  networks: () => import('./Networks.svelte'),
  network: () => import('./NetworkPage.svelte'),
  files: () => import('./Files.svelte'),
  quota: () => import('./Quota.svelte'),
  access: () => import('./Access.svelte'),
  console: () => import('./Console.svelte'),
  missing: () => import('./NotFound.svelte'),
};

const kept = new Map<keyof typeof pieces, Promise<PageModule>>();

function page(piece: keyof typeof pieces, label: Key, props: Page['props'] = {}): Page {
  const load = () => {
    const known = kept.get(piece) ?? pieces[piece]();
    kept.set(piece, known);
    known.catch(() => kept.delete(piece));
    return known;
  };
  return { key: `${piece} ${props.id ?? ''}`, label, props, load };
}

/** The page of an address. Design: section 2. */
export function pageOf(place: Place): Page {
  const [first, second] = place.parts;
  switch (place.name) {
    case 'overview':
      return page('overview', 'nav.overview');
    case 'machines':
      if (first === 'new') return page('machineNew', 'nav.machines');
      if (first) return page('machine', 'nav.machines', { id: first, tab: second ?? 'overview' });
      return page('machines', 'nav.machines');
    case 'networks':
      if (first) return page('network', 'nav.networks', { id: first });
      return page('networks', 'nav.networks');
    case 'files':
      return page('files', 'nav.files', {
        container: first ?? '',
        prefix: place.parts
          .slice(1)
          .map((part) => `${part}/`)
          .join(''),
      });
    case 'images':
    case 'keys':
    case 'quota':
    case 'access':
    case 'console':
      return page(place.name, place.name === 'console' ? 'console' : `nav.${place.name}`);
    default:
      return page('missing', 'notfound');
  }
}
