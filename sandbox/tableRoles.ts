import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Azurite } from './azurite.ts';

/** What somebody may do with a table, as Azure's built-in roles give it. */
export type TableRole = 'Storage Table Data Contributor' | 'Storage Table Data Reader' | 'none';

/** An account whose roles are told apart by table, as Azure's are. */
export interface TableRoles {
  readonly connectionString: string;
  /** By table; one that is not here may be written. Changed at will. */
  readonly roles: Map<string, TableRole>;
  close(): Promise<void>;
}

/**
 * Stands in front of the emulator, which knows one key that may do everything. Refuses before anything is carried out, in
 * the service's words (Microsoft's REST reference, "Common REST API error codes").
 */
export async function serveTableRoles(azurite: Azurite): Promise<TableRoles> {
  const { host } = new URL(azurite.url);
  const roles = new Map<string, TableRole>();
  const server = createServer((request, response) => {
    const role = roles.get(tableIn(request.url ?? '')) ?? 'Storage Table Data Contributor';
    if (mayDo(role, request.method ?? 'GET')) handOn(host, request, response);
    else refuse(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const here = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    connectionString: azurite.connectionString.replace(host, here),
    roles,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `/account/desired()?…` and `/account/desired(PartitionKey=…)` alike. */
function tableIn(url: string): string {
  return /^\/[^/]+\/([a-z]+)/i.exec(url)?.[1]?.toLowerCase() ?? '';
}

function mayDo(role: TableRole, method: string): boolean {
  switch (role) {
    case 'Storage Table Data Contributor':
      return true;
    case 'Storage Table Data Reader':
      return method === 'GET';
    case 'none':
      return false;
  }
}

function handOn(host: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const [hostname, port] = host.split(':');
  const onward = forward({ hostname, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const code = 'AuthorizationPermissionMismatch';
  const value = 'This request is not authorized to perform this operation using this permission.';
  response.writeHead(403, { 'content-type': 'application/json', 'x-ms-error-code': code });
  response.end(JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value } } }));
}
