import type { ProfileRow } from '../../api/operators.ts';

/** The policies that a profile may set, in the order of the page. */
export const policyNames = [
  'login',
  'create',
  'add',
  'remove',
  'switch',
  'required',
  'automoderate',
  'limit',
] as const;

/** A profile as the service takes it. */
export const profileBody = (profile: ProfileRow) => ({
  ...profile,
  groups: profile.groups.map((each) => each.id),
  users: profile.users.map((each) => each.id),
});
