import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { everyEvent, OPERATOR, SOMEBODY, type Told } from '../support/everyEvent.ts';

let told: Told;

beforeAll(async () => {
  told = await everyEvent();
}, 60_000);

/** Every event there is, as its type says. */
const EVENTS = [
  ...readFileSync(resolve(import.meta.dirname, '../../src/lib/telemetry/events.ts'), 'utf8').matchAll(
    /^ {2}\| '(\w+)'/gm,
  ),
].map(([, name]) => name);

describe('what is logged', () => {
  it('holds no name, no mail address and nothing that people wrote, whatever happens', () => {
    const named = told.lines.filter((line) => /zaphod|contoso/i.test(line));

    expect(named).toEqual([]);
  });

  it('was looked at for every event there is, in worlds whose reports are full of names', () => {
    const seen = new Set(told.lines.map((line) => JSON.parse(line).event));

    expect([...seen].toSorted()).toEqual(EVENTS.toSorted());
    expect(told.reports.split(SOMEBODY).length).toBeGreaterThan(50);
  });

  it('names people by object id, where a directory vouched for them', () => {
    const asked = told.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'RunCompleted');
    const by = told.lines.map((line) => JSON.parse(line)).filter(({ event }) => /Approved|rozen/.test(event));

    expect(new Set(asked.map(({ requestedBy }) => requestedBy))).toEqual(new Set([OPERATOR, null]));
    expect(by.map(({ event, by: whom }) => [event, whom])).toEqual([
      ['ChangeApproved', OPERATOR],
      ['ChangeApproved', OPERATOR],
      ['TenantFrozen', OPERATOR],
      ['TenantUnfrozen', null],
    ]);
  });
});
