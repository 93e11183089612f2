import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Cron } from 'croner';
import { type Binding, type Core, provideCore, type Registration, type RpcHttp } from './host/core.ts';

export interface HostedFunction {
  readonly name: string;
  readonly type: string;
  readonly route: string | undefined;
  readonly methods: readonly string[];
  /** As registered; `%NAME%` unresolved. */
  readonly schedule: string | undefined;
  readonly authLevel: string | undefined;
}

/** An Azure Functions host for a laptop. */
export interface Host {
  readonly url: string;
  readonly functions: readonly HostedFunction[];
  /** One tick of a timer, now. Rejects with what the function threw. */
  runTimer(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface HostOptions {
  /** Entry files, as import specifiers; each registers its functions while it loads. */
  readonly entries: readonly string[];
  /** App settings, for `%NAME%` in bindings. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly port?: number;
  readonly log: (level: string, functionName: string, line: string) => void;
}

interface Hosted {
  readonly registration: Registration;
  readonly name: string;
  readonly bindingName: string;
  readonly trigger: Binding;
}

/**
 * Loads a function app as Azure's Node worker does, serves its HTTP functions below `/api` and fires its timers.
 *
 * Like the real host it needs no key on a loopback address when run locally, resolves `%NAME%` from the app settings,
 * leaves a timer out (and says so) whose setting is missing, and never lets a timer overlap itself. One host a process:
 * the app's library keeps what was registered first.
 */
export async function startHost({ entries, environment, port = 0, log }: HostOptions): Promise<Host> {
  const core = provideCore();
  for (const entry of entries) await import(entry);
  core.model();
  const hosted = core.registrations.map(hostedOf);

  const invoke = async (
    { registration, name, bindingName }: Hosted,
    data: object,
  ): Promise<RpcHttp | undefined> => {
    const invocationId = randomUUID();
    const model = core.model().getInvocationModel({
      invocationId,
      metadata: registration,
      request: {
        invocationId,
        inputData: [{ name: bindingName, data }],
        triggerMetadata: {},
        traceContext: {},
        retryContext: undefined,
      },
      state: undefined,
      log: (level: string, _category: string, line: string) => log(level, name, line),
    });
    const { context, inputs } = await model.getArguments();
    const result = await model.invokeFunction(context, inputs, registration.callback);
    return (await model.getResponse(context, result)).returnValue?.http ?? undefined;
  };

  const timers = hosted.filter(({ trigger }) => trigger.type === 'timerTrigger');
  const tick = (timer: Hosted): Promise<unknown> => invoke(timer, { json: JSON.stringify(timerData()) });
  const jobs = timers.flatMap((timer) => schedule(timer, environment, log, () => tick(timer)));

  const routes = hosted.filter(({ trigger }) => trigger.type === 'httpTrigger');
  const server = createServer((request, response) => {
    answer(request, response, routes, invoke).catch((error: unknown) => {
      log('error', 'host', String(error));
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    functions: hosted.map(({ name, trigger }) => ({
      name,
      type: trigger.type,
      route: trigger.route,
      methods: trigger.methods ?? [],
      schedule: trigger.schedule,
      authLevel: trigger.authLevel,
    })),
    async runTimer(name) {
      const timer = timers.find((candidate) => candidate.name === name);
      if (timer === undefined) throw new Error(`there is no timer ${name}`);
      await tick(timer);
    },
    async close() {
      for (const job of jobs) job.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function hostedOf(registration: Core['registrations'][number]): Hosted {
  const entry = Object.entries(registration.bindings).find(([, binding]) => binding.type.endsWith('Trigger'));
  if (entry === undefined) throw new Error(`function ${registration.name} has no trigger`);
  return { registration, name: registration.name, bindingName: entry[0], trigger: entry[1] };
}

function schedule(
  timer: Hosted,
  environment: HostOptions['environment'],
  log: HostOptions['log'],
  tick: () => Promise<unknown>,
): Cron[] {
  const expression = resolveSetting(timer.trigger.schedule ?? '', environment);
  if (expression === undefined) {
    log(
      'warning',
      'host',
      `the app setting in "${timer.trigger.schedule}" is not set, so ${timer.name} is not started`,
    );
    return [];
  }
  const onError = (error: unknown): void =>
    log('error', timer.name, error instanceof Error ? error.message : String(error));
  return [
    new Cron(
      expression,
      { protect: true, unref: true, timezone: 'UTC', catch: onError },
      async () => void (await tick()),
    ),
  ];
}

/** `%NAME%` stands for an app setting; undefined when it is not set. */
function resolveSetting(text: string, environment: HostOptions['environment']): string | undefined {
  const name = /^%(.+)%$/.exec(text)?.[1];
  return name === undefined ? text : environment[name];
}

/** Timer data as the host sends it: in PascalCase, which the library turns round. */
function timerData(): object {
  const now = new Date().toISOString();
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: now, Next: now, LastUpdated: now },
    IsPastDue: false,
  };
}

type Invoke = (hosted: Hosted, data: object) => Promise<RpcHttp | undefined>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Hosted[],
  invoke: Invoke,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const method = request.method ?? 'GET';
  const fitting = routes.flatMap((hosted) => {
    const params = match(hosted.trigger.route ?? hosted.name, url.pathname);
    return params === undefined ? [] : [{ hosted, params }];
  });
  if (fitting.length === 0) return void response.writeHead(404).end();
  const found = fitting.find(({ hosted }) =>
    (hosted.trigger.methods ?? []).some((allowed) => allowed.toUpperCase() === method),
  );
  if (found === undefined) return void response.writeHead(405).end();
  const bytes = await buffer(request);
  const result = await invoke(found.hosted, {
    http: {
      method,
      url: url.href,
      nullableHeaders: nullable(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      nullableQuery: nullable([...url.searchParams]),
      nullableParams: nullable(Object.entries(found.params)),
      ...(bytes.length === 0 ? {} : { body: { bytes } }),
    },
  });
  const { bytes: out, string, json } = result?.body ?? {};
  response
    .writeHead(Number(result?.statusCode ?? 204), { ...result?.headers })
    .end(out ?? string ?? json ?? '');
}

function nullable(entries: readonly (readonly [string, string])[]): object {
  return Object.fromEntries(entries.map(([name, value]) => [name, { value }]));
}

/** Matches `/api/<route>` against a template such as `runs/{runId}`. */
function match(route: string, path: string): Record<string, string> | undefined {
  const wanted = ['api', ...route.split('/')];
  const given = path.split('/').slice(1);
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? '');
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name !== undefined) params[name] = value;
    else if (part.toLowerCase() !== value.toLowerCase()) return undefined;
  }
  return params;
}
