import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../bench/main.ts', import.meta.url));

describe('the bench', () => {
  it('writes every section, each with its figures', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--quick']);

    const sections = stdout.split('\n## ').slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual([
      'What If',
      'The lock-out proof',
      'How the proof grows',
      'The worst a tenant can do',
      'The loop without the world',
      'Whole runs',
      'Starting',
      'Our comparison and general ones',
    ]);
    for (const section of sections) expect(section).toMatch(/^\|.*\| [\d.,]+( ms| %|×| of \d+)? \|/m);
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
  });
});
