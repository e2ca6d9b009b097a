/**
 * Names of everything that belongs to the audit log. Pure. A folder for each thousand keeps every listing short: the
 * end of a chain is found with two of them, however long it is.
 */

/** The numbers of a chain start here. */
export const firstNumber = 1;

export const auditFolder = '_audit/';

/** Entries and heads of one folder: numbers from `block * 1000` on. */
export const blockSize = 1000;

const lastNumber = 999_999_999;
const zonePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const blockPattern = /^\d{6}$/;
const namePattern = /^(\d{9})\.json$/;

/** Where the chain of a zone lies, with a slash at the end. */
export const chainFolder = (zone: string): string => `${auditFolder}${checkedZone(zone)}/`;

/** Where the signed heads of a chain lie in the audit repository. */
export const headsFolder = (zone: string): string => `${chainFolder(zone)}heads/`;

export const witnessesFolder = '_heads/';

/** Where they lie in a witness. */
export const witnessFolder = (zone: string): string => `${witnessesFolder}${checkedZone(zone)}/`;

export const isZone = (folder: string): boolean => zonePattern.test(folder);

export const isBlock = (folder: string): boolean => blockPattern.test(folder);

/** The folder that holds a number. */
export const blockOf = (number: number): string =>
  String(Math.floor(checkedNumber(number) / blockSize)).padStart(6, '0');

/** The key of a number below a chain's or its heads' folder. */
export const keyOfNumber = (folder: string, number: number): string =>
  `${folder}${blockOf(number)}/${String(number).padStart(9, '0')}.json`;

/** The number that a key below a folder stands for; null when nothing of ours has such a name. */
export function numberOf(folder: string, key: string): number | null {
  const [block = '', name = '', ...rest] = key.slice(folder.length).split('/');
  const digits = namePattern.exec(name)?.[1];
  if (!key.startsWith(folder) || rest.length > 0 || digits === undefined) return null;
  const number = Number(digits);
  return number >= firstNumber && blockOf(number) === block ? number : null;
}

function checkedZone(zone: string): string {
  if (!isZone(zone)) throw new RangeError(`${zone} is no name of a zone`);
  return zone;
}

/** Whether a chain can have an entry of this number. */
export const isNumber = (number: number): boolean =>
  Number.isInteger(number) && number >= firstNumber && number <= lastNumber;

function checkedNumber(number: number): number {
  if (!isNumber(number)) throw new RangeError(`${number} is no number of an audit entry`);
  return number;
}
