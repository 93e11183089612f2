import Module from 'node:module';

/** A function as the app registered it. Bindings are the worker's own, by name. */
export interface Registration {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly callback: Callback;
}

export type Callback = (...inputs: unknown[]) => unknown;

export interface Binding {
  readonly type: string;
  readonly direction?: string;
  readonly methods?: readonly string[];
  readonly route?: string;
  readonly schedule?: string;
  readonly runOnStartup?: boolean;
  readonly authLevel?: string;
}

/** What the programming model (`@azure/functions`) gives the host for one invocation. */
export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<{ returnValue?: { http?: RpcHttp } | null }>;
}

export interface RpcHttp {
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly bytes?: Uint8Array; readonly string?: string; readonly json?: string } | null;
}

export interface ProgrammingModel {
  getInvocationModel(context: object): InvocationModel;
  getCapabilities(worker: Record<string, string>): Promise<Record<string, string>>;
}

const HOOKS = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
export type HookName = (typeof HOOKS)[number];
export type HookCallback = (context: object) => unknown;

/** What the entry files registered. */
export interface App {
  readonly model: ProgrammingModel;
  readonly registrations: readonly Registration[];
  /** In the order of their registration. */
  hooks(name: HookName): readonly HookCallback[];
}

export type SystemLog = (level: string, line: string) => void;

interface Entry {
  readonly registrations: Registration[];
  readonly hooks: { readonly name: HookName; readonly callback: HookCallback }[];
}

/**
 * The library asks for its core once and keeps the answer, and a module is evaluated once: so there is one core a
 * process, and what an entry file registered is kept for the next host.
 */
const entriesByUrl = new Map<string, Entry>();
let loading: Entry | undefined;
let model: ProgrammingModel | undefined;
let systemLog: SystemLog = () => undefined;
let isProvided = false;

/**
 * Loads entry files as Azure's Node worker does and says what they registered.
 *
 * @param urls file URLs of the entry files
 * @throws Error when nothing was registered (in Azure such an app runs and has no functions), when two functions share
 *   a name, or when the app asks for HTTP streams, which this host does not have; and whatever an entry file throws
 */
export async function loadApp(urls: readonly string[], log: SystemLog): Promise<App> {
  provideCore();
  systemLog = log;
  const entries: Entry[] = [];
  for (const url of urls) entries.push(await loadEntry(url));
  const registrations = entries.flatMap((entry) => entry.registrations);
  refuseTwins(registrations);
  if (model === undefined || registrations.length === 0) throw new Error(nothingRegistered(urls));
  await refuseStreams(model);
  return {
    model,
    registrations,
    hooks: (name) =>
      entries.flatMap(({ hooks }) => hooks.filter((hook) => hook.name === name).map((hook) => hook.callback)),
  };
}

async function loadEntry(url: string): Promise<Entry> {
  const known = entriesByUrl.get(url);
  if (known !== undefined) return known;
  const entry: Entry = { registrations: [], hooks: [] };
  loading = entry;
  try {
    await import(url);
  } finally {
    loading = undefined;
  }
  entriesByUrl.set(url, entry);
  return entry;
}

function refuseTwins(registrations: readonly Registration[]): void {
  const names = registrations.map(({ name }) => name.toLowerCase());
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined) throw new Error(`two functions are called ${twin}`);
}

function nothingRegistered(urls: readonly string[]): string {
  return (
    `no function was registered by ${urls.join(', ') || 'no entry file'}. Either the files register none, or ` +
    'something in this process used @azure/functions before the host started: the library is then in test mode for ' +
    'good. Start the host first, or in a process of its own'
  );
}

/** With streams the library waits for requests on a server of its own, and every invocation would hang here. */
async function refuseStreams(given: ProgrammingModel): Promise<void> {
  const { HttpUri } = await given.getCapabilities({});
  if (HttpUri !== undefined)
    throw new Error('app.setup({ enableHttpStream: true }) does not work in this host');
}

/**
 * Provides the module `@azure/functions-core`, which exists nowhere on disk: Microsoft's Node worker makes it appear by
 * patching `require`, and so does this, so that the app's own registration is what runs. The library asks for it at the
 * first registration, not when it is loaded (`tryGetCoreApiLazy` in its source).
 */
function provideCore(): void {
  if (isProvided) return;
  isProvided = true;
  const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
  const original = prototype.require;
  prototype.require = function (this: unknown, id: string) {
    return id === '@azure/functions-core' ? core : original.call(this, id);
  };
}

const core = {
  version: '3.0.0-sandbox',
  hostVersion: '4.1000.0-sandbox',
  setProgrammingModel(given: ProgrammingModel): void {
    model = given;
  },
  getProgrammingModel: (): ProgrammingModel | undefined => model,
  registerFunction(metadata: Omit<Registration, 'callback'>, callback: Callback): { dispose(): void } {
    const { registrations } = loadingEntry(`function ${metadata.name}`);
    const registration = { ...metadata, callback };
    registrations.push(registration);
    return { dispose: () => remove(registrations, registration) };
  },
  registerHook(name: string, callback: HookCallback): { dispose(): void } {
    if (!isHookName(name)) throw unknownHook(name);
    const { hooks } = loadingEntry(`hook ${name}`);
    const hook = { name, callback };
    hooks.push(hook);
    return { dispose: () => remove(hooks, hook) };
  },
  log(level: string, _category: string, line: string): void {
    systemLog(level, line);
  },
};

function loadingEntry(what: string): Entry {
  if (loading === undefined) throw new Error(`${what} was registered after the entry files had loaded`);
  return loading;
}

function isHookName(name: string): name is HookName {
  return (HOOKS as readonly string[]).includes(name);
}

/** By this name and mark the library recognises a host too old for a hook (`registerHook` in its source). */
function unknownHook(name: string): Error {
  return Object.assign(new RangeError(`there is no hook ${name}`), { isAzureFunctionsSystemError: true });
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
