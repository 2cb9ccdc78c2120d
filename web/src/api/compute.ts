import { call, take } from './call.ts';
import { isFault } from './faults.ts';

export interface Address {
  addr: string;
  version: 4 | 6;
  'OS-EXT-IPS:type'?: string;
  'OS-EXT-IPS-MAC:mac_addr'?: string;
}

export interface Server {
  id: string;
  name: string;
  status: string;
  created: string;
  updated: string;
  /** The project that pays. */
  tenant_id?: string;
  progress?: number;
  key_name: string | null;
  metadata: Record<string, string>;
  addresses: Record<string, Address[]>;
  image: { id: string } | '' | null;
  flavor: ServerFlavor;
  'OS-EXT-STS:task_state'?: string | null;
  'SNF:task_state'?: string;
  'OS-SRV-USG:launched_at'?: string | null;
  'os-extended-volumes:volumes_attached'?: { id: string }[];
  suspended?: boolean;
  'SNF:port_forwarding'?: Record<string, { host: string; port: string }>;
  fault?: { code: number; created: string; message: string; details?: string };
}

export interface ServerFlavor {
  id?: string;
  original_name?: string;
  vcpus?: number;
  ram?: number;
  disk?: number;
}

export interface Flavor {
  id: string;
  name: string;
  vcpus: number;
  ram: number;
  disk: number;
}

export interface Keypair {
  name: string;
  public_key: string;
  fingerprint: string;
  type?: string;
  private_key?: string;
}

export interface NewServer {
  name: string;
  imageRef: string;
  flavorRef: string;
  networks: { uuid: string }[] | 'none';
  key_name?: string;
  user_data?: string;
  metadata?: Record<string, string>;
}

export interface ServerNews {
  servers: Server[];
  date: string;
}

/** List servers; with `since` only what changed after it, deleted ones too. Spec: compute 1.5. */
export async function listServers(since?: string): Promise<ServerNews> {
  const query = since ? { 'changes-since': since } : {};
  const answer = await call<{ servers: Server[] } | null>('compute', '/servers/detail', {
    query,
    accept: [304],
  });
  return {
    servers: (answer.data?.servers ?? []).map(named),
    date: answer.headers.get('date') ?? '',
  };
}

/** Ids are text everywhere in this interface, numbers in some answers. */
const named = (server: Server): Server => ({ ...server, id: String(server.id) });

export async function showServer(id: string): Promise<Server> {
  return named((await take<{ server: Server }>('compute', `/servers/${id}`)).server);
}

export async function createServer(
  server: NewServer,
): Promise<{ id: string; adminPass?: string }> {
  const answer = await take<{ server: { id: string; adminPass?: string } }>(
    'compute',
    '/servers',
    { method: 'POST', json: { server } },
  );
  return { ...answer.server, id: String(answer.server.id) };
}

export async function renameServer(id: string, name: string): Promise<void> {
  await call('compute', `/servers/${id}`, { method: 'PUT', json: { server: { name } } });
}

export async function deleteServer(id: string): Promise<void> {
  await call('compute', `/servers/${id}`, { method: 'DELETE' });
}

async function act(id: string, json: unknown): Promise<void> {
  await call('compute', `/servers/${id}/action`, { method: 'POST', json });
}

/** Let another project pay for a server and its boot disk. Source: compute 14.3. */
export const reassignServer = (id: string, project: string) => act(id, { reassign: { project } });
export const startServer = (id: string) => act(id, { 'os-start': null });
export const stopServer = (id: string) => act(id, { 'os-stop': null });
export const rebootServer = (id: string, hard = false) =>
  act(id, { reboot: { type: hard ? 'HARD' : 'SOFT' } });

/** Ask for a console; the answer's address carries a one-time token. */
export async function openConsole(id: string): Promise<string> {
  const answer = await take<{ remote_console: { url: string } }>(
    'compute',
    `/servers/${id}/remote-consoles`,
    { method: 'POST', json: { remote_console: { protocol: 'vnc', type: 'novnc' } } },
  );
  return answer.remote_console.url;
}

export async function readSerialLog(id: string, lines: number): Promise<string> {
  const answer = await take<{ output: string } | null>('compute', `/servers/${id}/action`, {
    method: 'POST',
    json: { 'os-getConsoleOutput': { length: lines } },
  });
  return answer?.output ?? '';
}

export async function setMetadata(id: string, metadata: Record<string, string>): Promise<void> {
  await call('compute', `/servers/${id}/metadata`, { method: 'POST', json: { metadata } });
}

export async function removeMetadata(id: string, key: string): Promise<void> {
  await call('compute', `/servers/${id}/metadata/${encodeURIComponent(key)}`, {
    method: 'DELETE',
    accept: [404],
  });
}

export async function listFlavors(): Promise<Flavor[]> {
  const answer = await take<{ flavors: Flavor[] }>('compute', '/flavors/detail');
  return answer.flavors.map((each) => ({ ...each, id: String(each.id) }));
}

export async function listKeys(): Promise<Keypair[]> {
  const answer = await take<{ keypairs: { keypair: Keypair }[] }>('compute', '/os-keypairs');
  return answer.keypairs.map((each) => each.keypair);
}

/** Store a public key, or let the service make a pair and answer the private half once. */
export async function createKey(name: string, publicKey?: string): Promise<Keypair> {
  const keypair = publicKey ? { name, public_key: publicKey } : { name };
  const answer = await take<{ keypair: Keypair }>('compute', '/os-keypairs', {
    method: 'POST',
    json: { keypair },
  });
  return answer.keypair;
}

export async function deleteKey(name: string): Promise<void> {
  await call('compute', `/os-keypairs/${encodeURIComponent(name)}`, { method: 'DELETE' });
}

export const isTooOld = (error: unknown): boolean => isFault(error, 400);
