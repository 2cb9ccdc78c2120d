import { listMethods } from '../api/providers.ts';
import { route } from './route.svelte.ts';

/** Pages that somebody may see who lacks a sign-in method that everybody must have. */
const open = new Set([
  'overview',
  'methods',
  'security',
  'profile',
  'feedback',
  'terms',
  'signout',
]);

class RequiredMethods {
  #lacking = $state.raw<string[]>([]);

  /** Ask once; who lacks a method is led to the profile, which says so. Source: identity 13.0. */
  async watch(): Promise<void> {
    const found = await listMethods().catch(() => null);
    this.#lacking = found?.required ?? [];
  }

  lead(): void {
    if (this.#lacking.length && !open.has(route.place.name)) route.go('/ui/profile', true);
  }
}

export const requiredMethods = new RequiredMethods();
