import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { asker, calledAs } from '../../src/cli/terminal.ts';
import { caretakerIn } from '../support/caretaker.ts';

interface Keyboard {
  type(text: string): void;
  end(): void;
  ask(prompt: string): Promise<string>;
}

function keyboard(): Keyboard {
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: true })];
  output.resume();
  const ask = asker(input, output);
  return { type: (text) => void input.write(text), end: () => void input.end(), ask };
}

describe('somebody at the keyboard', () => {
  it('answers one question after the other', async () => {
    const { type, ask } = keyboard();

    const first = ask('Cloud?');
    type(' public \n');
    expect(await first).toBe('public');
    const second = ask('Tenant?');
    type('\n');
    expect(await second).toBe('');
    const third = ask('Which ones?');
    type('CA010\n');

    expect(await third).toBe('CA010');
  });

  it('may paste the answers to all questions at once', async () => {
    const { type, ask } = keyboard();

    const first = ask('Cloud?');
    type('public\n\nCA010\n');

    expect([await first, await ask('Tenant?'), await ask('Which ones?')]).toEqual(['public', '', 'CA010']);
  });

  it.each([
    ['presses Ctrl-C', ({ type }: Keyboard) => type('\u0003')],
    ['presses Ctrl-D', ({ type }: Keyboard) => type('\u0004')],
    ['ends the input', ({ end }: Keyboard) => end()],
  ])('who %s in place of answering has done nothing', async (_, leave) => {
    const keys = keyboard();

    const answer = keys.ask('Cloud?');
    leave(keys);

    await expect(answer).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('nothing was done'),
    });
  });
});

describe('a command that is shown', () => {
  it.each([
    [{}, 'caretaker'],
    [{ npm_command: 'run-script', npm_lifecycle_event: 'caretaker' }, 'npm run caretaker --'],
    [{ npm_command: 'exec', npm_lifecycle_event: 'npx' }, 'npx caretaker'],
    [{ npm_command: 'run-script', npm_lifecycle_event: 'start' }, 'caretaker'],
  ])('after %j is called %s', (environment, command) => {
    expect(calledAs(environment)).toBe(command);
  });

  it('can be typed as it is where the program was called from, and stays as it is in JSON', async () => {
    const change = { command: 'npm run caretaker --' };

    const help = await caretakerIn(change, ['keys', 'rotate', '--help']);
    const json = await caretakerIn(change, ['history', 'A', '--json']);

    expect(help.out).toContain('npm run caretaker -- keys create new.pem');
    expect(json.err).not.toContain('npm run');
  });
});
