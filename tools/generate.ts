import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ARTEFACTS } from './artefacts.ts';

for (const { path, content } of ARTEFACTS) writeFileSync(resolve(import.meta.dirname, '..', path), content);
