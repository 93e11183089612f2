import {
  createTenant,
  type JsonObject,
  type Tenant,
  type TenantOptions,
} from '../../sandbox/tenant/index.ts';

export const policiesPath = '/v1.0/identity/conditionalAccess/policies';
export const deletedPath = '/v1.0/identity/conditionalAccess/deletedItems/policies';
export const breakGlass = '0a4fb5a4-5b1d-4f5c-9c3d-3a3f0d6c7b01';
export const someApp = '797f4846-ba00-4fd7-ba43-dac1f8f63013';

/** Time that passes when a test says so. */
export class TestClock {
  ms = Date.parse('2026-11-24T08:00:00Z');
  now(): number {
    return this.ms;
  }
  pass(ms: number): void {
    this.ms += ms;
  }
}

export interface Answer {
  status: number | 'reset' | 'hang';
  headers: Record<string, string>;
  json: JsonObject;
  text: string | undefined;
}

export interface Bench {
  tenant: Tenant;
  clock: TestClock;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Creates a policy over Graph and gives its id. */
  given(body?: JsonObject): Promise<string>;
}

export function bench(options: TenantOptions = {}): Bench {
  const clock = new TestClock();
  const tenant = createTenant({ clock, ...options });
  const call: Bench['call'] = async (method, path, body, headers = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const outcome = await tenant.handle({ method, path, headers, body: text });
    if (typeof outcome === 'string') return { status: outcome, headers: {}, json: {}, text: undefined };
    return {
      status: outcome.status,
      headers: { ...outcome.headers },
      json: jsonOf(outcome.body),
      text: outcome.body,
    };
  };
  const given: Bench['given'] = async (body = mfaForAll()) => {
    const answer = await call('POST', policiesPath, body);
    if (answer.status !== 201) throw new Error(answer.text);
    return String(answer.json.id);
  };
  return { tenant, clock, call, given };
}

/** The least there is to say about a policy, and accepted. */
export function mfaForAll(changes: JsonObject = {}): JsonObject {
  return {
    displayName: 'MFA for all',
    state: 'enabled',
    conditions: {
      applications: { includeApplications: ['All'] },
      users: { includeUsers: ['All'], excludeUsers: [breakGlass] },
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    ...changes,
  };
}

/** Conditions of `mfaForAll` with some members changed. */
export function conditions(changes: JsonObject): JsonObject {
  return { ...(mfaForAll().conditions as JsonObject), ...changes };
}

export function values(answer: Answer): JsonObject[] {
  return answer.json.value as JsonObject[];
}

export function errorOf(answer: Answer): { code: string; message: string; innerError: JsonObject } {
  return answer.json.error as unknown as { code: string; message: string; innerError: JsonObject };
}

function jsonOf(body: string | undefined): JsonObject {
  try {
    return JSON.parse(body ?? '{}') as JsonObject;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
