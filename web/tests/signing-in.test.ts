import { expect, test, vi } from 'vitest';
import type { Offer } from '../src/api/security.ts';
import { browserOf } from '../src/pages/security/browsers.ts';

vi.stubGlobal('location', new URL('https://cloud.example.org/ui/'));
vi.stubGlobal('addEventListener', () => {});

const { inside } = await import('../src/state/after-entry.ts');
const { noticeOf } = await import('../src/pages/security/notices.ts');

const offer = (module: string, title: string): Offer => ({
  module,
  kind: 'remote',
  title,
  can_sign_in: true,
  can_sign_up: true,
  messages: {},
});

test.each([
  ['/ui/machines?x=1', '/ui/machines'],
  ['https://cloud.example.org/astakos/oauth2/auth?client_id=a', '/astakos/oauth2/auth'],
])('%s is a place to go on to', (next, pathname) => {
  expect(inside(next)?.pathname).toBe(pathname);
});

test.each([
  'https://evil.example/',
  '//evil.example/ui/',
  '/\\evil.example/',
  'javascript:alert(1)',
  'https://cloud.example.org.evil.example/',
  'http://cloud.example.org/',
  'https://cloud.example.org:8443/',
])('%s leads elsewhere and is not followed', (next) => {
  expect(inside(next)).toBeNull();
});

test('a notice names the provider as people know it', () => {
  const query = new URLSearchParams('notice=unavailable&provider=saml2');
  const told = noticeOf(query, [offer('saml2', 'Your university')]);
  expect(told?.text).toContain('Your university does not answer');
});

test('an unknown notice still says something, and none says nothing', () => {
  expect(noticeOf(new URLSearchParams('notice=odd&provider=x'), [])?.text).toContain('x');
  expect(noticeOf(new URLSearchParams(), [])).toBeNull();
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36', 'Chrome', 'Linux'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0', 'Edge', 'Windows'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0', 'Firefox', 'Android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1', 'Safari', 'iOS'],
])('%s is named as people know it', (agent, browser, system) => {
  expect(browserOf(agent)).toEqual({ browser, system });
});

test('what names no browser is no browser', () => {
  expect(browserOf('curl/8.5')).toBeNull();
});
