import { PERMISSION_SETS, type PermissionSet, REQUESTS } from '../graph/permissions.ts';
import type { TokenClaims } from '../ports.ts';
import type { Mode } from '../report.ts';
import {
  ASK_THE_APP,
  type CheckFinding,
  findingsOf,
  type Told,
  type Verdict,
  type Whose,
} from './findings.ts';

const finding = findingsOf('permissions');

/**
 * What the app's access token for Graph lets it do, what is missing, and what is too much.
 *
 * @param read untold also where the token is of another tenant
 */
export function checkPermissions(
  read: Told<TokenClaims | undefined>,
  mode: Mode,
  as: Whose,
): readonly CheckFinding[] {
  if (read.kind === 'untold')
    return [
      as === 'app'
        ? finding('failed', 'access token for Graph', read.reason, NO_TOKEN)
        : finding('unverified', 'access token for Graph', read.reason, ASK_THE_APP),
    ];
  const claims = read.value;
  if (claims === undefined)
    return [
      finding(
        'unverified',
        'access token for Graph',
        'it cannot be looked into, so nobody can tell which permissions it carries',
        'look at the permissions of the identity’s enterprise application in the Entra admin center',
      ),
    ];
  const found = [...missing(claims, mode), ...superfluous(claims, mode)];
  return found.length > 0 ? found : [finding('ok', 'access token for Graph', enough(claims, mode))];
}

const NO_TOKEN =
  'assign the identity to the function app, set AZURE_CLIENT_ID to its client id, and let TENANT_ID name its tenant';

function missing(claims: TokenClaims, mode: Mode): readonly CheckFinding[] {
  const lacking = (set: PermissionSet, verdict: Verdict, soThat: string): readonly CheckFinding[] => {
    const permissions = PERMISSION_SETS[set].permissions.filter((one) => !claims.roles.includes(one));
    if (permissions.length === 0) return [];
    const where = permissions.join(', ');
    return [finding(verdict, where, `missing: ${soThat}`, grant(where, claims))];
  };
  return [
    ...lacking('read', 'failed', 'the app can see nothing'),
    ...(mode === 'enforce'
      ? lacking('write', 'failed', 'MODE is enforce, and nothing can be put right')
      : []),
    ...lacking(
      'health',
      'warning',
      'emergency accounts cannot be looked at, or only in part, so new versions wait and the lock-out proof takes the worst for granted',
    ),
  ];
}

/** The trap that makes people search for hours: the grant is there, and the token is from before. */
function grant(permissions: string, { issuedAt, expiresAt }: TokenClaims): string {
  const token =
    issuedAt === null || expiresAt === null
      ? 'the token from before for up to 24 hours'
      : `this token, of ${instant(issuedAt)}, until it ends at ${instant(expiresAt)}`;
  return `grant the app’s identity the application permission ${permissions}, as docs/permissions.md shows. If that was done already, wait: Azure may hand out ${token}; a restart does not change that`;
}

function superfluous({ roles }: TokenClaims, mode: Mode): readonly CheckFinding[] {
  const used = new Set<string>(Object.values(REQUESTS).flatMap(({ permissions }) => permissions));
  const onlyToWrite = new Set<string>(PERMISSION_SETS.write.permissions);
  return roles.flatMap((role) => {
    if (!used.has(role)) return finding('warning', role, 'no request of this app needs it', take(role));
    if (mode === 'observe' && onlyToWrite.has(role))
      return finding(
        'warning',
        role,
        'MODE is observe, which does not need it',
        `leave it if MODE is about to become enforce; otherwise ${take(role)}`,
      );
    return [];
  });
}

function take(role: string): string {
  return `remove ${role} from the identity’s enterprise application; tokens carry it for up to 24 hours more`;
}

function enough({ roles }: TokenClaims, mode: Mode): string {
  return `it carries what MODE ${mode} needs: ${roles.join(', ')}`;
}

function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
