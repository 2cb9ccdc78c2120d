import { isFault } from '../api/faults.ts';
import { t } from './words.svelte.ts';

export interface Reason {
  title: string;
  why: string;
}

/** Say a fault in the words of the interface; unknown ones keep the service's own sentence. */
export function explain(error: unknown): Reason {
  if (!isFault(error)) return { title: t('fault.unknown'), why: sentence(error) };
  if (error.status === 0) return { title: t('fault.offline'), why: t('fault.offline.why') };
  if (error.status === 401) return { title: t('fault.signedout'), why: t('fault.signedout.why') };
  if (isQuota(error.status, error.message)) {
    return { title: t('fault.quota'), why: error.message || t('fault.quota.why') };
  }
  if (error.status === 403) return { title: t('fault.forbidden'), why: error.message };
  if (error.status === 404) return { title: t('fault.gone'), why: error.message };
  if (error.status === 409) return { title: t('fault.state'), why: error.message };
  if (error.status === 429) return { title: t('fault.many'), why: t('fault.many.why') };
  if (error.status >= 500) {
    return { title: t('fault.server'), why: error.message || t('fault.server.why') };
  }
  return { title: t('fault.refused'), why: error.message };
}

const isQuota = (status: number, message: string): boolean =>
  status === 413 || status === 507 || (status === 403 && /quota|limit/i.test(message));

const sentence = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** One line for a toast. */
export function brief(error: unknown): string {
  const { title, why } = explain(error);
  return why ? `${title} ${why}` : title;
}
