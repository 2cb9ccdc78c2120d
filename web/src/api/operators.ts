import { type Ask, addressOf, headersOf, take } from './call.ts';
import { readFault } from './faults.ts';

/** What operators see and do. Source: openapi/astakos-operators.json. */

export type AccountState = 'unverified' | 'pending' | 'rejected' | 'active' | 'inactive';

export type UserDeed =
  | 'verify'
  | 'accept'
  | 'reject'
  | 'activate'
  | 'deactivate'
  | 'delete'
  | 'send_verification'
  | 'send_password_reset'
  | 'end_sessions'
  | 'reset_second_factor'
  | 'add_to_group'
  | 'take_from_group';

export interface UserRow {
  id: string;
  number: number;
  email: string;
  name: string;
  affiliation: string;
  state: AccountState;
  status: string;
  reason: string;
  is_admin: boolean;
  methods: string[];
  groups: string[];
  joined: string;
  seen: string | null;
}

export interface UserDetail {
  user: UserRow;
  first_name: string;
  last_name: string;
  username: string;
  accepted_policy: string;
  verified_at: string | null;
  moderated_at: string | null;
  deactivated_at: string | null;
  default_project: string | null;
  updated: string;
  has_password: boolean;
  methods: {
    module: string;
    identifier: string;
    is_active: boolean;
    created: string;
    used: string | null;
  }[];
  factors: { kind: string; name: string; created: string; used: string | null }[];
  roles: string[];
  projects: {
    project: string;
    name: string;
    project_state: string;
    state: string;
    is_owner: boolean;
  }[];
  quota: {
    project: string;
    resource: string;
    unit: string;
    limit: number;
    usage: number;
    pending: number;
    project_limit: number;
    project_usage: number;
  }[];
  sessions: {
    key: string;
    method: string;
    address: string;
    agent: string;
    began: string;
    seen: string;
  }[];
  tokens: {
    audit_id: string;
    kind: string;
    project: string;
    methods: string;
    created: string;
    expires: string | null;
  }[];
  mails: { subject: string; since: string; attempts: number; error: string }[];
  deeds: Record<UserDeed, string>;
}

/** What came, or will come, of a deed; the same shape for people and projects. */
export interface Outcome {
  id: string;
  name: string;
  email?: string;
  application?: number | null;
  before: string;
  after: string | null;
  effects: Record<string, number>;
  refused: string;
}

export interface Outcomes {
  outcomes: Outcome[];
  undo: string | null;
  is_final: boolean;
}

export type ProjectDeed = 'suspend' | 'unsuspend' | 'terminate' | 'reinstate';

export interface Owner {
  id: string;
  email: string;
  name: string;
}

export interface ProjectRow {
  id: string;
  name: string;
  owner: Owner | null;
  state: string;
  is_system: boolean;
  created: string;
  ends: string;
  members: number;
  application: number | null;
}

export interface Grant {
  resource: string;
  unit: string;
  member_limit: number;
  project_limit: number;
  usage: number;
  pending: number;
}

export interface LimitChange {
  resource: string;
  unit: string;
  member_now: number;
  member_wanted: number;
  project_now: number;
  project_wanted: number;
}

export interface ApplicationRow {
  id: number;
  project: string;
  project_name: string;
  is_new: boolean;
  state: string;
  applicant: Owner;
  issued: string;
  comments: string;
  answered: string | null;
  answer: string;
  changes: Record<string, [string, string]>;
  limits: LimitChange[];
}

export interface ProjectDetail {
  project: ProjectRow;
  description: string;
  homepage: string;
  join_policy: string;
  leave_policy: string;
  max_members: number;
  is_private: boolean;
  grants: Grant[];
  members: { id: string; email: string; name: string; state: string }[];
  log: { at: string; before: string | null; after: string; actor: string; reason: string }[];
  applications: ApplicationRow[];
  actions: ProjectDeed[];
}

export interface ResourceRow {
  name: string;
  description: string;
  unit: string;
  service: string;
  system_default: number;
  project_default: number;
  api_visible: boolean;
  ui_visible: boolean;
  used: number;
  allocated: number;
}

export interface OverRow {
  kind: 'user' | 'project';
  id: string;
  name: string;
  project: string;
  project_name: string;
  resource: string;
  unit: string;
  limit: number;
  usage: number;
}

export interface GroupRow {
  id: string;
  name: string;
  description: string;
  domain: string;
  members: number;
  roles: number;
  profiles: number;
}

export type PolicyValues = Record<string, boolean | number | null>;

export interface ProfileRow {
  name: string;
  provider: string;
  is_exclusive: boolean;
  is_active: boolean;
  priority: number;
  policies: PolicyValues;
  groups: { id: string; name: string }[];
  users: { id: string; name: string }[];
}

export interface ProviderRow {
  module: string;
  is_enabled: boolean;
  policies: Record<string, boolean | number | string[]>;
}

export interface AuditEntry {
  id: number;
  at: string;
  act: string;
  actor: { id: string; name: string; kind: string };
  subject: { id: string; name: string; kind: string };
  address: string;
  agent: string;
  facts: Record<string, unknown>;
  number: number | null;
  digest: string;
  request_id: string;
}

