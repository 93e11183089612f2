import Module from 'node:module';

/** A function as the app registered it. Bindings are the worker's own, by name. */
export interface Registration {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly callback: (...inputs: unknown[]) => unknown;
}

export interface Binding {
  readonly type: string;
  readonly direction?: string;
  readonly methods?: readonly string[];
  readonly route?: string;
  readonly schedule?: string;
  readonly authLevel?: string;
}

/** What the programming model (`@azure/functions`) gives the host for one invocation. */
export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: Registration['callback']): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<{ returnValue?: { http?: RpcHttp } | null }>;
}

export interface RpcHttp {
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly bytes?: Uint8Array; readonly string?: string; readonly json?: string } | null;
}

export interface ProgrammingModel {
  getInvocationModel(context: object): InvocationModel;
}

/** The half of the worker that the app talks to. */
export interface Core {
  readonly registrations: Registration[];
  model(): ProgrammingModel;
}

type Require = (this: unknown, id: string) => unknown;

/** Set once: the patch outlives every host, and always serves the newest. */
let provide: (() => object) | undefined;

/**
 * Provides the module `@azure/functions-core`, which exists nowhere on disk: Microsoft's Node worker makes it appear by
 * patching `require`, and so does this, so that the app's own registration is what runs.
 *
 * @throws Error when the app's library was loaded before there was a host; it is then in test mode for good
 */
export function provideCore(): Core {
  const registrations: Registration[] = [];
  let current: ProgrammingModel | undefined;
  const core = {
    version: '3.0.0-sandbox',
    hostVersion: '4.1000.0-sandbox',
    setProgrammingModel: (model: ProgrammingModel) => {
      current = model;
    },
    getProgrammingModel: () => current,
    registerFunction: (metadata: Omit<Registration, 'callback'>, callback: Registration['callback']) => {
      registrations.push({ ...metadata, callback });
      return { dispose: () => undefined };
    },
    registerHook: () => ({ dispose: () => undefined }),
    log: () => undefined,
  };
  const isFirst = provide === undefined;
  provide = () => core;
  if (isFirst) patchRequire();
  return {
    registrations,
    model() {
      if (current === undefined)
        throw new Error('@azure/functions was loaded before the host started, so it registers nothing');
      return current;
    },
  };
}

function patchRequire(): void {
  const prototype = Module.prototype as unknown as { require: Require };
  const original = prototype.require;
  prototype.require = function (this: unknown, id: string) {
    return id === '@azure/functions-core' && provide !== undefined ? provide() : original.call(this, id);
  };
}
