import type { Component } from 'svelte';
import type { Place } from '../state/route.svelte.ts';
import type { Key } from '../words/words.svelte.ts';

// biome-ignore lint/suspicious/noExplicitAny: pages differ in their properties
type PageModule = { default: Component<any> };

export interface Page {
  key: string;
  label: Key;
  props: Record<string, unknown>;
  load: () => Promise<PageModule>;
}

/** Each page is a lazy piece, fetched once and kept by the browser. */
const pieces = {
  overview: () => import('./Overview.svelte'),
  machines: () => import('./Machines.svelte'),
  machineNew: () => import('./MachineNew.svelte'),
  machine: () => import('./Machine.svelte'),
  images: () => import('./Images.svelte'),
  keys: () => import('./Keys.svelte'),
  networks: () => import('./Networks.svelte'),
  network: () => import('./NetworkPage.svelte'),
  files: () => import('./files/Files.svelte'),
  sharedWithMe: () => import('./files/SharedWithMe.svelte'),
  sharedByMe: () => import('./files/SharedByMe.svelte'),
  quota: () => import('./projects/Usage.svelte'),
  projects: () => import('./projects/Projects.svelte'),
  project: () => import('./projects/Project.svelte'),
  projectForm: () => import('./projects/ProjectForm.svelte'),
  requests: () => import('./projects/Applications.svelte'),
  access: () => import('./Access.svelte'),
  console: () => import('./Console.svelte'),
  opUsers: () => import('./operators/Users.svelte'),
  opUser: () => import('./operators/User.svelte'),
  opProjects: () => import('./operators/Projects.svelte'),
  opProject: () => import('./operators/Project.svelte'),
  opRequests: () => import('./operators/Requests.svelte'),
  opQuota: () => import('./operators/Quota.svelte'),
  opGroups: () => import('./operators/Groups.svelte'),
  opPolicies: () => import('./operators/Policies.svelte'),
  opAudit: () => import('./operators/Audit.svelte'),
  methods: () => import('./providers/Methods.svelte'),
  security: () => import('./security/Security.svelte'),
  reset: () => import('./security/Reset.svelte'),
  profile: () => import('./account/Profile.svelte'),
  invitations: () => import('./account/Invitations.svelte'),
  feedback: () => import('./account/Feedback.svelte'),
  signup: () => import('./open/SignUp.svelte'),
  activate: () => import('./open/Activate.svelte'),
  emailChange: () => import('./open/EmailChange.svelte'),
  terms: () => import('./open/Terms.svelte'),
  signout: () => import('./open/SignOut.svelte'),
  consent: () => import('./tokens/Consent.svelte'),
  missing: () => import('./NotFound.svelte'),
};

const kept = new Map<keyof typeof pieces, Promise<PageModule>>();

function page(piece: keyof typeof pieces, label: Key, props: Page['props'] = {}): Page {
  const load = () => {
    const known = kept.get(piece) ?? pieces[piece]();
    kept.set(piece, known);
    known.catch(() => kept.delete(piece));
    return known;
  };
  return { key: `${piece} ${props.id ?? ''}`, label, props, load };
}

/** Pages that need no session and stand outside the shell. */
const outside = new Set(['signup', 'activate', 'email-change', 'terms', 'signout', 'reset']);

export const isOutside = (place: Place): boolean => outside.has(place.name);

/** The page of an address. Design: section 2. */
export function pageOf(place: Place): Page {
  const [first, second] = place.parts;
  switch (place.name) {
    case 'overview':
      return page('overview', 'nav.overview');
    case 'machines':
      if (first === 'new') return page('machineNew', 'nav.machines');
      if (first) return page('machine', 'nav.machines', { id: first, tab: second ?? 'overview' });
      return page('machines', 'nav.machines');
    case 'networks':
      if (first) return page('network', 'nav.networks', { id: first });
      return page('networks', 'nav.networks');
    case 'files':
      return page('files', 'nav.files', {
        container: first ?? '',
        prefix: place.parts
          .slice(1)
          .map((part) => `${part}/`)
          .join(''),
      });
    case 'shared':
      return page('sharedWithMe', 'nav.files', {
        account: first ?? '',
        container: second ?? '',
        prefix: place.parts
          .slice(2)
          .map((part) => `${part}/`)
          .join(''),
      });
    case 'sharing':
      return page('sharedByMe', 'nav.files');
    case 'methods':
      return page('methods', 'nav.methods');
    case 'projects':
      return projectsPage(first, second);
    case 'quota':
      return page('quota', 'nav.usage');
    case 'security':
      return page('security', 'nav.security');
    case 'profile':
    case 'invitations':
    case 'feedback':
      return page(place.name, `nav.${place.name}`);
    case 'signup':
    case 'activate':
    case 'signout':
      return page(place.name, place.name);
    case 'terms':
      return page('terms', 'terms', { version: first ?? '' });
    case 'email-change':
      return page('emailChange', 'email.confirm');
    case 'reset':
      return page('reset', 'reset.title');
    case 'images':
    case 'keys':
    case 'access':
    case 'console':
      return page(place.name, place.name === 'console' ? 'console' : `nav.${place.name}`);
    case 'consent':
      return page('consent', 'nav.consent');
    case 'operate':
      return operatorsPage(first ?? 'users', second, place.parts[2]);
    default:
      return page('missing', 'notfound');
  }
}

function projectsPage(first: string | undefined, second: string | undefined): Page {
  if (!first) return page('projects', 'nav.projects');
  if (first === 'new') return page('projectForm', 'nav.projects', { id: '' });
  if (first === 'requests') return page('requests', 'nav.projects');
  if (second === 'modify') return page('projectForm', 'nav.projects', { id: first });
  return page('project', 'nav.projects', { id: first, tab: second ?? 'overview' });
}

/** The operators' pages; the services refuse their data to everybody else. */
function operatorsPage(name: string, id: string | undefined, tab: string | undefined): Page {
  switch (name) {
    case 'users':
      if (id) return page('opUser', 'nav.op.users', { id, tab: tab ?? 'overview' });
      return page('opUsers', 'nav.op.users');
    case 'projects':
      if (id) return page('opProject', 'nav.op.projects', { id });
      return page('opProjects', 'nav.op.projects');
    case 'requests':
      return page('opRequests', 'nav.op.requests');
    case 'quota':
      return page('opQuota', 'nav.op.quota');
    case 'groups':
      return page('opGroups', 'nav.op.groups');
    case 'policies':
      return page('opPolicies', 'nav.op.policies');
    case 'audit':
      return page('opAudit', 'nav.op.audit');
    default:
      return page('missing', 'notfound');
  }
}
