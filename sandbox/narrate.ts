/** One line of the app's telemetry in words, for those lines worth a person's attention; undefined for the rest. */
export function narrate(line: string): string | undefined {
  const event = parse(line);
  switch (event?.event) {
    case 'DriftDetected':
      return `drift: ${event.key} is ${event.drift}${fieldsOf(event.fields)}`;
    case 'ChangeApplied':
      return `fixed: ${event.key} (${event.action}${event.settled === true ? '' : `, not settled yet: ${event.reason}`})`;
    case 'ChangeFailed':
      return `failed: ${event.key} (${event.action}): ${event.reason}`;
    case 'ChangeHeld':
    case 'ChangeDenied':
      return `${event.event === 'ChangeHeld' ? 'held' : 'denied'}: ${event.key}: ${reasonsOf(event.findings)}`;
    case 'RunFailed':
      return `run failed: ${(event.error as { message?: string } | null)?.message ?? 'no reason given'}`;
    case 'DesiredStateTampered':
    case 'Finding':
      return `finding: ${event.detail}`;
    default:
      return undefined;
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function fieldsOf(fields: unknown): string {
  if (!Array.isArray(fields) || fields.length === 0) return '';
  return `: ${fields.map((field: { path: string; effect: string }) => `${field.path} ${field.effect}`).join(', ')}`;
}

function reasonsOf(findings: unknown): string {
  return Array.isArray(findings)
    ? findings.map((finding: { detail: string }) => finding.detail).join('; ')
    : '';
}
