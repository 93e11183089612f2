import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const BIN = join(import.meta.dirname, '../../src/cli/bin.ts');

describe('the program caretaker', () => {
  it('ends as usual where nobody reads its answer to the end', async () => {
    const script = 'set -o pipefail; "$0" "$1" --help | true';

    const told = await promisify(execFile)('bash', ['-c', script, process.execPath, BIN]);

    expect(told).toEqual({ stdout: '', stderr: '' });
  });
});
