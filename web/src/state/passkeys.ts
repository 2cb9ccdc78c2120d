import type { Answer, Asked } from '../api/security.ts';

type Json = Record<string, unknown>;
type Named = { id: string };

/** Whether this browser can use passkeys at all; it cannot over plain HTTP to another host. */
export const canUsePasskeys = (): boolean =>
  typeof PublicKeyCredential !== 'undefined' && window.isSecureContext;

/** Have the device make a passkey. */
export async function makePasskey(asked: Asked): Promise<Answer> {
  const options = asked.options as Json & { user: Named; excludeCredentials?: Named[] };
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(String(options.challenge)),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map(withBytes),
    } as unknown as PublicKeyCredentialCreationOptions,
  });
  return { key: asked.key, response: written(credential) };
}

/** Have the device sign with a passkey. */
export async function usePasskey(asked: Asked): Promise<Answer> {
  const options = asked.options as Json & { allowCredentials?: Named[] };
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(String(options.challenge)),
      allowCredentials: (options.allowCredentials ?? []).map(withBytes),
    } as unknown as PublicKeyCredentialRequestOptions,
  });
  return { key: asked.key, response: written(credential) };
}

/** Whether somebody closed the browser's window instead of answering it. */
export const isCancelled = (error: unknown): boolean =>
  error instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(error.name);

const withBytes = <T extends Named>(named: T) => ({ ...named, id: bytes(named.id) });

function written(credential: Credential | null): Json {
  const { id, rawId, type, response } = credential as PublicKeyCredential;
  const told: Json = { clientDataJSON: text(response.clientDataJSON) };
  if (response instanceof AuthenticatorAttestationResponse) {
    told.attestationObject = text(response.attestationObject);
  }
  if (response instanceof AuthenticatorAssertionResponse) {
    told.authenticatorData = text(response.authenticatorData);
    told.signature = text(response.signature);
    if (response.userHandle) told.userHandle = text(response.userHandle);
  }
  return { id, rawId: text(rawId), type, response: told };
}

function bytes(base64url: string): Uint8Array {
  const plain = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
