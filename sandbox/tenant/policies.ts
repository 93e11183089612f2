import { accessDenied, badRequest, notFound, Refusal, type Reply } from './answers.ts';
import { complete, merged } from './complete.ts';
import { isObject, type Json, type JsonObject, type Policy } from './model.ts';
import { bodyOf, filterOf, nextLink, type SkipToken, selected, skipTokenOf, topOf } from './odata.ts';
import { contextOf, present } from './present.ts';
import { createRandom } from './random.ts';
import { type RuleContext, rules } from './rules.ts';
import { complaint, validCreate, validUpdate, withoutUnknownNulls } from './schema.ts';
import { type Spelling, spellings } from './spellings.ts';
import type { Entry } from './store.ts';
import type { Call, Route, World, Write } from './world.ts';

const policySet = 'identity/conditionalAccess/policies';
const deletedSet = 'identity/conditionalAccess/deletedItems/policies';
const locationSet = 'identity/conditionalAccess/namedLocations';

const read = [['Policy.Read.All']];
const write = [['Policy.Read.All'], ['Policy.ReadWrite.ConditionalAccess']];
// deletedItems has no published permission table that is filled in; reading and writing policies is the likeliest.
const conditionalAccess = true;

/** Everything under /identity/conditionalAccess, and the state of security defaults. Permissions: Graph docs, each page. */
export const policyRoutes: readonly Route[] = [
  { method: 'GET', path: route(policySet), conditionalAccess, needs: read, answer: list },
  { method: 'POST', path: route(policySet), conditionalAccess, needs: write, answer: create },
  { method: 'GET', path: route(policySet, 'id'), conditionalAccess, needs: read, answer: get },
  { method: 'PATCH', path: route(policySet, 'id'), conditionalAccess, needs: write, answer: update },
  { method: 'DELETE', path: route(policySet, 'id'), conditionalAccess, needs: write, answer: remove },
  {
    method: 'POST',
    path: route(policySet, 'id', 'restore'),
    conditionalAccess,
    needs: write,
    answer: restore,
  },
  { method: 'GET', path: route(deletedSet), conditionalAccess, needs: read, answer: listDeleted },
  { method: 'GET', path: route(deletedSet, 'id'), conditionalAccess, needs: read, answer: getDeleted },
  { method: 'DELETE', path: route(deletedSet, 'id'), conditionalAccess, needs: write, answer: purge },
  {
    method: 'POST',
    path: route(deletedSet, 'id', 'restore'),
    conditionalAccess,
    needs: write,
    answer: restore,
  },
  { method: 'GET', path: route(locationSet), conditionalAccess, needs: read, answer: listLocations },
  { method: 'GET', path: route(locationSet, 'id'), conditionalAccess, needs: read, answer: getLocation },
  {
    method: 'GET',
    path: /^\/policies\/identitySecurityDefaultsEnforcementPolicy$/i,
    conditionalAccess: false,
    needs: read,
    answer: securityDefaults,
  },
];

function route(set: string, id?: 'id', action?: string): RegExp {
  return new RegExp(
    `^/${set}${id ? '/([^/]+)' : ''}${action ? `/(?:microsoft\\.graph\\.)?${action}` : ''}$`,
    'i',
  );
}

function list(call: Call, world: World): Reply {
  const isListed = (entry: Entry) => entry.policy.deletedDateTime === null && !entry.preview;
  return listOf(call, world, policySet, isListed);
}

function listDeleted(call: Call, world: World): Reply {
  askDeletedItems(world);
  return listOf(call, world, deletedSet, (entry) => entry.policy.deletedDateTime !== null);
}

function get(call: Call, world: World): Reply {
  const id = idOf(call);
  const entry = world.store.seen(id, world.store.anyReplica());
  if (!entry || entry.policy.deletedDateTime !== null) throw notFound(`Policy ${id}`);
  if (entry.preview) throw badRequest('The policy can be read through the beta endpoint only.', 1037);
  return { status: 200, json: single(call, world, entry.policy, policySet) };
}

