/** What a service refused, in one shape whatever the service's own style. */
export class Fault extends Error {
  readonly status: number;
  readonly kind: string;
  readonly requestId: string;
  readonly retryAfter: number;
  readonly body: unknown;
  readonly #flags: ReadonlyMap<string, string>;

  constructor(status: number, kind: string, message: string, more: FaultMore = {}) {
    super(message);
    this.name = 'Fault';
    this.status = status;
    this.kind = kind;
    this.requestId = more.requestId ?? '';
    this.retryAfter = more.retryAfter ?? 0;
    this.body = more.body ?? null;
    this.#flags = more.flags ?? new Map();
  }

  /** What a service tells beside its sentence: `x-captcha`, `x-confirm`, `x-account-state`. */
  flag(name: string): string {
    return this.#flags.get(name) ?? '';
  }
}

const FLAGS = ['x-captcha', 'x-confirm', 'x-account-state', 'x-terms', 'x-password'];

export interface FaultMore {
  flags?: ReadonlyMap<string, string>;
  requestId?: string;
  retryAfter?: number;
  body?: unknown;
}

const record = (value: unknown): Record<string, unknown> | null =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;

/** Find the sentence in a compute, identity, network or plain text fault. */
export function readFault(status: number, text: string, headers: Headers): Fault {
  const more: FaultMore = {
    requestId: headers.get('x-openstack-request-id') ?? headers.get('x-compute-request-id') ?? '',
    retryAfter: Number(headers.get('retry-after')) || 0,
    flags: new Map(FLAGS.map((name) => [name, headers.get(name) ?? ''])),
  };
  const parsed = parse(text);
  more.body = parsed ?? text;
  const outer = record(parsed);
  if (outer) {
    const kind = Object.keys(outer)[0] ?? '';
    const inner = record(outer[kind]);
    if (inner && typeof inner.message === 'string') {
      return new Fault(status, kind, inner.message, more);
    }
    if (typeof outer.message === 'string') return new Fault(status, kind, outer.message, more);
  }
  return new Fault(status, '', plainSentence(text), more);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Keep the words of an error page, drop its markup. */
function plainSentence(text: string): string {
  return text
    .replace(/<(style|script|title)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}

export const isFault = (error: unknown, ...statuses: number[]): error is Fault =>
  error instanceof Fault && (statuses.length === 0 || statuses.includes(error.status));
