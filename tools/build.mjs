import { build } from './build/build.mjs';
import { main } from './main.mjs';
import { installModules } from './setup/modules.mjs';

await main(async () => {
  await installModules(`${import.meta.dirname}/..`);
  await build();
});