function getDeleted(call: Call, world: World): Reply {
  askDeletedItems(world);
  const id = idOf(call);
  const entry = world.store.seen(id, world.store.anyReplica());
  if (!entry || entry.policy.deletedDateTime === null) throw notFound(`Deleted policy ${id}`);
  return { status: 200, json: single(call, world, entry.policy, deletedSet) };
}

/** 201 with the whole policy. The Location header names a host that callers cannot reach (msgraph-metadata 647). */
function create(call: Call, world: World): Reply {
  const sent = checkedBody(call, validCreate);
  const id = world.ids.guid();
  const stamps = {
    id,
    createdDateTime: world.store.timestamp(),
    modifiedDateTime: null,
    deletedDateTime: null,
  };
  const policy = complete({ templateId: null, ...sent, ...stamps });
  obey(policy, ruleContext(world, id, undefined, sent, policy));
  requireApplicationRead(call, undefined, policy);
  world.store.write(id, { policy, managed: false, preview: false });
  record(call, world, 'create', undefined, policy);
  const location = `https://graph-internal.invalid/v1.0/${policySet}('${id}')`;
  return { status: 201, headers: { location }, json: single(call, world, policy, policySet) };
}

/** 204, no body (Graph docs, conditionalaccesspolicy-update). Every accepted PATCH moves modifiedDateTime. */
function update(call: Call, world: World): Reply {
  const entry = existing(call, world);
  if (entry.preview) throw badRequest('The policy uses preview features and cannot be changed here.', 1038);
  const sent = checkedBody(call, validUpdate);
  const before = entry.policy;
  const after = changed(world, before, sent);
  const context = ruleContext(world, before.id, entry, sent, after);
  obey(after, context);
  requireApplicationRead(call, before, after);
  if (call.struck('ignoredPatch')) return { status: 204 };
  const half = call.struck('halfPatch') ? changed(world, before, halfOf(sent)) : undefined;
  // A half that the service would not store is no half: then nothing took effect.
  if (half && broken(half, { ...context, sent: {} })) return { status: 204 };
  const policy = { ...(half ?? after), modifiedDateTime: world.store.timestamp() };
  world.store.write(before.id, { ...entry, policy });
  record(call, world, 'update', before, policy);
  return { status: 204 };
}

/** Soft: kept for 30 days, exactly as it was. */
function remove(call: Call, world: World): Reply {
  const entry = existing(call, world);
  if (entry.managed) throw badRequest('This policy is managed by Microsoft and cannot be deleted.');
  const policy = { ...entry.policy, deletedDateTime: world.store.timestamp() };
  world.store.write(policy.id, { ...entry, policy });
  record(call, world, 'delete', entry.policy, policy);
  return { status: 204 };
}

/** 200 and the policy, as it was deleted: same id, same content, same state (Graph docs, conditionalaccesspolicy-restore). */
function restore(call: Call, world: World): Reply {
  askDeletedItems(world);
  const entry = deleted(call, world);
  const policy = { ...entry.policy, deletedDateTime: null };
  const context = ruleContext(world, policy.id, undefined, {}, policy);
  if (context.others >= context.policyLimit)
    throw badRequest('The tenant has reached its limit of policies.');
  world.store.write(policy.id, { ...entry, policy });
  record(call, world, 'restore', entry.policy, policy);
  return { status: 200, json: single(call, world, policy, policySet) };
}

/** Gone for good (Graph docs, policydeletableitem-delete). */
function purge(call: Call, world: World): Reply {
  askDeletedItems(world);
  const entry = deleted(call, world);
  world.store.write(entry.policy.id, undefined);
  record(call, world, 'purge', entry.policy, undefined);
  return { status: 204 };
}

function listLocations(call: Call, world: World): Reply {
  const locations = [...world.namedLocations.values()]
    .filter(filterOf(call))
    .map((one) => structuredClone(one));
  const token = skipTokenOf(call) ?? { offset: 0, replica: 0, order: 0 };
  return { status: 200, json: page(call, world, locationSet, locations, token) };
}

function getLocation(call: Call, world: World): Reply {
  const location = world.namedLocations.get(idOf(call));
  if (!location) throw notFound(`NamedLocation ${idOf(call)}`);
  const context = contextOf(call.url.origin, locationSet, true);
  return { status: 200, json: { '@odata.context': context, ...structuredClone(location) } };
}

