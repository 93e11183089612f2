import type { CloudName } from './graph/clouds.ts';
import type { FieldPath, Policy, PolicyKey } from './policy/model.ts';
import { asSet } from './policy/values.ts';

/** Something a policy needs in its tenant to do what it says. */
export interface Need {
  /** A word or two, for lists. */
  readonly short: string;
  readonly text: string;
  /** Clouds in which it is not to be had. */
  readonly notIn: readonly CloudName[];
  readonly isNeeded: (policy: Policy) => boolean;
}

const AZURE_DEVOPS = '499b84ac-1321-427f-aa17-267ca6975798';

/**
 * Sources: Entra docs, plan-conditional-access (licences) and the pages the baselines name. That China has neither risk
 * nor insider risk is in the published metadata of its Graph.
 */
export const NEEDS: readonly Need[] = [
  {
    short: 'P1',
    text: 'Microsoft Entra ID P1',
    notIn: [],
    isNeeded: () => true,
  },
  {
    short: 'P2',
    text: 'Microsoft Entra ID P2: without it no risk is ever set, and the policy never applies',
    notIn: ['china'],
    isNeeded: (policy) =>
      isSet(policy, 'conditions.signInRiskLevels') || isSet(policy, 'conditions.userRiskLevels'),
  },
  {
    short: 'Purview',
    text: 'Microsoft Purview with Adaptive Protection, which sets the insider risk; the template asks for P2 as well',
    notIn: ['china'],
    isNeeded: (policy) => isSet(policy, 'conditions.insiderRiskLevels'),
  },
  {
    short: 'Intune',
    text: 'Microsoft Intune with a compliance policy and devices that meet it; without one no device is compliant',
    notIn: [],
    isNeeded: (policy) =>
      has(policy, 'grantControls.builtInControls', 'compliantDevice') ||
      filterOf(policy).includes('isCompliant'),
  },
  {
    short: 'hybrid join',
    text: 'hybrid-joined devices; where there are none, the compliant ones have to do',
    notIn: [],
    isNeeded: (policy) =>
      has(policy, 'grantControls.builtInControls', 'domainJoinedDevice') ||
      filterOf(policy).includes('ServerAD'),
  },
  {
    short: 'strength MFA',
    text: 'the built-in authentication strength "Multifactor authentication" (…0002), which every tenant has; external authentication methods do not meet it',
    notIn: [],
    isNeeded: (policy) => strengthOf(policy) === '00000000-0000-0000-0000-000000000002',
  },
  {
    short: 'strength phishing-resistant',
    text: 'the built-in authentication strength "Phishing-resistant MFA" (…0004), which every tenant has, and a passkey, Windows Hello or certificate registered by everybody the policy is for',
    notIn: [],
    isNeeded: (policy) => strengthOf(policy) === '00000000-0000-0000-0000-000000000004',
  },
  {
    short: 'trusted location',
    text: 'a named location marked as trusted, or MFA trusted IPs; with neither, everywhere is outside',
    notIn: [],
    isNeeded: (policy) => has(policy, 'conditions.locations.excludeLocations', 'AllTrusted'),
  },
  {
    short: 'SharePoint, Exchange',
    text: 'access control for unmanaged devices, set up in SharePoint and in the mailbox policies of Outlook on the web; the policy only hands over to them',
    notIn: [],
    isNeeded: (policy) => policy['sessionControls.applicationEnforcedRestrictions.isEnabled'] === true,
  },
  {
    short: 'Azure DevOps',
    text: 'a service principal of Azure DevOps, which a tenant has once it uses it; Graph refuses an application the tenant does not know',
    notIn: ['usgov', 'usgovdod', 'china'],
    isNeeded: (policy) => has(policy, 'conditions.applications.includeApplications', AZURE_DEVOPS),
  },
];

/** What a policy needs beside Conditional Access itself; always a licence. */
export function needsOf(policy: Policy): readonly Need[] {
  return NEEDS.filter(({ isNeeded }) => isNeeded(policy));
}

/** What of a policy's needs a cloud does not have. */
export function lackingIn(cloud: CloudName, policy: Policy): readonly Need[] {
  return needsOf(policy).filter(({ notIn }) => notIn.includes(cloud));
}

function isSet(policy: Policy, path: FieldPath): boolean {
  return asSet(policy[path]).length > 0;
}

function has(policy: Policy, path: FieldPath, member: string): boolean {
  return asSet(policy[path]).includes(member);
}

