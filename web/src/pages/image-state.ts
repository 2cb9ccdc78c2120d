import type { Image } from '../api/image.ts';
import type { Shape, Tone } from '../state/server-states.ts';

export interface ImageState {
  tone: Tone;
  shape: Shape;
  word: 'ready' | 'waiting' | 'saving' | 'failed' | 'closed' | 'unknown';
}

/** An image's state in shape, colour and word. Design: section 7. */
export function imageState(image: Image): ImageState {
  switch (image.status) {
    case 'active':
      return { tone: 'ok', shape: 'run', word: 'ready' };
    case 'queued':
      return { tone: 'busy', shape: 'unknown', word: 'waiting' };
    case 'saving':
    case 'importing':
    case 'uploading':
      return { tone: 'busy', shape: 'busy', word: 'saving' };
    case 'killed':
      return { tone: 'bad', shape: 'error', word: 'failed' };
    case 'deactivated':
      return { tone: 'warn', shape: 'paused', word: 'closed' };
    default:
      return { tone: 'warn', shape: 'unknown', word: 'unknown' };
  }
}