function securityDefaults(call: Call, world: World): Reply {
  const set = 'policies/identitySecurityDefaultsEnforcementPolicy';
  const json = {
    '@odata.context': contextOf(call.url.origin, set, true),
    id: '00000000-0000-0000-0000-000000000005',
    displayName: 'Security Defaults',
    description: '',
    isEnabled: world.settings.securityDefaults,
  };
  return { status: 200, json };
}

function idOf(call: Call): string {
  return (call.params[0] ?? '').toLowerCase();
}

/** The policy to write to: writes meet the truth, whatever the reads show. */
function existing(call: Call, world: World): Entry {
  const entry = world.store.truth(idOf(call));
  if (!entry || entry.policy.deletedDateTime !== null) throw notFound(`Policy ${idOf(call)}`);
  return entry;
}

function deleted(call: Call, world: World): Entry {
  const entry = world.store.truth(idOf(call));
  if (!entry || entry.policy.deletedDateTime === null) throw notFound(`Deleted policy ${idOf(call)}`);
  return entry;
}

/** US Government and China have no deletedItems; elsewhere a tenant may still refuse an app. */
function askDeletedItems({ settings }: World): void {
  switch (settings.deletedItems) {
    case 'supported':
      return;
    case 403:
      throw accessDenied();
    case 404:
      throw badSegment('deletedItems');
    case 501:
      throw new Refusal(501, 'NotImplemented', 'This cloud does not offer deletedItems.');
  }
}

export function badSegment(segment: string): Refusal {
  return new Refusal(404, 'ResourceNotFound', `Resource not found for the segment '${segment}'.`);
}

function checkedBody(call: Call, valid: typeof validCreate): JsonObject {
  const { body, dropped } = withoutUnknownNulls(bodyOf(call.request));
  call.dropped.push(...dropped);
  if (!valid(body)) throw badRequest(`A value is null or not in the schema: ${complaint(valid)}.`, 1007);
  return body;
}

function changed(world: World, before: Policy, sent: JsonObject): Policy {
  return complete(merged(before as unknown as JsonObject, sent, world.settings.mergeDepth));
}

function ruleContext(
  world: World,
  id: string,
  entry: Entry | undefined,
  sent: JsonObject,
  policy: Policy,
): RuleContext {
  const { settings, store, strengths, namedLocations } = world;
  const active = store.allTrue().filter(({ policy: one }) => one.deletedDateTime === null && one.id !== id);
  return {
    before: entry?.policy,
    sent,
    size: JSON.stringify(policy).length,
    sizeMax: settings.policySizeMax,
    others: active.length,
    policyLimit: settings.policyLimit,
    securityDefaults: settings.securityDefaults,
    managed: entry?.managed ?? false,
    locationExists: (location) => settings.unlistedLocations === 'any' || namedLocations.has(location),
    strengthExists: (strength) => strengths.has(strength),
    applicationExists: (app) => settings.servicePrincipals === 'any' || settings.servicePrincipals.has(app),
  };
}

function broken(policy: Policy, context: RuleContext): boolean {
  return rules.some((rule) => rule.breaks(policy, context));
}

function obey(policy: Policy, context: RuleContext): void {
  const rule = rules.find((one) => one.breaks(policy, context));
  if (rule) throw badRequest(rule.message, rule.code);
}

/** Setting or changing what a policy targets needs Application.Read.All as well (IntuneCD 142). */
function requireApplicationRead(call: Call, before: Policy | undefined, after: Policy): void {
  if (call.granted === undefined || call.granted.has('Application.Read.All')) return;
  const targets = (policy: Policy | undefined) => JSON.stringify(policy?.conditions.applications ?? null);
  if (targets(before) !== targets(after)) throw accessDenied();
}