function strengthOf(policy: Policy): string {
  return String(policy['grantControls.authenticationStrength.id']);
}

function filterOf(policy: Policy): string {
  return String(policy['conditions.devices.deviceFilter.rule']);
}

/** What is to be said about a ready policy beside what its file says: name, first state and needs are the file's. */
export interface Baseline {
  readonly key: PolicyKey;
  /** Id of Microsoft's template; null for a form of the article's policy that is no template. */
  readonly templateId: string | null;
  /** Name of Microsoft's template, or what else it comes from. */
  readonly origin: string;
  /** In one sentence. */
  readonly does: string;
  /** Page under Entra's Conditional Access documentation. */
  readonly page: string;
  /** What whoever takes it should know: where page and template differ, what comes after it, why its state. */
  readonly remarks: readonly string[];
  /** Key of the baseline that says the same and is the better one to start with. */
  readonly supersededBy?: PolicyKey;
}

/** A template of Microsoft's that v1.0 of Graph cannot carry. */
export interface Unavailable {
  readonly templateId: string;
  readonly name: string;
  readonly why: string;
}

/** Microsoft's five parts (Entra docs, plan-conditional-access: number, response, apps, who, when), in this order. */
export const BASELINE_NAME = /^CA\d{3} - (Require|Block|Limit) .+ for .+$/;

const ALL_RESOURCES =
  'Today’s guidance is MFA for everybody and all resources (`require-mfa-all-users`); a policy for Azure management alone is a first step towards it, or a second net below it.';
const CERTIFICATE_PROMPTS =
  'Even in report-only, a policy that asks for a compliant device can make macOS, iOS and Android ask people to pick a certificate.';
const SYNC_ACCOUNTS =
  'The role Directory Synchronization Accounts is spared, as in the template; Entra Connect from 2.5.76 signs in as an application, and the exclusion can go.';
const ADMIN_ROLES =
  'The fourteen roles are the template’s. The page names Teams Administrator as well, and custom roles or roles scoped to an administrative unit are never covered.';

