import { expect } from 'vitest';

export { expect };

/** One test of a file, as the runner calls it. */
export interface Test {
  /** The names it stands under and its own; rows of a table are numbered. */
  readonly name: string;
  readonly body: () => unknown;
}

type Body = (...given: never[]) => unknown;

const above: string[] = [];
let collected: Test[] = [];

/** The tests a file declares while it is loaded. */
export async function testsOf(load: () => Promise<unknown>): Promise<readonly Test[]> {
  collected = [];
  await load();
  return collected;
}

function declareGroup(name: string, body: () => void): void {
  above.push(name);
  body();
  above.pop();
}

function declareTest(name: string, body: () => unknown): void {
  const full = [...above, name].join(' ');
  const namesakes = collected.filter((test) => test.name.startsWith(full)).length;
  collected.push({ name: namesakes === 0 ? full : `${full} (${namesakes + 1})`, body });
}

/** `each` of Vitest: a row that is a list is spread. */
function eachOf<Result>(declare: (name: string, body: () => Result) => void) {
  return (rows: readonly unknown[]) =>
    (name: string, body: Body): void => {
      for (const [index, row] of rows.entries()) {
        const given = (Array.isArray(row) ? row : [row]) as never[];
        declare(`${name} #${index + 1}`, () => body(...given) as Result);
      }
    };
}

export const describe = Object.assign(declareGroup, {
  each: eachOf<void>(declareGroup),
  skipIf: (isSkipped: boolean) => (isSkipped ? () => {} : declareGroup),
});

export const it = Object.assign(declareTest, { each: eachOf<unknown>(declareTest) });
