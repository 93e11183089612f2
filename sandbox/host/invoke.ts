import { randomUUID } from 'node:crypto';
import type { App, Binding, HookName, Registration, RpcHttp } from './core.ts';

/** A registered function with the binding that starts it. */
export interface Hosted {
  readonly registration: Registration;
  readonly name: string;
  readonly bindingName: string;
  readonly trigger: Binding;
}

export type Log = (level: string, functionName: string, line: string) => void;

/** Runs a function once. Rejects with what the function or a hook threw, after logging it. */
export type Invoke = (hosted: Hosted, data: object) => Promise<RpcHttp | undefined>;

export interface Invoker {
  readonly invoke: Invoke;
  /** Runs the app's `appStart` or `appTerminate` hooks, one after the other; rejects with what one throws. */
  runAppHooks(name: 'appStart' | 'appTerminate'): Promise<void>;
}

/** @throws Error for a function without a trigger */
export function hostedOf(registration: Registration): Hosted {
  const entry = Object.entries(registration.bindings).find(([, binding]) => binding.type.endsWith('Trigger'));
  if (entry === undefined) throw new Error(`function ${registration.name} has no trigger`);
  return { registration, name: registration.name, bindingName: entry[0], trigger: entry[1] };
}

/**
 * Invokes functions through the app's own programming model, with hooks in the worker's order
 * (`InvocationHandler.ts` of Azure/azure-functions-nodejs-worker): before, function, after; the hook after may replace
 * the result or the error.
 */
export function createInvoker(app: App, log: Log): Invoker {
  const appHookData = {};

  const runHooks = async (name: HookName, context: object): Promise<void> => {
    for (const hook of app.hooks(name)) await hook(context);
  };

  const invokeOnce = async ({ registration, name, bindingName }: Hosted, data: object) => {
    const invocationId = randomUUID();
    const logged = (level: string, category: string, message: string): void => {
      const line = { appHookData, invocationContext: context, level, category, message };
      for (const hook of app.hooks('log')) hook(line);
      log(line.level, name, line.message);
    };
    const request = {
      invocationId,
      inputData: [{ name: bindingName, data }],
      triggerMetadata: {},
      traceContext: {},
      retryContext: undefined,
    };
    const invocation = { invocationId, metadata: registration, request, state: '', log: logged };
    const model = app.model.getInvocationModel(invocation);
    // The library may log before there is a context.
    let context: object | undefined;
    const given = await model.getArguments();
    context = given.context;

    const shared = { hookData: {}, appHookData, invocationContext: context };
    const before = { ...shared, inputs: given.inputs, functionCallback: registration.callback };
    invocation.state = 'preInvocationHooks';
    await runHooks('preInvocation', before);

    invocation.state = 'invocation';
    const outcome = await outcomeOf(model.invokeFunction(context, before.inputs, before.functionCallback));

    const after = { ...shared, inputs: before.inputs, ...outcome };
    invocation.state = 'postInvocationHooks';
    await runHooks('postInvocation', after);
    if (after.error !== undefined && after.error !== null) throw after.error;
    return (await model.getResponse(context, after.result)).returnValue?.http ?? undefined;
  };

  return {
    async invoke(hosted, data) {
      try {
        return await invokeOnce(hosted, data);
      } catch (error) {
        log('error', hosted.name, describe(error));
        throw error;
      }
    },
    runAppHooks: (name) => runHooks(name, { hookData: appHookData, appHookData }),
  };
}

/** What a person debugging the app wants to see of an error. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function outcomeOf(result: Promise<unknown>): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await result, error: undefined };
  } catch (error) {
    // `throw undefined` is a failure too.
    return { result: undefined, error: error ?? new Error(`the function threw ${error}`) };
  }
}
