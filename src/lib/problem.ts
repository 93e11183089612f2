/** The rules a text of the desired state can break. */
export type ProblemKind =
  | 'encoding'
  | 'notJson'
  | 'duplicateKey'
  | 'parsersDisagree'
  | 'wrongShape'
  | 'notAnId'
  | 'betaOnly'
  | 'unknownParameter'
  | 'emptyParameter'
  | 'misplacedParameter'
  | 'caretaker'
  | 'sameName'
  | 'wrongKey'
  | 'serviceRule';

/** A place in a text, 1-based; columns count UTF-16 units, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  readonly kind: ProblemKind;
  /** Which of the service's rules, where it is one of them: the service's own number, or our name for it. */
  readonly code?: string;
  /** Dotted path of the member; empty for the text as a whole. */
  readonly path: string;
  /** The parameter that has no value, where that is what is wrong. */
  readonly parameter?: string;
  /** What is wrong, said of the member. */
  readonly message: string;
  readonly mend: string;
}

/** What deserves saying and stops nothing. */
export interface Note extends Place {
  readonly path: string;
  readonly message: string;
}

/** Where the text as a whole begins. */
export const START: Place = { line: 1, column: 1 };

/** Places of offsets; reads the text once, however many are asked for. */
export function placesIn(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** In the order of the text. */
export function byPlace(one: Place, other: Place): number {
  return one.line - other.line || one.column - other.column;
}
