import { dropCredentials, useCredentials, whenRefused } from '../api/call.ts';
import { isFault } from '../api/faults.ts';
import { resume, type SessionAnswer, signIn, signOut } from '../api/identity.ts';
import { forgetAll } from './live.svelte.ts';

type Phase = 'asking' | 'out' | 'in';

/** Who is signed in. The token is held by `api/call` in memory, never stored. */
class Session {
  phase = $state<Phase>('asking');
  current = $state.raw<SessionAnswer | null>(null);
  /** The session ended under an open page: it stays, and asks to sign in over it. */
  ended = $state(false);

  get user() {
    return this.current?.user ?? { id: '', name: '', email: '', is_admin: false };
  }

  get project() {
    return this.current?.project ?? { id: '', name: '' };
  }

  get shownName(): string {
    return this.user.name || this.user.email;
  }

  /** Take up the session of the browser's cookie, if there is one. */
  async begin(): Promise<void> {
    try {
      this.#take(await resume());
    } catch (error) {
      this.phase = 'out';
      if (!isFault(error, 401, 403, 404)) throw error;
    }
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#take(await signIn(username, password));
  }

  async signOut(): Promise<void> {
    await signOut().catch(() => null);
    this.#leave();
  }

  /** A service refused the token: try the cookie once, else ask to sign in again. */
  async refused(): Promise<void> {
    if (this.phase !== 'in' || this.ended) return;
    try {
      this.#take(await resume());
    } catch {
      this.ended = true;
    }
  }

  #take(answer: SessionAnswer): void {
    const stranger = this.current !== null && this.current.user.id !== answer.user.id;
    if (stranger) forgetAll();
    useCredentials(answer.token.id, answer.project.id, answer.catalog);
    this.current = answer;
    this.phase = 'in';
    this.ended = false;
  }

  #leave(): void {
    dropCredentials();
    forgetAll();
    this.current = null;
    this.phase = 'out';
    this.ended = false;
  }
}

export const session = new Session();

whenRefused(() => void session.refused());