/** Every ready policy, in the order of their numbers. Content of the templates: Graph, `conditionalAccess/templates`. */
export const BASELINES: readonly Baseline[] = [
  {
    key: 'require-mfa-azure-management',
    templateId: null,
    origin: 'The article of 2020',
    does: 'Asks everybody for MFA to manage Azure: portal, CLI, PowerShell, and whatever else takes a token of Azure Resource Manager.',
    page: 'policy-old-require-mfa-azure-mgmt',
    supersededBy: 'require-mfa-azure-management-template',
    remarks: [
      'It is the article as it was in 2020, which said to switch the policy on at once. Today’s says report-only first, as the template below does.',
      'It does not cover Azure DevOps any more, which was reached through this application once.',
      ALL_RESOURCES,
    ],
  },
  {
    key: 'require-mfa-azure-management-template',
    templateId: 'd8c51a9a-e6b1-454d-86af-554e7872e2c1',
    origin: 'Require multifactor authentication for Azure management',
    does: 'Asks everybody for MFA to manage Azure, and only reports at first.',
    page: 'policy-old-require-mfa-azure-mgmt',
    remarks: ['It does not cover Azure DevOps.', ALL_RESOURCES],
  },
  {
    key: 'require-phishing-resistant-mfa-azure-management',
    templateId: null,
    origin: 'The article, as its successors would have it today',
    does: 'Asks everybody for a phishing-resistant method to manage Azure and to use Azure DevOps, which has had to be named for itself since it left Azure Resource Manager.',
    page: 'concept-conditional-access-cloud-apps',
    remarks: [
      'Where Azure DevOps is not used, take 499b84ac-1321-427f-aa17-267ca6975798 out of includeApplications.',
      ALL_RESOURCES,
    ],
  },
  {
    key: 'require-mfa-all-users',
    templateId: 'a3d0a415-b068-4326-9251-f9cdf9feeb64',
    origin: 'Require multifactor authentication for all users',
    does: 'Asks everybody for MFA, whatever they sign in to.',
    page: 'policy-all-users-mfa-strength',
    remarks: [
      'The page asks for the strength "Multifactor authentication" where the template asks for mfa; the strength does not take external methods.',
      SYNC_ACCOUNTS,
    ],
  },
  {
    key: 'block-legacy-authentication',
    templateId: '0b2282f9-2862-4178-88b5-d79340b36cb8',
    origin: 'Block legacy authentication',
    does: 'Blocks clients that cannot do MFA: Exchange ActiveSync with basic authentication, POP, IMAP, SMTP and older Office.',
    page: 'policy-block-legacy-authentication',
    remarks: [
      'Look in the sign-in log for scanners and scripts that still send mail this way before switching it on.',
    ],
  },
  {
    key: 'secure-security-info-registration',
    templateId: 'b8bda7f8-6584-4446-bce9-d871480e53fa',
    origin: 'Securing security info registration',
    does: 'Asks for MFA, or a Temporary Access Pass, when somebody registers sign-in methods outside trusted locations. Guests and Global Administrators are spared.',
    page: 'policy-all-users-security-info-registration',
    remarks: [
      'It starts switched off and not in report-only, because report-only does not cover user actions: it would show nothing. Ask `caretaker whatif --user <id> --user-action registerSecurityInformation` what it would do.',
      'Somebody who has no method yet needs a Temporary Access Pass, or to be in a trusted location.',
    ],
  },
  {
    key: 'require-mfa-or-managed-device-all-users',
    templateId: '927c884e-7888-4e81-abc4-bd56ded28985',
    origin: 'Require compliant or hybrid joined device or multifactor authentication for all users',
    does: 'Lets everybody in from a compliant or hybrid-joined device, and asks for MFA from any other.',
    page: 'policy-alt-all-users-compliant-hybrid-or-mfa',
    remarks: [
      'It is weaker than `require-mfa-all-users`: on a managed device no second factor is asked for.',
      CERTIFICATE_PROMPTS,
      SYNC_ACCOUNTS,
    ],
  },
  {
    key: 'require-compliant-device-all-users',
    templateId: 'a297dd1a-21fe-4016-99a0-ba43ba64378c',
    origin: 'Require MDM-enrolled and compliant device to access cloud apps for all users (Preview)',
    does: 'Lets everybody in from compliant devices only.',
    page: 'policy-all-users-device-compliance',
    remarks: [
      'Enrolment in Intune stays possible. Subscription activation of Windows may need 45a330b1-b1ec-4cc1-9161-9f03992aa49f excluded.',
      CERTIFICATE_PROMPTS,
      SYNC_ACCOUNTS,
    ],
  },
  {
    key: 'block-unknown-platforms',
    templateId: '4e39a309-931e-4cb1-a371-e2beea168002',
    origin: 'Block access for unknown or unsupported device platform',
    does: 'Blocks sign-ins from a platform that is none of Android, iOS, Windows, macOS, Linux and Windows Phone.',
    page: 'policy-all-users-device-unknown-unsupported',
    remarks: [
      'The platform is what the user agent says, and nobody verifies it: a net for mistakes, no protection by itself.',
    ],
  },
  {
    key: 'require-mfa-risky-sign-ins',
    templateId: '6b619f55-792e-45dc-9711-d83ec9d7ae90',
    origin: 'Require multifactor authentication for risky sign-ins',
    does: 'Asks for MFA anew, each time, where the risk of the sign-in is medium or high.',
    page: 'policy-risk-based-sign-in',
    remarks: ['Whoever has no method registered is blocked, and cannot register one in a risky session.'],
  },
  {
    key: 'require-password-change-risky-users',
    templateId: '634b6de7-c38d-4357-a2c7-3842706eedd7',
    origin: 'Require password change for high-risk users',
    does: 'Asks for MFA and a new password where the risk of the user is high.',
    page: 'policy-risk-based-user',
    remarks: [
      'Somebody without a password cannot change it; the page now advises `riskRemediation` in its place, which the template does not use yet.',
      'Synchronised passwords need password write-back.',
    ],
  },
  {
    key: 'block-office-insider-risk',
    templateId: '16aaa400-bfdf-4756-a420-ad2245d4cde8',
    origin: 'Block access to Office365 apps for users with insider risk',
    does: 'Blocks Office 365 for people whose insider risk is elevated. B2B direct connect users, service providers and other external users are spared.',
    page: 'policy-risk-based-insider-block',
    remarks: ['The page blocks all resources, the template Office 365.'],
  },
  {
    key: 'no-persistent-browser',
    templateId: '62e51ccc-c9c3-4554-ac70-066172c81007',
    origin: 'No persistent browser session',
    does: 'Makes people sign in again every hour, and after closing the browser, on devices that are not both hybrid-joined and compliant.',
    page: 'policy-all-users-persistent-browser',
    remarks: [
      'The filter’s two conditions are joined by "or": a device that is compliant and joined to Entra alone counts as unmanaged.',
    ],
  },
  {
    key: 'office-app-enforced-restrictions',
    templateId: '81fd2072-4876-42b6-8157-c6000693046b',
    origin: 'Use application enforced restrictions for O365 apps',
    does: 'Lets SharePoint, OneDrive and Exchange limit what people can do, such as no downloads on unmanaged devices.',
    page: 'policy-all-users-app-enforced-restrictions',
    remarks: [
      'The page also excludes compliant and hybrid-joined devices by a filter; the template does not.',
    ],
  },
  {
    key: 'require-mfa-admins',
    templateId: 'c7503427-338e-4c5e-902d-abe252abfb43',
    origin: 'Require multifactor authentication for admins',
    does: 'Asks holders of fourteen administrator roles for MFA, whatever they sign in to.',
    page: 'policy-old-require-mfa-admin',
    remarks: ['`require-phishing-resistant-mfa-admins` is what is advised now.', ADMIN_ROLES],
  },
  {
    key: 'require-phishing-resistant-mfa-admins',
    templateId: '76c03f19-ea37-4656-a772-a183b4ddb81d',
    origin: 'Require phishing-resistant multifactor authentication for admins',
    does: 'Asks holders of nineteen administrator roles for a phishing-resistant method, whatever they sign in to.',
    page: 'policy-admin-phish-resistant-mfa',
    remarks: [
      'An administrator without such a method is locked out once it is on; a Temporary Access Pass gets them to register one.',
      'The nineteen roles are the template’s: those of `require-mfa-admins`, and Compliance, Compliance Data, Intune, Dynamics 365 and Power Platform Administrator.',
    ],
  },
  {
    key: 'require-mfa-admin-portals',
    templateId: '6364131e-bc4a-47c4-a20b-33492d1fff6c',
    origin: 'Require multifactor authentication for Microsoft admin portals',
    does: 'Asks holders of fourteen administrator roles for MFA in Microsoft’s admin portals.',
    page: 'policy-old-require-mfa-admin-portals',
    remarks: [
      'It is meant for those who cannot use `require-mfa-admins`: it covers portals and not what is behind them.',
      ADMIN_ROLES,
    ],
  },
  {
    key: 'require-managed-device-admins',
    templateId: 'c26a510a-3b8b-4023-8c44-d4f4c854e9f9',
    origin: 'Require compliant or hybrid joined device for admins',
    does: 'Lets holders of fourteen administrator roles in from compliant or hybrid-joined devices only.',
    page: 'policy-alt-admin-device-compliand-hybrid',
    remarks: [CERTIFICATE_PROMPTS, ADMIN_ROLES],
  },
  {
    key: 'require-mfa-guests',
    templateId: 'a4072ac0-722b-4991-981b-7f9755daef14',
    origin: 'Require multifactor authentication for guest access',
    does: 'Asks every guest and external user for MFA, whatever they sign in to.',
    page: 'policy-old-require-mfa-guest',
    remarks: [
      'Whether MFA done at home counts is said in the cross-tenant access settings.',
      '`require-mfa-all-users` covers guests as well.',
    ],
  },
];

