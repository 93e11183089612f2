import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/lib/diff.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { emptyTenant } from '../../src/lib/rules/emptyTenant.ts';
import { bindingOf, desiredOf, factsOf, OWN_ID, observationOf } from '../support/judging.ts';
import { article, world } from '../support/world.ts';

type Answer = Observation['singly'] extends ReadonlyMap<string, infer T> ? T : never;

/** What the rule says of a new key's create when the list is empty and the bound policy answered like this. */
function judged(answer: Answer, listed = 0) {
  const fresh = desiredOf(canonical({ displayName: 'new' }), { key: 'new', displayName: 'new' });
  const observation = observationOf({}, { singly: new Map([[OWN_ID, answer]]), listed });
  const facts = factsOf([fresh], [bindingOf()], observation);
  const [change] = facts.plan;
  return change && emptyTenant.check(change, facts)?.decision;
}

describe('emptyTenant', () => {
  it.each<[string, Answer]>([
    ['still answers', { kind: 'found', raw: {} }],
    ['could not be read', { kind: 'unread', reason: 'timeout' }],
  ])('holds creating into an empty list while a bound policy %s', (_, answer) => {
    expect(judged(answer)).toBe('hold');
  });

  it('believes an empty list when every bound policy answers 404, or is hidden from every list', () => {
    expect(judged({ kind: 'missing' })).toBeUndefined();
    expect(judged({ kind: 'hidden' })).toBeUndefined();
  });

  it('says nothing of a list that shows something', () => {
    expect(judged({ kind: 'unread', reason: 'timeout' }, 1)).toBeUndefined();
  });

  it('gains an intruder nothing: a tenant that was really emptied is filled again', async () => {
    const { tenant, push, run, wait } = await world();
    for (const key of ['a', 'b', 'c']) {
      await push({ [key]: article({ displayName: key }) });
      await run();
    }
    await wait(600_000);
    for (const { id } of tenant.truth()) tenant.admin.purge(String(id));

    await run();

    expect(
      tenant
        .truth()
        .map(({ displayName }) => displayName)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
  });
});
