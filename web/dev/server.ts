import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { answer } from './cloud.ts';

/** A pretend cloud for looking at the interface alone; never part of a build. */
export function devServer(): Plugin {
  return {
    name: 'pretend-cloud',
    apply: 'serve',
    configureServer: (server) => {
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? '/', 'http://here');
        if (!/^\/(astakos|cyclades|pithos)\//.test(url.pathname)) return next();
        void carry(request, response, url);
      });
    },
  };
}

async function carry(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const reply = answer({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  });
  response.statusCode = reply.status;
  response.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.end(reply.data === undefined ? '' : JSON.stringify(reply.data));
}