const AGENTS =
  'Agents can be named in Graph beta only; a policy that names them cannot be written, and hardly read, through v1.0.';

/** Templates of Microsoft's without a file here. */
export const UNAVAILABLE: readonly Unavailable[] = [
  {
    templateId: '6bdcbbb7-ebd1-4f8f-a02f-652db0e3665d',
    name: 'Block high risk agent identities from accessing resources',
    why: `${AGENTS} It needs agentIdRiskLevels and includeAgentIdServicePrincipals.`,
  },
  {
    templateId: 'c5bf9137-a43c-48e1-9d13-8258b31b855d',
    name: 'Block all agent identities from accessing resources',
    why: `${AGENTS} It needs includeAgentIdServicePrincipals.`,
  },
  {
    templateId: '376d9923-7f15-40c2-830b-3312120f1eed',
    name: 'Block all agent users from accessing resources',
    why: `${AGENTS} It needs AllAgentIdUsers among includeUsers, and takes no exclusion, so that no emergency account could be spared.`,
  },
  {
    templateId: '6acdf4c3-6815-485c-a57d-2c349d517ba0',
    name: 'Secure account recovery with identity verification (Preview)',
    why: 'The control verifiedID is in no metadata of v1.0, and the user action accountrecovery is a preview; both are refused there.',
  },
];
