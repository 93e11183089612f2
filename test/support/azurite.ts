import { createRequire } from 'node:module';

/** A table service of its own for one test file: in memory, on a port the system chose. */
export interface Azurite {
  readonly port: number;
  readonly connectionString: string;
  stop(): Promise<void>;
}

interface TableServer {
  start(): Promise<void>;
  close(): Promise<void>;
  /** With the port that was really taken. */
  getHttpServerAddress(): string;
}

/** The emulator's published account; it opens nothing else. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Starts Azurite's table service inside this process. This is the one place that knows its inner paths (3.37.0): the
 * published command takes a second to start and sends telemetry unless it is told not to.
 */
export async function startAzurite(): Promise<Azurite> {
  const server = tableServer();
  await server.start();
  const port = Number(new URL(server.getHttpServerAddress()).port);
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  return {
    port,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};TableEndpoint=${endpoint};`,
    stop: () => server.close(),
  };
}

function tableServer(): TableServer {
  const require = createRequire(import.meta.url);
  const { default: Configuration } = require('azurite/dist/src/table/TableConfiguration.js');
  const { default: Server } = require('azurite/dist/src/table/TableServer.js');
  const keepAliveSeconds = 5;
  const configuration = new Configuration(
    '127.0.0.1',
    0,
    keepAliveSeconds,
    '', // database path: in memory, see below
    false, // debug log
    false, // access log
    undefined,
    undefined,
    false, // loose
    true, // skip the check of the API version
    '',
    '',
    '',
    undefined,
    false,
    true, // in memory
  );
  return new Server(configuration) as TableServer;
}
