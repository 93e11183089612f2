import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { Fault } from '../fault.ts';
import type { TableName } from './rows.ts';

/** Where the tables are and who we are there. Exactly one of `tableServiceUri` and `connectionString`. */
export interface StorageSettings {
  /** `https://<account>.table.core.windows.net`, or the like in another cloud. */
  readonly tableServiceUri?: string;
  /** `UseDevelopmentStorage=true`, or written out; http on a loopback address only. */
  readonly connectionString?: string;
  /** Client id of the user-assigned managed identity; absent = system-assigned. */
  readonly clientId?: string;
  /** An operator's own sign-in, in place of the managed identity. */
  readonly credential?: TokenCredential;
}

/** The way to one account. */
export interface Connection {
  /** Host and path of the endpoint, for messages; no key and no signature in it. */
  readonly account: string;
  /** @param watch told of every request that leaves this process */
  open(table: TableName, watch: Watch): TableClient;
}

/** Called when a request leaves; what it returns, with the header `Date` of the answer when that comes. */
export type Watch = () => ((date: string | undefined) => void) | undefined;

/** @throws Fault `config` naming the setting; never its value, which may hold a key */
export function connect(settings: StorageSettings): Connection {
  const { tableServiceUri, connectionString } = settings;
  if (tableServiceUri !== undefined && connectionString !== undefined) {
    throw new Fault(
      'config',
      'STATE_STORAGE and STATE_STORAGE__tableServiceUri are both set: keep one of them',
    );
  }
  if (tableServiceUri !== undefined) return connectByIdentity(tableServiceUri, settings);
  if (connectionString !== undefined) return connectByString(connectionString);
  throw new Fault('config', 'neither STATE_STORAGE__tableServiceUri nor STATE_STORAGE is set');
}

function connectByIdentity(uri: string, { clientId, credential }: StorageSettings): Connection {
  const url = URL.parse(uri);
  if (url === null || url.protocol !== 'https:' || url.search !== '' || url.username !== '') {
    const example = 'https://<account>.table.core.windows.net';
    throw new Fault('config', `STATE_STORAGE__tableServiceUri must be an https address such as ${example}`);
  }
  const endpoint = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const identity = credential ?? new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
  return {
    account: accountName(url),
    open: (table, watch) => new TableClient(endpoint, table, identity, options(watch)),
  };
}

function connectByString(connectionString: string): Connection {
  const open = (table: TableName, extra: TableServiceClientOptions): TableClient => {
    try {
      return TableClient.fromConnectionString(connectionString, table, extra);
    } catch {
      throw unreadable();
    }
  };
  const url = URL.parse(open('control', {}).url);
  if (url === null) throw unreadable();
  const allowInsecureConnection = url.protocol === 'http:';
  if (allowInsecureConnection && !isLoopback(url.hostname)) {
    throw new Fault(
      'config',
      `STATE_STORAGE: ${url.host} is not on this machine, so its endpoint must be https`,
    );
  }
  return {
    account: accountName(url),
    open: (table, watch) => open(table, { ...options(watch), allowInsecureConnection }),
  };
}

function unreadable(): Fault {
  return new Fault('config', 'STATE_STORAGE is not a connection string of a storage account');
}

/** Repeats and deadlines are ours (`calls.ts`), and no answer sends the token or the signature elsewhere. */
function options(watch: Watch): TableServiceClientOptions {
  return {
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: watching(watch), position: 'perRetry' }],
  };
}

type PipelinePolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];

/** Last in the pipeline, so that a second try with a fresh token is counted as well. */
function watching(watch: Watch): PipelinePolicy {
  return {
    name: 'caretakerWatching',
    sendRequest: async (request, next) => {
      const answered = watch();
      const response = await next(request);
      answered?.(response.headers.get('date'));
      return response;
    },
  };
}

function accountName(url: URL): string {
  return `${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
