import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HttpAnswer } from '../server/http-answer.js';
import type { Exchange, Route } from '../server/route.js';

/** GET /logs/…: the files of the node's log directory. Links that lead out of it are not followed. */
export const nodeLogRoute = (logDirectory: string): Route => {
  const handle = async ({ response, params, signal }: Exchange): Promise<void> => {
    const root = await realpath(logDirectory);
    const path = await realpath(join(root, params['*'] ?? '')).catch(() => undefined);
    if (path === undefined || (path !== root && !path.startsWith(root + sep))) throw new HttpAnswer(404, '404 page not found\n');
    const found = await stat(path);
    if (found.isDirectory()) {
      const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
      const links = entries.map((entry) => {
        const name = entry.isDirectory() ? `${entry.name}/` : entry.name;
        return `<a href="${encodeURI(name)}">${escapeHtml(name)}</a>\n`;
      });
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
      return void response.end(`<!doctype html>\n<pre>\n${links.join('')}</pre>\n`);
    }
    if (!found.isFile()) throw new HttpAnswer(404, '404 page not found\n');
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
    await pipeline(createReadStream(path), response, { signal });
  };
  return { methods: ['GET'], path: '/logs/*', debugging: true, handle };
};

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
