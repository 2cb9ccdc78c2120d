/** The websocket behind a console's address: same host, the token it carries. */
export function socketOf(address: string): string {
  const token = new URL(address, location.href).searchParams.get('token') ?? '';
  return socketFor(token);
}

export function socketFor(token: string): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}/console/ws?token=${encodeURIComponent(token)}`;
}
