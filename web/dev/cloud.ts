import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Ask {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Reply {
  status: number;
  data?: unknown;
  headers?: Record<string, string>;
}

type Row = Record<string, unknown> & { id: string };

const project = 'b0a1c7e2-5f0e-4a53-9d55-1c0f8e5a7d10';
const scenario = process.env.MOCK ?? 'full';
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const flavorOf = (vcpus: number, ram: number, disk: number) => ({
  id: `${vcpus}${ram}${disk}`,
  name: `C${vcpus}R${ram}D${disk}`,
  vcpus,
  ram,
  disk,
});
const flavors = [
  flavorOf(1, 512, 2),
  flavorOf(1, 2048, 20),
  flavorOf(2, 4096, 40),
  flavorOf(4, 8192, 40),
  flavorOf(8, 16384, 80),
  flavorOf(16, 131072, 160),
];
const images: Row[] = [
  {
    id: 'i1',
    name: 'Debian 13',
    os_distro: 'debian',
    os_version: '13',
    size: 3.1e8,
    os_admin_user: 'debian',
  },
  { id: 'i2', name: 'Ubuntu 26.04 LTS', os_distro: 'ubuntu', os_version: '26.04', size: 6.1e8 },
  { id: 'i3', name: 'Demonstration', os_distro: 'linux', os_version: '1', size: 3.4e7 },
  {
    id: 'i4',
    name: 'my-appliance-2026-11-with-a-long-name',
    size: 1.2e9,
    owner: project,
    visibility: 'private',
  },
].map((each) => ({
  status: 'active',
  visibility: 'public',
  owner: 'system',
  min_disk: 2,
  min_ram: 0,
  disk_format: 'raw',
  created_at: ago(9e5),
  updated_at: ago(8e4),
  ...each,
}));
const networks: Row[] = [
  { id: 'n1', name: 'public', 'router:external': true, shared: true },
  { id: 'n2', name: 'lab-net', 'router:external': false, shared: false },
].map((each) => ({ status: 'ACTIVE', admin_state_up: true, subnets: [], ...each }));
const subnets: Row[] = [
  {
    id: 's1',
    network_id: 'n1',
    ip_version: 4,
    cidr: '203.0.113.0/24',
    gateway_ip: '203.0.113.1',
    enable_dhcp: true,
    allocation_pools: [{ start: '203.0.113.10', end: '203.0.113.250' }],
  },
  {
    id: 's2',
    network_id: 'n2',
    ip_version: 4,
    cidr: '10.10.0.0/24',
    gateway_ip: '10.10.0.1',
    enable_dhcp: true,
    allocation_pools: [],
  },
];
const keys = [
  {
    name: 'eleni-laptop',
    public_key: 'ssh-ed25519 AAAAC3Nz eleni@laptop',
    fingerprint: 'f1:9a:03:7c:11:52:88:aa:0b:4d:cc:31:70:2e:9f:18',
  },
];

const machine = (
  id: number,
  name: string,
  status: string,
  more: Record<string, unknown> = {},
): Row => ({
  id: String(id),
  name,
  status,
  created: ago(86400 * id),
  updated: ago(300 * id),
  key_name: 'eleni-laptop',
  progress: status === 'ACTIVE' ? 100 : 0,
  metadata: {},
  image: { id: 'i1' },
  flavor: { original_name: 'C2R4096D40', vcpus: 2, ram: 4096, disk: 40 },
  addresses: {
    public: [
      { addr: `203.0.113.${20 + id}`, version: 4, 'OS-EXT-IPS-MAC:mac_addr': 'aa:0c:f5:31:9e:02' },
    ],
  },
  'OS-EXT-STS:task_state': null,
  'OS-SRV-USG:launched_at': ago(86400 * id),
  ...more,
});
const servers: Row[] =
  scenario === 'empty'
    ? []
    : [
        machine(1, 'web-01', 'ACTIVE', { metadata: { role: 'web', stage: 'prod' } }),
        machine(2, 'web-02', 'ACTIVE', { metadata: { role: 'web' } }),
        machine(3, 'db-primary', 'ACTIVE', {
          addresses: {
            public: [{ addr: '203.0.113.9', version: 4 }],
            'lab-net': [{ addr: '10.10.0.11', version: 4 }],
          },
          flavor: { original_name: 'C8R16384D80', vcpus: 8, ram: 16384, disk: 80 },
        }),
        machine(4, 'ci-runner-4', 'BUILD', { progress: 64, addresses: {} }),
        machine(5, 'ci-runner-3', 'ACTIVE', { 'OS-EXT-STS:task_state': 'reboot_started' }),
        machine(6, 'gpu-train-02', 'ERROR', {
          addresses: {},
          fault: {
            code: 500,
            created: ago(700),
            message: 'No node has 96 GB of memory free. The largest free block is 64 GB.',
          },
        }),
        machine(7, 'jump', 'SHUTOFF', {
          image: { id: 'i3' },
          flavor: { original_name: 'C1R512D2', vcpus: 1, ram: 512, disk: 2 },
        }),
        machine(8, 'old-wiki', 'ACTIVE', { suspended: true }),
      ];

const objects = new Map<string, { bytes: number; type: string; when: string; hashes: string[] }>();
for (const [path, bytes, type] of [
  ['research/alignments', 0, 'application/directory'],
  ['research/alignments/a.bam', 8e8, ''],
  ['research/figures/one.png', 29e5, 'image/png'],
  ['research/draft-v7.pdf', 42e5, 'application/pdf'],
  ['research/cohort-b.csv', 812e6, 'text/csv'],
  ['research/pipeline.py', 18e3, 'text/x-python'],
  ['research/reads-batch-12.tar.zst', 62.4e9, ''],
  ['research/Μετρήσεις 2026.xlsx', 5e5, ''],
] as const)
  objects.set(path, { bytes, type, when: ago(9e4), hashes: [] });
const containers = new Set(['research', 'images']);
const blocks = new Set<string>();

const session = {
  user: {
    id: project,
    name: 'eleni@lab.example.org',
    email: 'eleni@lab.example.org',
    is_admin: false,
  },
  token: { id: 'gAAAAtoken-of-the-mock', expires_at: ago(-86400) },
  project: { id: project, name: 'eleni@lab.example.org' },
  catalog: [],
};
let signedIn = process.env.MOCK_OUT !== '1';
const ok = (data?: unknown, status = 200): Reply => ({ status, data });
const holding = (usage: number, limit: number) => ({
  usage,
  limit,
  pending: 0,
  project_limit: limit,
  project_usage: usage,
  project_pending: 0,
});
const gib = 2 ** 30;

function quotas() {
  return {
    [project]: {
      'cyclades.vm': holding(servers.length, 20),
      'cyclades.cpu': holding(19, 32),
      'cyclades.ram': holding(45 * gib, 64 * gib),
      'cyclades.disk': holding(322 * gib, 1024 * gib),
      'cyclades.network.private': holding(1, 5),
      'cyclades.floating_ip': holding(2, 8),
      'pithos.diskspace': holding(94 * gib, 100 * gib),
    },
  };
}

function astakos(ask: Ask): Reply {
  if (ask.path.endsWith('/quotas')) return ok(quotas());
  if (ask.method === 'GET')
    return signedIn
      ? ok(session)
      : ok({ unauthorized: { code: 401, message: 'Sign in first.' } }, 401);
  if (ask.method === 'DELETE') {
    signedIn = false;
    return { status: 204 };
  }
  const { password } = JSON.parse(ask.body.toString());
  signedIn = password !== 'wrong';
  return signedIn ? ok(session) : ok({ unauthorized: { code: 401, message: 'No.' } }, 401);
}

function settle(server: Row, task: string, change: Record<string, unknown>): Reply {
  Object.assign(server, { 'OS-EXT-STS:task_state': task, updated: ago(0) });
  setTimeout(
    () => Object.assign(server, { 'OS-EXT-STS:task_state': null, updated: ago(0), ...change }),
    2500,
  );
  return { status: 202 };
}

function create(ask: Ask): Reply {
  const wanted = JSON.parse(ask.body.toString()).server;
  const flavor = flavors.find((each) => each.id === wanted.flavorRef);
  const made = machine(100 + servers.length, wanted.name, 'BUILD', {
    addresses: {},
    progress: 0,
    created: ago(0),
    updated: ago(0),
    flavor: { ...flavor, original_name: flavor?.name },
    metadata: wanted.metadata ?? {},
  });
  servers.push(made);
  const timer = setInterval(() => {
    made.progress = Number(made.progress) + 20;
    if (Number(made.progress) >= 100) {
      clearInterval(timer);
      Object.assign(made, {
        status: 'ACTIVE',
        addresses: { public: [{ addr: '203.0.113.99', version: 4 }] },
      });
    }
    made.updated = ago(0);
  }, 900);
  return ok({ server: { id: made.id, adminPass: 'x' } }, 202);
}

const boot = Array.from(
  { length: 30 },
  (_, at) => `[    ${(at / 7).toFixed(6)}] virtio_blk virtio${at}: [vda] ready`,
).join('\n');

function compute(ask: Ask): Reply {
  if (scenario === 'failing')
    return ok({ computeFault: { code: 503, message: 'The scheduler does not answer.' } }, 503);
  const path = ask.path.replace('/cyclades/compute/v2.1', '');
  if (path === '/flavors/detail') return ok({ flavors });
  if (path === '/os-keypairs') {
    if (ask.method === 'GET') return ok({ keypairs: keys.map((keypair) => ({ keypair })) });
    const { keypair } = JSON.parse(ask.body.toString());
    const made = { public_key: 'ssh-ed25519 AAAAnew', fingerprint: 'aa:bb', ...keypair };
    keys.push(made);
    return ok(
      {
        keypair: {
          ...made,
          ...(keypair.public_key
            ? {}
            : { private_key: '-----BEGIN OPENSSH PRIVATE KEY-----\nmock\n' }),
        },
      },
      201,
    );
  }
  if (path.startsWith('/os-keypairs/')) {
    keys.splice(
      keys.findIndex((each) => path.endsWith(`/${each.name}`)),
      1,
    );
    return { status: 204 };
  }
  if (path === '/servers/detail') return ok({ servers });
  if (path === '/servers') return create(ask);
  const server = servers.find((each) => each.id === path.split('/')[2]);
  if (!server) return ok({ itemNotFound: { code: 404, message: 'Server not found.' } }, 404);
  if (path.endsWith('/remote-consoles'))
    return ok({ remote_console: { url: '/ui/console?token=t' } });
  if (path.includes('/metadata')) {
    if (ask.method === 'DELETE')
      delete (server.metadata as Record<string, string>)[
        decodeURIComponent(path.split('/').at(-1) ?? '')
      ];
    else Object.assign(server.metadata as object, JSON.parse(ask.body.toString()).metadata);
    return ask.method === 'DELETE' ? { status: 204 } : ok({ metadata: server.metadata });
  }
  if (path.endsWith('/action')) {
    const deed = JSON.parse(ask.body.toString());
    if ('os-getConsoleOutput' in deed) return ok({ output: `${boot}\n\ndebian login: ` });
    if ('os-start' in deed) return settle(server, 'powering-on', { status: 'ACTIVE' });
    if ('os-stop' in deed) return settle(server, 'powering-off', { status: 'SHUTOFF' });
    return settle(server, 'reboot_started', {});
  }
  if (ask.method === 'PUT') Object.assign(server, JSON.parse(ask.body.toString()).server);
  if (ask.method === 'DELETE') {
    setTimeout(() => servers.splice(servers.indexOf(server), 1), 2000);
    Object.assign(server, { 'OS-EXT-STS:task_state': 'deleting', updated: ago(0) });
    return { status: 204 };
  }
  return ok({ server });
}

function network(ask: Ask): Reply {
  const [, kind = '', id] = ask.path.replace('/cyclades/network/v2.0', '').split('/');
  const list = { networks, subnets, ports: [] as Row[] }[kind] ?? [];
  const one = kind.slice(0, -1);
  if (ask.method === 'POST') {
    const made = {
      id: `${one}${list.length}`,
      status: 'ACTIVE',
      admin_state_up: true,
      allocation_pools: [],
      ...JSON.parse(ask.body.toString())[one],
    };
    list.push(made);
    return ok({ [one]: made }, 201);
  }
  if (ask.method === 'DELETE') {
    list.splice(
      list.findIndex((each) => each.id === id),
      1,
    );
    return { status: 204 };
  }
  if (ask.method === 'PUT')
    Object.assign(list.find((each) => each.id === id) ?? {}, JSON.parse(ask.body.toString())[one]);
  return ok(id ? { [one]: list.find((each) => each.id === id) } : { [kind]: list });
}

function image(ask: Ask): Reply {
  const [, , id, file] = ask.path.replace('/cyclades/image/v2', '').split('/');
  const found = images.find((each) => each.id === id);
  if (file) {
    Object.assign(found ?? {}, { status: 'active', size: ask.body.length });
    return { status: 204 };
  }
  if (ask.method === 'POST') {
    const made = {
      id: `i${images.length + 1}`,
      status: 'queued',
      size: null,
      owner: project,
      min_disk: 0,
      updated_at: ago(0),
      ...JSON.parse(ask.body.toString()),
    };
    images.push(made);
    return ok(made, 201);
  }
  if (ask.method === 'DELETE') images.splice(images.indexOf(found as Row), 1);
  return ask.method === 'DELETE' ? { status: 204 } : ok({ images });
}

function list(container: string, prefix: string, delimiter: string | null) {
  const rows = new Map<string, unknown>();
  for (const [path, each] of objects) {
    if (!path.startsWith(`${container}/${prefix}`)) continue;
    const name = path.slice(container.length + 1);
    const cut = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
    if (cut >= 0) rows.set(name.slice(0, cut + 1), { subdir: name.slice(0, cut + 1) });
    else
      rows.set(name, {
        name,
        bytes: each.bytes,
        content_type: each.type,
        last_modified: each.when.replace('Z', ''),
      });
  }
  return [...rows.values()];
}

function store(ask: Ask): Reply {
  const [container = '', ...rest] = ask.path.split('/').slice(4).map(decodeURIComponent);
  const path = rest.join('/');
  const key = `${container}/${path}`;
  if (!container)
    return ok(
      [...containers].map((name) => ({
        name,
        count: list(name, '', null).length,
        bytes: [...objects]
          .filter(([each]) => each.startsWith(`${name}/`))
          .reduce((sum, [, each]) => sum + each.bytes, 0),
      })),
    );
  if (!path && ask.method === 'PUT') containers.add(container);
  if (!path && ask.method === 'DELETE') containers.delete(container);
  if (!path && ask.method === 'GET')
    return ok(list(container, ask.query.get('prefix') ?? '', ask.query.get('delimiter')));
  if (!path && ask.method === 'POST') {
    let end = ask.body.length;
    while (end > 0 && ask.body[end - 1] === 0) end -= 1;
    const name = createHash('sha256').update(ask.body.subarray(0, end)).digest('hex');
    blocks.add(name);
    return ok([name], 202);
  }
  if (!path) return { status: 204, headers: { 'X-Container-Block-Size': '4194304' } };
  const type = String(ask.headers['content-type'] ?? '');
  const from = ask.headers['x-copy-from'];
  if (ask.method === 'PUT' && from)
    objects.set(key, {
      ...(objects.get(decodeURIComponent(String(from)).slice(1)) ?? {
        bytes: 0,
        type,
        when: ago(0),
        hashes: [],
      }),
    });
  else if (ask.method === 'PUT' && ask.query.has('hashmap')) {
    const map = JSON.parse(ask.body.toString());
    const missing = map.hashes.filter((each: string) => !blocks.has(each));
    if (missing.length > 0) return ok(missing, 409);
    objects.set(key, { bytes: map.bytes, type, when: ago(0), hashes: map.hashes });
  } else if (ask.method === 'PUT')
    objects.set(key, { bytes: ask.body.length, type, when: ago(0), hashes: [] });
  if (ask.method === 'GET' && ask.query.has('hashmap'))
    return ok({ bytes: objects.get(key)?.bytes, hashes: objects.get(key)?.hashes });
  if (ask.method === 'DELETE') objects.delete(key);
  return { status: ask.method === 'DELETE' ? 204 : 201 };
}

/** Answer as a small cloud would. */
export function answer(ask: Ask): Reply {
  if (ask.path.startsWith('/astakos/')) return astakos(ask);
  if (ask.path.startsWith('/cyclades/compute/'))
    return { headers: { Date: new Date().toUTCString() }, ...compute(ask) };
  if (ask.path.startsWith('/cyclades/network/')) return network(ask);
  if (ask.path.startsWith('/cyclades/image/')) return image(ask);
  return store(ask);
}
