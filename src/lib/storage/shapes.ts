/** Whether this is an object whose members can be asked for. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isNullOr(value: unknown, accepts: (value: unknown) => boolean): boolean {
  return value === null || accepts(value);
}

/** @returns the JSON value, or undefined when this is no JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Milliseconds since 1970 of an ISO 8601 instant in UTC, as we write them. Anything laxer would take "5" for a day in
 * 2001.
 */
export function instantMs(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z$/.test(value))
    return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
