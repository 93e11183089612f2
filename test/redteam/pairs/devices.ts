import { mechanism, pair } from '../case.ts';
import { devices } from '../parts.ts';
import { sparing } from './sparing.ts';

/** Which devices a policy means, gone wrong. */

const FILTERS = mechanism('a device filter the wrong way round', [
  sparing('blocks what is not compliant', devices('include', 'device.isCompliant -ne True'), 'group', {}),
  sparing('spares what is compliant', devices('exclude', 'device.isCompliant -eq True'), 'user', {
    deviceInfo: { isCompliant: false },
  }),
  sparing('blocks what is compliant', devices('include', 'device.isCompliant -eq True'), 'inner', {
    deviceInfo: { isCompliant: true },
  }),
  sparing(
    'spares what is joined, as a borrowed device is not',
    devices('exclude', 'device.trustType -eq "ServerAD"'),
    'role',
    {},
  ),
  sparing(
    'blocks devices that say nothing of compliance',
    devices('include', 'device.isCompliant -eq null'),
    'outer',
    {},
  ),
  sparing(
    'denies a test that nothing passes',
    devices('include', '-not (device.model -eq "SAW")'),
    'loop',
    {},
  ),
  pair(
    'blocks models that are not in the list',
    devices('include', 'device.model -notIn ["SAW", "PAW"]'),
    devices('include', 'device.model -in ["SAW", "PAW"] -and device.model -notIn ["SAW", "PAW"]'),
  ),
  pair(
    'blocks what carries no mark',
    devices('include', 'device.extensionAttribute1 -ne "SAW"'),
    devices('include', 'device.extensionAttribute1 -ne "SAW" -and device.extensionAttribute1 -eq "SAW"'),
  ),
  sparing(
    'blocks what is not in the order',
    devices('include', 'device.physicalIds -notContains "[OrderId]:SAW"'),
    'user',
    { deviceInfo: { physicalIds: ['[OrderId]:OFFICE'] } },
  ),
  sparing(
    'spares names that begin rightly',
    devices('exclude', 'device.displayName -startsWith "SAW-"'),
    'group',
    {
      deviceInfo: { displayName: 'LAPTOP-1' },
    },
  ),
  pair(
    'spares names that begin rightly, and theirs only goes on so',
    devices('exclude', 'device.displayName -startsWith "SAW"'),
    devices('include', 'device.displayName -startsWith "SAW" -and device.displayName -notContains "SAW"'),
    { hits: { deviceInfo: { displayName: 'My SAW' } } },
  ),
  sparing(
    'spares an order, and theirs only sounds like it',
    devices('exclude', 'device.physicalIds -contains "[OrderId]:SAW"'),
    'everybody',
    { deviceInfo: { physicalIds: ['[OrderId]:SAW-2'] } },
  ),
  pair(
    'joins two opposite tests by or',
    devices('include', 'device.isCompliant -eq True -or device.isCompliant -ne True'),
    devices('include', 'device.isCompliant -eq True -and device.isCompliant -ne True'),
  ),
  pair(
    'leaves out the brackets around an or',
    devices(
      'include',
      'device.isCompliant -eq True -and device.isCompliant -eq False -or device.model -eq null',
    ),
    devices(
      'include',
      'device.isCompliant -eq True -and (device.isCompliant -eq False -or device.isCompliant -eq null)',
    ),
  ),
  pair(
    'spares what two spellings of one model cannot both be',
    devices('exclude', 'device.model -eq "saw" -and device.model -ne "SAW"'),
    devices('include', 'device.model -eq "saw" -and device.model -ne "SAW"'),
  ),
  pair(
    'includes by a rule that everything passes',
    devices('include', 'device.model -startsWith "S" -or device.model -notStartsWith "S"'),
    devices('exclude', 'device.model -startsWith "S" -or device.model -notStartsWith "S"'),
  ),
  pair(
    'negates one side of a rule',
    devices(
      'include',
      'device.manufacturer -contains "soft" -or -not (device.manufacturer -endsWith "soft")',
    ),
    devices(
      'include',
      'device.manufacturer -endsWith "soft" -and -not (device.manufacturer -contains "soft")',
    ),
    { hits: { deviceInfo: { manufacturer: 'Softly' } } },
  ),
]);

export const TOO_LONG = 'a device filter that takes too long to go through';

/** Whoever goes through it way by way learns late that the first model will not do. */
const LONG_RULE = [
  '(device.model -eq "one" -or device.model -eq "two")',
  ...[...'abcdef'].map(eitherOf),
  '(device.model -eq "three" -or device.model -eq "two")',
  ...[...'ghijkl'].map(eitherOf),
].join(' -and ');

function eitherOf(letter: string): string {
  return `(device.displayName -contains "${letter}1" -or device.displayName -contains "${letter}2")`;
}

const LONG_DEVICES = mechanism(TOO_LONG, [
  sparing('has a rule with thousands of ways through it', devices('include', LONG_RULE), 'group', {
    deviceInfo: { model: 'two', displayName: 'a1b1c1d1e1f1g1h1i1j1k1l1' },
  }),
]);

const MARKED_DEVICES = mechanism('a mark that only managed devices show', [
  sparing(
    'blocks devices that carry a mark, which only managed ones do',
    devices('include', 'device.extensionAttribute1 -eq "SAW"'),
    'inner',
    { deviceInfo: { extensionAttribute1: 'SAW', isCompliant: true } },
  ),
  sparing(
    'blocks devices that carry a mark and are not compliant',
    devices('include', 'device.extensionAttribute1 -eq "SAW" -and device.isCompliant -ne True'),
    'role',
    { deviceInfo: { extensionAttribute1: 'SAW', trustType: 'ServerAD' } },
  ),
]);

export const UNSEEN_MARK = 'a mark that a device carries and does not show, as nobody manages it';

const UNSEEN_MARKS = mechanism(UNSEEN_MARK, [
  sparing(
    'spares devices that carry the mark',
    devices('exclude', 'device.extensionAttribute1 -eq "SAW"'),
    'group',
    { deviceInfo: { extensionAttribute1: 'SAW' } },
  ),
  pair(
    'blocks devices without a mark that are not compliant',
    devices('include', 'device.extensionAttribute1 -eq null -and device.isCompliant -ne True'),
    devices('include', 'device.extensionAttribute1 -eq null -and device.extensionAttribute1 -eq "SAW"'),
    { hits: { deviceInfo: { extensionAttribute1: 'SAW' } } },
  ),
]);

const UNREADABLE_DEVICES = mechanism('a device filter nobody can read', [
  sparing(
    'spares devices by an attribute we do not know',
    devices('exclude', 'device.colour -eq "red"'),
    'user',
    {},
    true,
  ),
  sparing(
    'blocks devices by an operator we do not know',
    devices('include', 'device.model -like "S*"'),
    'group',
    {},
    true,
  ),
  sparing('has a rule that breaks off', devices('include', 'device.model -eq "S" -and'), 'role', {}, true),
]);

export const DEVICES = [
  ...FILTERS,
  ...LONG_DEVICES,
  ...MARKED_DEVICES,
  ...UNSEEN_MARKS,
  ...UNREADABLE_DEVICES,
];
