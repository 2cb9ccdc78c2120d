import { dropCredentials, useCredentials, whenRefused } from '../api/call.ts';
import { isFault } from '../api/faults.ts';
import {
  type Entered,
  resume,
  type SessionAnswer,
  signOut,
  type Waiting,
} from '../api/identity.ts';
import { forgetAll } from './live.svelte.ts';

type Phase = 'asking' | 'out' | 'in';

/** Who is signed in. The token is held by `api/call` in memory, never stored. */
class Session {
  phase = $state<Phase>('asking');
  current = $state.raw<SessionAnswer | null>(null);
  /** A sign-in that waits for another step. */
  waiting = $state.raw<Waiting | null>(null);
  /** Why a sign-in that waited has to begin anew. */
  trouble = $state('');
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
      this.entered(await resume());
    } catch (error) {
      this.phase = 'out';
      if (!isFault(error, 401, 403, 404)) throw error;
    }
  }

  /** Take up what a step of signing in answered: the session, or the next step. */
  entered(answer: Entered): void {
    if ('step' in answer) {
      this.waiting = answer;
      if (this.phase === 'asking') this.phase = 'out';
    } else {
      this.waiting = null;
      this.trouble = '';
      this.#take(answer);
    }
  }

  /** Give up a sign-in that waits, and begin anew. */
  async giveUp(why = ''): Promise<void> {
    this.waiting = null;
    this.trouble = why;
    await signOut().catch(() => null);
  }

  async signOut(): Promise<void> {
    await signOut().catch(() => null);
    this.#leave();
  }

  /** A service refused the token: try the cookie once, else ask to sign in again. */
  async refused(): Promise<void> {
    if (this.phase !== 'in' || this.ended) return;
    try {
      const answer = await resume();
      if ('step' in answer) this.ended = true;
      this.entered(answer);
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
    this.waiting = null;
  }
}

export const session = new Session();

whenRefused(() => void session.refused());