export interface ChainState {
  entries: number;
  head: string;
  waiting: number;
  is_whole: boolean;
  broken_at: number | null;
  reason: string;
}

export type Filters = Record<string, string>;

const ask = <T>(path: string, query: Filters = {}) => take<T>('operators', path, { query });
const send = <T>(method: string, path: string, json?: unknown) =>
  take<T>('operators', path, (json === undefined ? { method } : { method, json }) as Ask);
const at = (...parts: string[]) => parts.map((part) => `/${encodeURIComponent(part)}`).join('');

export const listUsers = (query: Filters) =>
  ask<{ users: UserRow[]; next: string | null }>('/users', query);
export const countUsers = (query: Filters) =>
  ask<{ states: Record<AccountState, number>; fitting: number }>('/users/counts', query);
export const listUserIds = (query: Filters) =>
  ask<{ ids: string[]; total: number }>('/users/ids', query);
export const showUser = (id: string) => ask<UserDetail>(`/users${at(id)}`);
export const addUser = (user: object) =>
  send<{ user: UserRow; password: string }>('POST', '/users', user);
export const changeUser = (id: string, changes: object) =>
  send<UserDetail>('PATCH', `/users${at(id)}`, changes);
export const setPassword = (id: string, password = '') =>
  send<{ user: UserRow; password: string }>('POST', `/users${at(id)}/password`, { password });
export const setUserQuota = (id: string, limits: Record<string, number>) =>
  send<UserDetail>('PUT', `/users${at(id)}/quota`, { limits });
export const endSession = (id: string, key: string) =>
  send<null>('DELETE', `/users${at(id)}/sessions${at(key)}`);
export const endToken = (id: string, audit: string) =>
  send<null>('DELETE', `/users${at(id)}/tokens${at(audit)}`);
export const mailUsers = (users: string[], subject: string, text: string) =>
  send<{ sent: number }>('POST', '/users/mail', { users, subject, text });

export interface Order {
  deed: string;
  reason?: string;
  group?: string;
}

/** Do a deed to users, or with `dry` tell what would come of it. */
export const userDeed = (users: string[], order: Order, dry: boolean) =>
  send<Outcomes>('POST', '/users/deeds', { ...order, users, dry_run: dry });

export const projectDeed = (projects: string[], order: Order, dry: boolean) =>
  send<Outcomes>('POST', '/projects/deeds', {
    deed: order.deed,
    reason: order.reason,
    projects,
    dry_run: dry,
  });

export const decideApplications = (ids: string[], order: Order, dry: boolean) =>
  send<Outcomes>('POST', '/applications/deeds', {
    deed: order.deed,
    reason: order.reason,
    applications: ids.map(Number),
    dry_run: dry,
  });

export const listProjects = (query: Filters) =>
  ask<{ projects: ProjectRow[]; next: string | null }>('/projects', query);
export const countProjects = (query: Filters) =>
  ask<{ fitting: number; waiting: number }>('/projects/counts', query);
export const showProject = (id: string) => ask<ProjectDetail>(`/projects${at(id)}`);
export const changeProject = (id: string, changes: object) =>
  send<ProjectDetail>('PATCH', `/projects${at(id)}`, changes);
export const listApplications = () => ask<{ applications: ApplicationRow[] }>('/applications');

export const listResources = () => ask<{ resources: ResourceRow[] }>('/quota/resources');
export const changeResource = (name: string, changes: object) =>
  send<{ resources: ResourceRow[] }>('PATCH', `/quota/resources${at(name)}`, changes);
export const listOver = () => ask<{ over: OverRow[]; total: number }>('/quota/over');

export const listGroups = () => ask<{ groups: GroupRow[] }>('/groups');
export const addGroup = (group: object) => send<GroupRow>('POST', '/groups', group);
export const changeGroup = (id: string, group: object) =>
  send<GroupRow>('PATCH', `/groups${at(id)}`, group);
export const removeGroup = (id: string) => send<null>('DELETE', `/groups${at(id)}`);

export const showPolicies = () =>
  ask<{ providers: ProviderRow[]; profiles: ProfileRow[] }>('/policies');
export const addProfile = (profile: object) => send<ProfileRow>('POST', '/policies', profile);
export const changeProfile = (name: string, profile: object) =>
  send<ProfileRow>('PUT', `/policies${at(name)}`, profile);
export const removeProfile = (name: string) => send<null>('DELETE', `/policies${at(name)}`);

export const listAudit = (query: Filters) =>
  ask<{ entries: AuditEntry[]; next: string | null }>('/audit', query);
export const listActs = () => ask<{ acts: string[] }>('/audit/acts');
export const showChain = (head = '') => ask<ChainState>('/audit/chain', head ? { head } : {});
/** The sealed log, as a file to keep. */
export async function exportAudit(): Promise<Blob> {
  const path = addressOf('operators', '/audit/export');
  const response = await fetch(path, { headers: headersOf('operators') });
  if (!response.ok) throw readFault(response.status, await response.text(), response.headers);
  return response.blob();
}

export const listOwnAudit = (query: Filters) =>
  take<{ entries: AuditEntry[]; next: string | null }>('ui', '/audit', { query });