/** The first half of a body, counted in second-level members. */
function halfOf(sent: JsonObject): JsonObject {
  const units = Object.entries(sent).flatMap(([member, value]): [string, string | null, Json][] =>
    isObject(value)
      ? Object.entries(value).map(([inner, innerValue]) => [member, inner, innerValue])
      : [[member, null, value]],
  );
  const half: JsonObject = {};
  for (const [member, inner, value] of units.slice(0, Math.floor(units.length / 2))) {
    const group = half[member];
    if (inner === null) half[member] = value;
    else half[member] = { ...(isObject(group) ? group : {}), [inner]: value };
  }
  return half;
}

function record(
  call: Call,
  world: World,
  action: Write['action'],
  before: Policy | undefined,
  after: Policy | undefined,
): void {
  const id = (after ?? before)?.id ?? '';
  const clientRequestId = call.request.headers['client-request-id'];
  world.writes.push({ at: world.clock.now(), by: 'graph', action, id, before, after, clientRequestId });
}

function single(call: Call, world: World, policy: Policy, set: string): JsonObject {
  const context = contextOf(call.url.origin, set, true);
  return { '@odata.context': context, ...selected(call, shown(call, world, policy)) };
}

/** As this caller sees it, in whatever spelling strikes. */
export function shown(call: Call, world: World, policy: Policy): JsonObject {
  const prefers = (call.request.headers.prefer ?? '').includes('include-unknown-enum-members');
  const masked = world.settings.hidesNewEnumMembers && !prefers;
  let answer = present(policy, { origin: call.url.origin, strengths: world.strengths, masked });
  for (const name of Object.keys(spellings) as Spelling[]) {
    if (call.struck(name)) answer = spellings[name](answer, world.chance);
  }
  return answer;
}

function listOf(call: Call, world: World, set: string, isListed: (entry: Entry) => boolean): Reply {
  const token = skipTokenOf(call) ?? {
    offset: 0,
    replica: world.store.anyReplica(),
    order: call.struck('shuffledList') ? 1 + world.chance.below(2 ** 30) : 0,
  };
  const entries = world.store.allSeen(token.replica).filter(isListed);
  const ordered = token.order === 0 ? entries : createRandom(token.order, 'order').shuffled(entries);
  const keeps = filterOf(call);
  const policies = ordered
    .map(({ policy }) => policy)
    .filter((policy) => keeps(policy as unknown as JsonObject));
  const items = policies.map((policy) => shown(call, world, policy));
  return { status: 200, json: spoiled(call, world, page(call, world, set, items, token)) };
}

function page(call: Call, world: World, set: string, items: JsonObject[], token: SkipToken): JsonObject {
  const { pageSize, pageSizeMax } = world.settings;
  const size = Math.min(topOf(call) ?? pageSize, pageSizeMax);
  const end = token.offset + size;
  const more = end < items.length;
  return {
    '@odata.context': contextOf(call.url.origin, set, false),
    ...(call.url.searchParams.get('$count') === 'true' ? { '@odata.count': items.length } : {}),
    ...(more ? { '@odata.nextLink': nextLink(call, { ...token, offset: end }) } : {}),
    value: items.slice(token.offset, end).map((item) => selected(call, item)),
  };
}

/** Lists that lie. */
function spoiled(call: Call, { chance }: World, answer: JsonObject): JsonObject {
  const value = answer.value as JsonObject[];
  const any = () => chance.below(value.length);
  if (value.length > 0 && call.struck('missingItem')) value.splice(any(), 1);
  if (value.length > 0 && call.struck('twinItem'))
    value.splice(any(), 0, structuredClone(value[any()] as JsonObject));
  if (value.length > 0 && call.struck('conflictingTwin'))
    value.splice(any(), 0, conflicting(value[any()] as JsonObject));
  if (call.struck('nextLinkLoop')) answer['@odata.nextLink'] = call.url.href.replaceAll('%24', '$');
  if (call.struck('nextLinkElsewhere'))
    answer['@odata.nextLink'] = `https://graph.invalid${call.url.pathname}`;
  if (!call.struck('emptyList')) return answer;
  const { '@odata.nextLink': _next, ...rest } = answer;
  return { ...rest, value: [] };
}

function conflicting(policy: JsonObject): JsonObject {
  const state = policy.state === 'disabled' ? 'enabled' : 'disabled';
  return { ...structuredClone(policy), state, displayName: `${policy.displayName} (2)` };
}
