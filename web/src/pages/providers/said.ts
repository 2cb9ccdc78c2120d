import { site } from '../../state/site.svelte.ts';

/** A sentence about a provider, in the operators' words where they gave any. Source: identity 18.9. */
export const said = (key: string, ours: string, name: string): string =>
  site.say(`AUTH_PROVIDER_${key}`, ours).replaceAll('%(provider)s', name);
