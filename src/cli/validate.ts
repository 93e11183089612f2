import { denialsOf, problemJson, readFiles, renderNote, renderProblem } from './files.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function validateCommand(
  paths: readonly string[],
  options: { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { files, problems, notes: ofFiles, looked } = await readFiles(paths);
  const notes = [...ofFiles, ...denialsOf(files, terminal.environment)];
  if (options.json === true) {
    const valid = files.map(({ path, key, document }) => ({
      file: path,
      key,
      displayName: document.displayName,
    }));
    terminal.out(`${JSON.stringify({ valid, problems: problems.map(problemJson), notes })}\n`);
  } else {
    for (const problem of problems) terminal.err(`${renderProblem(problem)}\n`);
    for (const note of notes) terminal.out(`${renderNote(note)}\n`);
    terminal.out(`${files.length} of ${looked} policies are valid\n`);
  }
  return problems.length === 0 ? EXIT.done : EXIT.usage;
}
