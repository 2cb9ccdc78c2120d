import { showProfile } from '../api/account.ts';
import { isFault } from '../api/faults.ts';
import { type Place, route } from './route.svelte.ts';
import { session } from './session.svelte.ts';
import { site } from './site.svelte.ts';

const EXEMPT = new Set(['profile', 'methods', 'feedback', 'terms', 'security']);
let looked = '';

/** Once after somebody came in: see the profile first where the site or their account asks so. */
export async function arrive(place: Place): Promise<void> {
  const { id } = session.user;
  if (looked === id || session.current?.user.has_signed_terms === false) return;
  looked = id;
  try {
    await site.load();
    const profile = await showProfile();
    const unseen = site.current?.forces_profile === true && !profile.has_seen_profile;
    if (EXEMPT.has(place.name) || !(unseen || profile.required_methods.length > 0)) return;
    const next = encodeURIComponent(location.pathname + location.search);
    route.go(`/ui/profile?next=${next}`, true);
  } catch (error) {
    looked = '';
    if (!isFault(error)) throw error;
  }
}
