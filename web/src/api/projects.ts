import { take } from './call.ts';

export type Policy = 'auto' | 'moderated' | 'closed';

export interface Person {
  id: string;
  name: string;
  email: string;
}

export interface Seat {
  id: number;
  state: string;
  actions: ('leave' | 'cancel')[];
}

export interface ProjectRow {
  id: string;
  name: string;
  state: 'uninitialized' | 'active' | 'suspended' | 'terminated' | 'deleted';
  status: string;
  owner: Person | null;
  is_mine: boolean;
  system: boolean;
  private: boolean;
  created: string;
  ends: string;
  join_policy: Policy;
  leave_policy: Policy;
  members: number;
  max_members: number;
  waiting: number;
  membership: Seat | null;
  standing: 'viewer' | 'member' | 'owner' | 'admin';
  application: string;
}

export interface ProjectResource {
  name: string;
  description: string;
  unit: string | null;
  ui_visible: boolean;
  member_capacity: number;
  project_capacity: number;
  usage: number | null;
  pending: number | null;
  my_usage: number | null;
  my_limit: number | null;
  members_over: number | null;
}

export interface Capacity {
  member_capacity: number;
  project_capacity: number;
}

/** What an application asks for; null asks for no change. Source: identity 9.2. */
export interface Wished {
  id: number;
  state: string;
  name: string | null;
  owner: string | null;
  homepage: string | null;
  description: string | null;
  start_date: string | null;
  end_date: string | null;
  comments: string | null;
  join_policy: Policy | null;
  leave_policy: Policy | null;
  max_members: number | null;
  private: boolean | null;
  resources: Record<string, Capacity>;
}

export interface Application {
  application: Wished;
  applicant: Person;
  project: Person;
  is_new: boolean;
  issued: string;
  response: string;
  responded: string | null;
  actions: Decision[];
}

export type Decision = 'approve' | 'deny' | 'cancel' | 'dismiss';
export type Move = 'suspend' | 'unsuspend' | 'terminate' | 'reinstate';

export interface ProjectDetail {
  project: ProjectRow;
  homepage: string;
  description: string;
  resources: ProjectResource[];
  application: Application | null;
  actions: Move[];
  deactivated: string | null;
  deactivation_reason: string;
}

export interface Member {
  id: number;
  person: Person;
  state: 'requested' | 'accepted' | 'leave_requested' | 'suspended';
  since: string | null;
  actions: MemberAction[];
  usage: Record<string, { usage: number; limit: number }>;
}

export type MemberAction = 'accept' | 'reject' | 'remove';

export interface Outcome {
  person: string;
  state: string;
  problem: string;
  membership: number | null;
}

export interface StoryLine {
  date: string;
  kind: 'project' | 'member';
  who: string;
  before: string;
  after: string;
  actor: string;
  reason: string;
}

/** Seconds since 1970, usage, peak, limit. */
export type Point = [number, number, number, number];

export interface Series {
  resource: string;
  unit: string | null;
  description: string;
  points: Point[];
}

export interface Forecast {
  member_now: number;
  member_after: number;
  project_now: number;
  project_after: number;
  usage: number;
  left_now: number;
  left_after: number;
  each_can_use: number;
  members_over: number;
  is_over: boolean;
  is_shared: boolean;
}

export interface Outlook {
  resources: Record<string, Forecast>;
  members: number;
  member_limit: number;
  too_many_members: boolean;
  is_name_taken: boolean;
  allowance: { limit: number; usage: number; after: number };
  may_apply: boolean;
  problem: string;
}

export interface FormOptions {
  resources: {
    name: string;
    description: string;
    unit: string | null;
    service: string;
    project_default: number;
  }[];
  member_choices: { label: string; limit: number }[];
  outlook: Outlook;
  is_admin: boolean;
  update_interval: number;
}

export interface UsageRow {
  resource: string;
  unit: string | null;
  description: string;
  limit: number;
  usage: number;
  pending: number;
  project_limit: number;
  project_usage: number;
  project_pending: number;
  left: number;
  is_short: boolean;
}

export interface ProjectUsage {
  id: string;
  name: string;
  state: ProjectRow['state'];
  system: boolean;
  is_member: boolean;
  resources: UsageRow[];
}

/** What is sent: only what changes. */
export type Wish = Record<string, unknown>;

export interface Listing {
  projects: ProjectRow[];
  total: number;
  is_admin: boolean;
}

const at = (id: string, rest = '') => `/projects/${encodeURIComponent(id)}${rest}`;
const post = <T>(service: 'ui' | 'account', path: string, json: unknown, method = 'POST') =>
  take<T>(service, path, { method, json });

export const listProjects = (query: Record<string, string | number | undefined> = {}) =>
  take<Listing>('ui', '/projects/', { query });

export const showProject = (id: string) => take<ProjectDetail>('ui', at(id));
export const showStory = (id: string) => take<StoryLine[]>('ui', at(id, '/story'));
export const listMembers = (id: string) => take<Member[]>('ui', at(id, '/members'));

export const history = (id: string, query: Record<string, string | number | undefined>) =>
  take<Series[]>('ui', at(id, '/history'), { query });

export const actOnMembers = (
  id: string,
  order: { action: MemberAction; members: number[]; reason?: string; preview?: boolean },
) => post<{ outcomes: Outcome[] }>('ui', at(id, '/members'), order).then((told) => told.outcomes);

export const enroll = (id: string, emails: string, preview: boolean) =>
  post<{ outcomes: Outcome[] }>('ui', at(id, '/enroll'), { emails, preview }).then(
    (told) => told.outcomes,
  );

export const formOptions = () => take<FormOptions>('ui', '/projects/options');
export const forecast = (wish: Wish, project?: string) =>
  post<Outlook>('ui', '/projects/forecast', { wish, project: project ?? null });
export const listApplications = (state?: string) =>
  take<Application[]>('ui', '/projects/applications', { query: { state } });
export const myUsage = () =>
  take<{ projects: ProjectUsage[]; update_interval: number }>('ui', '/projects/usage');

export const apply = (wish: Wish) =>
  post<{ id: string; application: number }>('account', '/projects', wish);
export const askForChange = (id: string, wish: Wish) =>
  post<{ id: string; application: number }>('account', at(id), wish, 'PUT');
export const decide = (id: string, application: number, decision: Decision, reason = '') =>
  post<null>('account', at(id, '/action'), { [decision]: { app_id: application, reason } });
export const moveProject = (id: string, move: Move, reason = '') =>
  post<null>('account', at(id, '/action'), { [move]: { reason } });
export const join = (id: string) =>
  post<{ id: number }>('account', '/projects/memberships', { join: { project: id } });
export const actOnSeat = (seat: number, action: 'leave' | 'cancel') =>
  post<null>('account', `/projects/memberships/${seat}/action`, { [action]: '' });
export const setDefaultProject = (id: string) =>
  post<null>('account', '/myaccount/default_project', { project_id: id });
