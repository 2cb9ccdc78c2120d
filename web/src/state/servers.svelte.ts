import {
  deleteServer,
  isTooOld,
  listServers,
  rebootServer,
  removeMetadata,
  renameServer,
  type Server,
  setMetadata,
  startServer,
  stopServer,
} from '../api/compute.ts';
import { mergeKept, onForget, onRenew } from './live.svelte.ts';
import { Pulse } from './pulse.ts';
import { isBusy, stateOf } from './server-states.ts';

/** Seconds taken off the server's clock, so that nothing slips between two looks. */
const overlap = 3;
const patience = 10000;

const tasks = { start: 'STARTING', stop: 'STOPPING', reboot: 'REBOOTING', hard: 'REBOOTING' };
const deeds = {
  start: startServer,
  stop: stopServer,
  reboot: rebootServer,
  hard: (id: string) => rebootServer(id, true),
};
export type Lifecycle = keyof typeof deeds;

/** All machines of the project, kept fresh by what changed since the last look. */
class Servers {
  all = $state.raw<Server[]>([]);
  ready = $state(false);
  error = $state.raw<unknown>(null);
  updated = $state(0);
  #since = '';
  #expected = new Map<string, { task: string; until: number; updated: string }>();
  #pulse = new Pulse(() => this.#look());

  constructor() {
    onForget(() => this.forget());
    onRenew(() => this.#pulse.wake());
  }

  watch = (): (() => void) => this.#pulse.watch();
  refresh = (): Promise<void> => this.#pulse.now();

  find(id: string): Server | undefined {
    return this.all.find((server) => server.id === id);
  }

  /** Ask for a change of power; the busy state shows at once, the answer decides. */
  async act(id: string, deed: Lifecycle): Promise<void> {
    this.#expect(id, tasks[deed]);
    try {
      await deeds[deed](id);
    } catch (error) {
      this.#giveUp(id);
      throw error;
    } finally {
      void this.refresh();
    }
  }

  async remove(id: string): Promise<void> {
    this.#expect(id, 'DESTROYING');
    try {
      await deleteServer(id);
    } catch (error) {
      this.#giveUp(id);
      throw error;
    } finally {
      void this.refresh();
    }
  }

  async rename(id: string, name: string): Promise<void> {
    const before = this.find(id);
    this.#change(id, { name });
    try {
      await renameServer(id, name);
    } catch (error) {
      if (before) this.#change(id, { name: before.name });
      throw error;
    }
  }

  /** Make the tags of a server these: set what is new or changed, remove the rest. */
  async setMetadata(id: string, wanted: Record<string, string>): Promise<void> {
    const before = this.find(id)?.metadata ?? {};
    this.#change(id, { metadata: wanted });
    try {
      const gone = Object.keys(before).filter((key) => !(key in wanted));
      if (Object.keys(wanted).length > 0) await setMetadata(id, wanted);
      for (const key of gone) await removeMetadata(id, key);
    } catch (error) {
      this.#change(id, { metadata: before });
      throw error;
    }
  }

  forget(): void {
    this.all = [];
    this.ready = false;
    this.error = null;
    this.#since = '';
    this.#expected.clear();
  }

  async #look(): Promise<boolean> {
    try {
      const changed = this.#since ? await this.#catchUp() : await this.#start();
      this.ready = true;
      this.error = null;
      this.updated = Date.now();
      this.#pulse.setBusy(this.all.some(isBusy));
      return changed;
    } catch (error) {
      if (this.#since && isTooOld(error)) {
        this.#since = '';
        return this.#look();
      }
      this.error = error;
      throw error;
    }
  }

  async #start(): Promise<boolean> {
    const news = await listServers();
    this.#since = sinceOf(news.date);
    return this.#show(news.servers);
  }

  async #catchUp(): Promise<boolean> {
    const news = await listServers(this.#since);
    this.#since = sinceOf(news.date);
    if (news.servers.length === 0) return this.#show(this.all);
    return this.#show(withNews(this.all, news.servers));
  }

  #show(servers: Server[]): boolean {
    const merged = mergeKept(this.all, servers.map(this.#withExpected), (server) => server.id);
    const changed = merged !== this.all;
    if (changed) this.all = merged;
    return changed;
  }

  /** Keep the busy state of a deed just asked until the service shows it, or time is up. */
  #withExpected = (server: Server): Server => {
    const expected = this.#expected.get(server.id);
    if (!expected) return withoutOwnTask(server);
    const moved = server.updated !== expected.updated || isBusy(withoutOwnTask(server));
    if (moved || Date.now() > expected.until) {
      this.#expected.delete(server.id);
      return withoutOwnTask(server);
    }
    return { ...server, [ownTask]: true, 'SNF:task_state': expected.task } as Server;
  };

  #expect(id: string, task: string): void {
    const server = this.find(id);
    if (!server) return;
    const until = Date.now() + patience;
    this.#expected.set(id, { task, until, updated: server.updated });
    this.#show([...this.all]);
    this.#pulse.setBusy(true);
  }

  #giveUp(id: string): void {
    this.#expected.delete(id);
    this.#show([...this.all]);
  }

  #change(id: string, change: Partial<Server>): void {
    this.all = this.all.map((server) => (server.id === id ? { ...server, ...change } : server));
  }
}

const ownTask = 'expected';

function withoutOwnTask(server: Server): Server {
  if (!(ownTask in server)) return server;
  const {
    [ownTask]: _mark,
    'SNF:task_state': _task,
    ...rest
  } = server as Server & {
    [ownTask]: boolean;
  };
  return rest;
}

/** Lay what changed over what was known; deleted servers leave. */
export function withNews(known: Server[], news: Server[]): Server[] {
  const fresh = new Map(news.map((server) => [server.id, server]));
  const kept = known.map((server) => fresh.get(server.id) ?? server);
  const seen = new Set(known.map((server) => server.id));
  const added = news.filter((server) => !seen.has(server.id));
  return [...kept, ...added].filter((server) => stateOf(server).name !== 'deleted');
}

/** The moment to ask from next time, by the server's own clock. */
export function sinceOf(date: string): string {
  const moment = Date.parse(date);
  if (Number.isNaN(moment)) return '';
  return new Date(moment - overlap * 1000).toISOString().replace(/\.\d+Z$/, '+00:00');
}

export const servers = new Servers();

/** The addresses of a server, public networks' first as the service orders them. */
export function addressesOf(
  server: Server,
): { network: string; address: string; version: number }[] {
  return Object.entries(server.addresses ?? {}).flatMap(([network, list]) =>
    list.map((each) => ({ network, address: each.addr, version: each.version })),
  );
}

/** The next free name of a series: web-02 after web-01; otherwise machine-1. */
export function nextName(names: string[], otherwise: string): string {
  const last = [...names].reverse().find((name) => /\d+$/.test(name));
  const stem = last?.replace(/\d+$/, '') ?? `${otherwise}-`;
  const width = last ? (last.match(/\d+$/)?.[0].length ?? 1) : 1;
  const numbers = names
    .filter((name) => name.startsWith(stem) && /^\d+$/.test(name.slice(stem.length)))
    .map((name) => Number(name.slice(stem.length)));
  return stem + String(Math.max(0, ...numbers) + 1).padStart(width, '0');
}
