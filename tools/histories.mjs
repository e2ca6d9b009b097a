import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build/build.mjs';
import { main } from './main.mjs';
import { setup } from './setup/setup.mjs';

await main(async () => {
  await setup('test');
  await build();
  await import(pathToFileURL(join(import.meta.dirname, '..', 'dist', 'tools', 'histories', 'main.js')).href);
});
