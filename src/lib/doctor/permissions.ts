import { PERMISSION_SETS, type Permission, REQUESTS } from '../graph/permissions.ts';
import type { TokenClaims } from '../ports.ts';
import type { Mode } from '../report.ts';
import { ASK_THE_APP, type CheckFinding, findingsOf, type Told, type Whose } from './findings.ts';

const finding = findingsOf('permissions');
const GRANT = 'as docs/permissions.md shows';

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
  const lacks = (permission: Permission): boolean => !claims.roles.includes(permission);
  const lacking = (set: 'read' | 'health' | 'write') => PERMISSION_SETS[set].permissions.filter(lacks);
  return [
    ...lacking('read').map((permission) =>
      finding('failed', permission, 'it is missing: the app can see nothing', grant(permission, claims)),
    ),
    ...(mode === 'enforce' ? lacking('write') : []).map((permission) =>
      finding(
        'failed',
        permission,
        'it is missing: MODE is enforce, and nothing can be put right',
        grant(permission, claims),
      ),
    ),
    ...lacking('health').map((permission) =>
      finding(
        'warning',
        permission,
        'it is missing: emergency accounts cannot be looked at, or only in part, so new versions wait and the lock-out proof takes the worst for granted',
        grant(permission, claims),
      ),
    ),
  ];
}

/** The trap that makes people search for hours: the grant is there, and the token is from before. */
function grant(permission: Permission, { issuedAt, expiresAt }: TokenClaims): string {
  const token =
    issuedAt === null || expiresAt === null
      ? 'the token from before'
      : `this token, of ${instant(issuedAt)}, until it ends at ${instant(expiresAt)}`;
  return `grant the application permission ${permission} to the app’s identity, ${GRANT}. If it is granted already, wait: Azure may hand out ${token}, for up to 24 hours; a restart does not change that`;
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
