/**
 * A simulated Entra tenant: Microsoft Graph v1.0 as far as Conditional Access needs it, with the service's rules, its
 * spellings, and its bad days on demand. Read `tenant.ts` for the life of a request, `policies.ts` for what it does,
 * `complete.ts` and `present.ts` for what the service makes of a policy, `rules.ts` for what it refuses, `faults.ts` and
 * `store.ts` for what goes wrong. It knows nothing of the caretaker and shares no code with it.
 */
export type { Admin } from './admin.ts';
export type { GraphAnswer, GraphRequest, Outcome } from './answers.ts';
export type { Armed, ArmOptions, FaultName, Faults } from './faults.ts';
export {
  faultsAfter,
  faultsBefore,
  faultsDuring,
  faultsOfBodies,
  faultsOfLists,
} from './faults.ts';
export type { FetchLike } from './fetch.ts';
export { PREMIUM } from './licences.ts';
export type { Clock, DirectoryRole, Group, Json, JsonObject, Policy, User } from './model.ts';
export { type Rule, type RuleContext, rules } from './rules.ts';
export { isPublishedPolicy } from './schema.ts';
export { type Served, serveTenant } from './server.ts';
export { type Spelling, spellings } from './spellings.ts';
export { createTenant, graphOrigin, type LogEntry, type Tenant, type TenantOptions } from './tenant.ts';
export type { Settings, Write } from './world.ts';
