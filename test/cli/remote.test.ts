import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { caretakerIn } from '../support/caretaker.ts';

let server: Server;

/** An app that answers everything like this. */
async function app(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => void server.close());

describe('the deployed app, asked from the command line', () => {
  it('that breaks off in the middle of its answer has not been reached', async () => {
    const url = await app((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"status":', () => response.destroy());
    });

    const { code, err } = await caretakerIn({}, ['status', '--app', url]);

    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('cannot be reached') });
  });

  it('says when to try again while a run is at work', async () => {
    const url = await app((_, response) => {
      response.writeHead(409, { 'retry-after': '42', 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ detail: 'run 7 holds the lease' }));
    });

    const { code, err } = await caretakerIn({}, ['plan', '--app', url]);

    expect({ code, err }).toEqual({
      code: 1,
      err: 'caretaker: another run is at work (run 7 holds the lease); try again in 42 s\n',
    });
  });
});
