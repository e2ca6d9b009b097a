export { backup } from './backup.ts';
export { catalogue, doctor, publishPolicy, sweep } from './care.ts';
export { restore } from './restore.ts';
export { verify } from './verify.ts';
