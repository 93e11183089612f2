import { describe, expect, it } from 'vitest';
import type { Binding } from '../../src/lib/journal.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { incompleteRead } from '../../src/lib/rules/incompleteRead.ts';
import { bindingOf, desiredOf, factsOf, OWN_ID, observationOf } from '../support/judging.ts';
import { article, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

function judged(
  bindings: readonly Binding[],
  live: Readonly<Record<string, RawPolicy>>,
  doubts: readonly string[],
) {
  const singly = new Map([[OWN_ID, { kind: 'missing' as const }]]);
  const facts = factsOf(
    [desiredOf(canonical({ displayName: 'x', state: 'enabled' }))],
    bindings,
    observationOf(live, { doubts, singly }),
  );
  const [change] = facts.plan;
  return change && [change.action, incompleteRead.check(change, facts)?.decision];
}

const DOUBT = ['an id is listed twice'];

describe('incompleteRead', () => {
  it('holds creating and adopting for a key that was never bound while the list is in doubt', () => {
    expect(judged([], {}, DOUBT)).toEqual(['create', 'hold']);
    expect(judged([], { [OWN_ID]: { displayName: 'x' } }, DOUBT)).toEqual(['adopt', 'hold']);
  });

  it('lets both pass where the list is whole', () => {
    expect(judged([], {}, [])).toEqual(['create', undefined]);
    expect(judged([], { [OWN_ID]: { displayName: 'x' } }, [])).toEqual(['adopt', undefined]);
  });

  it('lets what is bound be updated and made anew: it is asked for by id', () => {
    expect(judged([bindingOf()], {}, DOUBT)).toEqual(['create', undefined]);
    expect(judged([bindingOf()], { [OWN_ID]: { displayName: 'y' } }, DOUBT)).toEqual(['update', undefined]);
  });

  it('gains an intruder nothing: a list in doubt keeps no bound policy from being put right', async () => {
    const { tenant, push, run, live } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    tenant.arm('twinItem', { method: 'GET', path: /policies$/, times: 1 });

    await run();

    expect(live(NAME)).toMatchObject({ state: 'enabled' });
  });
});
