import type { CatalogEntry } from '../api/call.ts';
import { call, useCredentials } from '../api/call.ts';
import { listProjects, type ProjectRow } from '../api/projects.ts';
import { forgetAll, Live, onForget, renewAll } from './live.svelte.ts';
import { session } from './session.svelte.ts';

/** The projects that can be worked in: the switcher's list. */
export const workable = new Live<ProjectRow>(
  async () =>
    (await listProjects({ mode: 'member', limit: 200 })).projects.sort(
      (a, b) => Number(b.system) - Number(a.system) || a.name.localeCompare(b.name),
    ),
  (each) => each.id,
);

const slot = () => `synnefo.project.${session.user.id}`;

interface Scoped {
  token: { catalog: CatalogEntry[]; project: { id: string; name: string } };
}

/** Which project all calls are for; another one means another token. */
class Scope {
  busy = $state(false);
  #token = '';
  #refused = '';

  constructor() {
    onForget(() => this.#end());
  }

  /** Take up the project that this browser was last used for. */
  async settle(): Promise<void> {
    const wanted = localStorage.getItem(slot());
    if (!wanted || wanted === session.project.id || wanted === this.#refused) return;
    try {
      await this.#take(wanted);
    } catch {
      this.#refused = wanted;
      localStorage.removeItem(slot());
    }
  }

  /** Work in another project from now on: every list is asked for anew. */
  async choose(id: string): Promise<void> {
    if (id === session.project.id || this.busy) return;
    this.busy = true;
    try {
      await this.#take(id);
      localStorage.setItem(slot(), id);
      this.#refused = '';
    } finally {
      this.busy = false;
    }
  }

  async #take(id: string): Promise<void> {
    const identity = { methods: ['token'], token: { id: session.current?.token.id ?? '' } };
    const { data, headers } = await call<Scoped>('identity', '/auth/tokens', {
      method: 'POST',
      json: { auth: { identity, scope: { project: { id } } } },
    });
    const token = headers.get('X-Subject-Token') ?? '';
    const { catalog, project } = data.token;
    forgetAll();
    if (!session.current) return;
    // Files lie in the account of the person, whichever project pays.
    useCredentials(token, session.user.id, catalog);
    this.#token = token;
    session.current = { ...session.current, project: { id: project.id, name: project.name } };
    renewAll();
  }

  /** End a token that no call uses any more. */
  #end(): void {
    const token = this.#token;
    this.#token = '';
    if (!token) return;
    const headers = { 'X-Auth-Token': token, 'X-Subject-Token': token };
    void call('identity', '/auth/tokens', { method: 'DELETE', headers, accept: [401, 404] }).catch(
      () => null,
    );
  }
}

export const scope = new Scope();
