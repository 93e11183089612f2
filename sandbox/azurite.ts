import { createRequire } from 'node:module';

/** A table service of one's own. */
export interface Azurite {
  readonly connectionString: string;
  /** The table endpoint, with the account in its path. */
  readonly url: string;
  close(): Promise<void>;
}

interface TableServer {
  start(): Promise<void>;
  close(): Promise<void>;
  /** With the port that was really taken. */
  getHttpServerAddress(): string;
}

/** The emulator's published account; it opens nothing else (Azurite's documentation). */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Starts Azurite's table service in this process, in memory, on the given port or a free one. The one place that knows
 * its inner paths (3.37.0): the published command takes a second to start and sends telemetry unless told not to.
 */
export async function startAzurite({ port = 0 }: { readonly port?: number } = {}): Promise<Azurite> {
  const server = tableServer(port);
  await server.start();
  const url = `http://127.0.0.1:${new URL(server.getHttpServerAddress()).port}/${ACCOUNT}`;
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};TableEndpoint=${url};`,
    url,
    close: () => server.close(),
  };
}

function tableServer(port: number): TableServer {
  const require = createRequire(import.meta.url);
  const { default: Configuration } = require('azurite/dist/src/table/TableConfiguration.js');
  const { default: Server } = require('azurite/dist/src/table/TableServer.js');
  const settings = {
    host: '127.0.0.1',
    port,
    keepAliveSeconds: 5,
    databasePath: '',
    debugLog: false,
    accessLog: false,
    accessLogStream: undefined,
    debugLogPath: undefined,
    loose: false,
    skipApiVersionCheck: true,
    certificate: '',
    key: '',
    password: '',
    oauth: undefined,
    disableProductStyleUrl: false,
    inMemory: true,
  };
  // The constructor takes them by position, in just this order.
  return new Server(new Configuration(...Object.values(settings))) as TableServer;
}
