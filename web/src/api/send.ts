import { addressOf, headersOf, type Service } from './call.ts';
import { Fault, readFault } from './faults.ts';

export interface Sending {
  method: string;
  service: Service;
  path: string;
  body: Blob;
  headers?: Record<string, string>;
  onProgress?: (sent: number) => void;
  signal?: AbortSignal;
}

/** Send a body with progress, which `fetch` cannot report. */
export function send(sending: Sending): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = new XMLHttpRequest();
  request.open(sending.method, addressOf(sending.service, sending.path));
  for (const [name, value] of headersOf(sending.service, sending.headers)) {
    request.setRequestHeader(name, value);
  }
  request.upload.onprogress = (event) => sending.onProgress?.(event.loaded);
  request.onload = () =>
    request.status < 300
      ? resolve(request.responseText)
      : reject(readFault(request.status, request.responseText, responseHeaders(request)));
  request.onerror = () => reject(new Fault(0, 'offline', ''));
  request.onabort = () => reject(new DOMException('Stopped', 'AbortError'));
  sending.signal?.addEventListener('abort', () => request.abort(), { once: true });
  if (sending.signal?.aborted) request.abort();
  else request.send(sending.body);
  return promise;
}

function responseHeaders(request: XMLHttpRequest): Headers {
  const headers = new Headers();
  for (const line of request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/)) {
    const [name, ...rest] = line.split(': ');
    if (name) headers.set(name, rest.join(': '));
  }
  return headers;
}
