import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { IDS } from '../laws/generators.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';
import { article } from '../support/world.ts';

const [ONE, TWO, THREE] = IDS as [string, string, string];

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox({ schedule: '59 59 23 31 12 *' });
  folder = mkdtempSync(join(tmpdir(), 'caretaker-'));
});

afterAll(async () => {
  await sandbox?.close();
  rmSync(folder, { recursive: true });
});

const push = (): Promise<Told> =>
  caretakerIn({ environment: sandbox.environment }, ['push', folder, '--yes']);

function write(parameters: Record<string, unknown>, spared: readonly string[], strength?: string): void {
  const policy = article({
    conditions: {
      users: { includeUsers: ['All'], excludeGroups: spared },
      applications: { includeApplications: ['@azureManagement'] },
    },
    ...(strength === undefined ? {} : { grantControls: { authenticationStrength: { id: strength } } }),
  });
  writeFileSync(join(folder, 'ca001.json'), JSON.stringify(policy));
  writeFileSync(join(folder, 'parameters.json'), JSON.stringify(parameters));
}

describe('pushing policies that name parameters', () => {
  it('shows what each name stands for, the first time and whenever it comes to stand for more', async () => {
    write({ pilots: [ONE, TWO] }, ['@pilots', '@breakGlassGroups']);
    const first = await push();
    write({ pilots: [ONE, TWO, THREE], strong: [IDS[3]] }, ['@pilots'], '@strong');
    const second = await push();
    const third = await push();

    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain(`conditions.users.excludeGroups: @pilots (= ${ONE}, ${TWO})\n`);
    expect(second.out).toContain(
      `conditions.users.excludeGroups: +@pilots (= ${THREE}) -@breakGlassGroups (unclear)\n`,
    );
    expect(second.out).toContain(`authenticationStrength.id: not set → ${IDS[3]} = @strong (= ${IDS[3]}) (`);
    expect(third.out).toBe('1 unchanged\n');
  });

  it('shows an id that is taken out of a parameter', async () => {
    write({ pilots: [ONE] }, ['@pilots', TWO]);
    await push();
    write({ pilots: [THREE] }, ['@pilots', TWO]);

    const { out } = await push();

    expect(out).toContain(`conditions.users.excludeGroups: +@pilots (= ${THREE}) -${ONE} (unclear)\n`);
  });

  it('stops at a parameter without a value, and stores nothing', async () => {
    write({ pilots: [] }, ['@pilots', ONE, TWO, THREE]);
    const refused = await push();
    write({ pilots: [THREE] }, ['@pilots', TWO]);
    const same = await push();

    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(/names @pilots[\s\S]*pilots has no value[\s\S]*Nothing was pushed/),
    });
    expect(same.out).toBe('1 unchanged\n');
  });
});
