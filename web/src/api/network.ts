import { call, take } from './call.ts';

export interface Network {
  id: string;
  name: string;
  status: string;
  admin_state_up: boolean;
  shared: boolean;
  'router:external': boolean;
  subnets: string[];
}

export interface Subnet {
  id: string;
  network_id: string;
  ip_version: 4 | 6;
  cidr: string;
  gateway_ip: string | null;
  enable_dhcp: boolean;
  allocation_pools: { start: string; end: string }[];
}

export interface Port {
  id: string;
  network_id: string;
  mac_address: string;
  status: string;
  device_id: string;
  device_owner: string;
  fixed_ips: { subnet_id: string; ip_address: string }[];
}

const idText = <T extends { id: string }>(each: T): T => ({ ...each, id: String(each.id) });

export async function listNetworks(): Promise<Network[]> {
  return (await take<{ networks: Network[] }>('network', '/networks')).networks.map(idText);
}

export async function listSubnets(): Promise<Subnet[]> {
  const answer = await take<{ subnets: Subnet[] }>('network', '/subnets');
  return answer.subnets.map((each) => ({ ...each, network_id: String(each.network_id) }));
}

export async function listPorts(): Promise<Port[]> {
  const answer = await take<{ ports: Port[] }>('network', '/ports');
  return answer.ports.map((each) => ({
    ...each,
    network_id: String(each.network_id),
    device_id: String(each.device_id ?? ''),
  }));
}

export async function createNetwork(name: string): Promise<Network> {
  const answer = await take<{ network: Network }>('network', '/networks', {
    method: 'POST',
    json: { network: { name } },
  });
  return idText(answer.network);
}

export interface NewSubnet {
  network_id: string;
  cidr: string;
  gateway_ip?: string | null;
  enable_dhcp: boolean;
}

export async function createSubnet(subnet: NewSubnet): Promise<void> {
  await call('network', '/subnets', {
    method: 'POST',
    json: { subnet: { ip_version: subnet.cidr.includes(':') ? 6 : 4, ...subnet } },
  });
}

/** Let another project pay for a network. Source: identity 4.9. */
export async function reassignNetwork(id: string, project: string): Promise<void> {
  await call('network', `/networks/${id}/action`, {
    method: 'POST',
    json: { reassign: { project } },
  });
}

export async function renameNetwork(id: string, name: string): Promise<void> {
  await call('network', `/networks/${id}`, { method: 'PUT', json: { network: { name } } });
}

export async function deleteNetwork(id: string): Promise<void> {
  await call('network', `/networks/${id}`, { method: 'DELETE' });
}
