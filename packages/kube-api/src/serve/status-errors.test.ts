import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { withStatusErrors } from './status-errors.js';

const ask = async (handle: (response: ServerResponse) => void): Promise<{ code: number; type: string | null; text: string }> => {
  const server = createServer((_request, response) => handle(withStatusErrors(response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return { code: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  } finally {
    server.close();
  }
};

it('gives a refusal in plain text as a Status with the same words', async () => {
  const { code, type, text } = await ask((response) => {
    response.writeHead(400, { 'Content-Type': 'text/plain', 'Content-Length': 8 });
    response.end('no log.\n');
  });
  expect({ code, type }).toEqual({ code: 400, type: 'application/json' });
  expect(JSON.parse(text)).toMatchObject({ kind: 'Status', reason: 'BadRequest', message: 'no log.', code: 400 });
});

it('lets everything else pass, piece by piece', async () => {
  const passed = await ask((response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write('a');
    response.end('b');
  });
  expect(passed).toEqual({ code: 200, type: 'text/plain', text: 'ab' });
});
