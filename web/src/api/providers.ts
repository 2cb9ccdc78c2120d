import { own } from './own.ts';

export interface Method {
  id: number;
  module: string;
  kind: string;
  title: string;
  details: string;
  identifier: string;
  created: string;
  last_login_at: string | null;
  is_usable: boolean;
  can_remove: boolean;
  can_switch: boolean;
}

export interface Possible {
  module: string;
  kind: string;
  title: string;
  prompt: string;
}

export interface Methods {
  methods: Method[];
  available: Possible[];
  required: string[];
}

const placeOf = (module: string) => `/login/${encodeURIComponent(module)}`;

export const listMethods = () => own<Methods>('GET', '/methods');
export const removeMethod = (id: number) => own<Methods>('DELETE', `/methods/${id}`);

/** Begin to add a method, or to exchange one; answers where the browser has to go. */
export const leaveToAdd = (module: string, switchFrom: number | null = null) =>
  own<{ url: string }>('POST', placeOf(module), { switch_from: switchFrom });

export const addByDirectory = (username: string, password: string) =>
  own<{ url: string }>('POST', '/login/ldap/add', { username, password });
