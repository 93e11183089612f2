import { writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { packageRoot, type ReadyPolicy, readReadyPolicies, shortNeeds } from '../src/cli/baselines.ts';
import { BASELINE_NAME, lackingIn, needsOf, UNAVAILABLE } from '../src/lib/baselines.ts';
import { effective } from '../src/lib/desired.ts';
import { type CloudName, clouds } from '../src/lib/graph/clouds.ts';
import { compile } from '../src/lib/whatif/compile.ts';
import { proveNoLockOut } from '../src/lib/whatif/proof.ts';
import { anchorOf } from './markdown.ts';

/** Where the page is, from the root. */
export const PAGE = 'docs/baselines.md';

const ENTRA = 'https://learn.microsoft.com/entra/identity/conditional-access';
const STATES: Readonly<Record<string, string>> = {
  enabled: 'on',
  disabled: 'off',
  enabledForReportingButNotEnforced: 'report-only',
};

/** The page of ready policies, from the catalogue, the files, and what the lock-out proof says of each. */
export async function generateBaselinesPage(): Promise<string> {
  const ready = await readReadyPolicies();
  return [
    INTRODUCTION,
    '| Name | Key | Needs | First state |',
    '|---|---|---|---|',
    ...ready.map(row),
    '',
    NAMES,
    ...ready.map(section),
    '## Templates that cannot be written through Graph v1.0',
    '',
    'Caretaker writes through v1.0 alone: a policy touched through beta can be lost to v1.0 for good. So these have no file here.',
    '',
    ...UNAVAILABLE.map(({ name, templateId, why }) => `- **${name}** (\`${templateId}\`). ${why}`),
    '',
    'The template “Require approved client apps or app protection policies” is gone: Microsoft retired the control in March 2026, and its entry now leads to the page on compliant devices.',
    '',
  ].join('\n');
}

const INTRODUCTION = `# Ready policies

<!-- Written by \`npm run generate:baselines\`; edit src/lib/baselines.ts and the files in place of this page. -->

One for each [Conditional Access template](${ENTRA}/concept-conditional-access-policy-common) Microsoft publishes, and the
article *Require MFA for Azure management* as it was in 2020 and as it would be written today. \`caretaker init\` asks which
ones you want and copies them into a folder of yours; from then on they are your files.

Three things hold for all of them:

- **Emergency accounts.** Where Microsoft's templates spare "the current administrator", these spare \`@breakGlassUsers\` and
  \`@breakGlassGroups\`, which the app fills in from its settings. It merges them in even where a file forgets them. What
  a policy would ask of anybody else is said with each, by the same proof that judges every change.
- **First state.** Each starts in report-only, as Microsoft advises, but for two that say why. When the sign-in log and
  \`caretaker whatif\` show what you expect, write \`"state": "enabled"\` and push again.
- **A few at a time.** Not more than \`MAX_CHANGES_PER_RUN\` new policies go out in one run; beyond that all of them wait
  for \`caretaker approve\`. With security defaults on, no policy can be switched on.

Start with \`require-phishing-resistant-mfa-admins\`, \`require-mfa-all-users\`, \`block-legacy-authentication\` and
\`secure-security-info-registration\`; add the risk policies with P2 and the device policies once devices are managed.
`;

const NAMES = `## Names

\`CA<number> - <Response> for <whom or what> [<when>]\`, where the response is *Require*, *Block* or *Limit*:
\`CA030 - Require MFA for all users at risky sign-ins\`. These are the five parts Microsoft
[recommends](${ENTRA}/plan-conditional-access#set-naming-standards-for-your-policies): a number to say on the phone, the response,
the resources, who, and when; what a policy says of everybody or everything may be left out. Numbers from 001 are for
everybody, from 101 for administrators, from 201 for guests. To hold every later policy to it, set

    NAMING_PATTERN=${BASELINE_NAME.source}

Policies that are kept off for emergencies have a standard of their own (\`EM01 - ENABLE IN EMERGENCY: …\`); such a name waits for
an approval then, or the pattern is widened.
`;

function row({ baseline, file, ...ready }: ReadyPolicy): string {
  const { displayName } = file.document;
  const needs = shortNeeds({ baseline, file, ...ready });
  return `| [${displayName}](#${anchorOf(displayName)}) | \`${baseline.key}\` | ${needs} | ${stateOf(file.document.raw.state)} |`;
}

function section(ready: ReadyPolicy): string {
  const { baseline, file, policy } = ready;
  const { displayName, raw } = file.document;
  const place = relative(packageRoot(), file.path).split(sep).join('/');
  const origin = baseline.templateId === null ? '' : `, template \`${baseline.templateId}\``;
  const absent = (Object.keys(clouds) as CloudName[]).flatMap((cloud) => {
    const lacking = lackingIn(cloud, policy);
    return lacking.length === 0
      ? []
      : [`\`${cloud}\` has no ${lacking.map(({ short }) => short).join(', ')}`];
  });
  return [
    `## ${displayName}`,
    '',
    baseline.does,
    '',
    `- **File**: [\`${place}\`](../${place})`,
    `- **From**: [${baseline.origin}](${ENTRA}/${baseline.page})${origin}`,
    `- **First state**: ${stateOf(raw.state)}`,
    ...needsOf(policy).map(({ text }, index) => `${index === 0 ? '- **Needs**:\n' : ''}  - ${text}`),
    ...(absent.length === 0 ? [] : [`- **Not in every cloud**: ${absent.join('; ')}`]),
    `- **Once it is on**: ${shutOut(ready)}`,
    ...baseline.remarks.map((remark) => `- ${remark}`),
    '',
  ].join('\n');
}

const SOMEBODY = 'somebody';

/** What it would do to somebody of whom nothing is known and whom nothing spares, in the words of the proof. */
function shutOut({ baseline, file }: ReadyPolicy): string {
  const { displayName, raw } = file.document;
  const parameters = {
    azureManagement: [clouds.public.azureManagementAppId],
    breakGlassUsers: [],
    breakGlassGroups: [],
  };
  const policy = effective({ ...raw, state: 'enabled' }, parameters, { users: [], groups: [] });
  const entry = { id: null, key: baseline.key, displayName, policy };
  const [found] = proveNoLockOut({
    policies: compile([entry], { list: [], mfaTrustedRanges: null }),
    identities: [
      { id: SOMEBODY, groups: [], roles: 'unknown', guestType: 'unknown', homeTenantId: 'unknown' },
    ],
    allowedControls: [],
  });
  if (found === undefined)
    return 'it shuts nobody out; it limits what a session can do or how long it lasts.';
  const [said = ''] = found.detail.slice(`"${displayName}" `.length).split(`: ${found.field}`);
  return `it ${said.replace(`the emergency account ${SOMEBODY}`, 'whoever is not excluded')}.`;
}

function stateOf(state: unknown): string {
  const word = STATES[String(state)];
  if (word === undefined) throw new Error(`no word for the state ${String(state)}`);
  return word;
}

if (import.meta.main) await writeFile(join(packageRoot(), PAGE), await generateBaselinesPage());
