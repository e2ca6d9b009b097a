import { parseArgs } from 'node:util';
import { main } from './main.mjs';
import { setup } from './setup/setup.mjs';
import { SetupError } from './setup/shell.mjs';

const usage = `Makes this machine ready for Holdfast's demo, tests or benchmark. Does nothing that is done already.

  npm run setup                     for the demo
  npm run setup -- --for test       for the tests: more servers
  npm run setup -- --for bench      for the benchmark: other backup tools

Tools are kept in $XDG_CACHE_HOME/holdfast/tools, ~/.cache/holdfast/tools or, for root, /var/cache/holdfast/tools.`;

await main(async () => {
  const { help, for: purpose } = readArguments();
  if (help) console.log(usage);
  else if (purpose === 'demo' || purpose === 'test' || purpose === 'bench') await setup(purpose);
  else throw new SetupError(`--for takes demo, test or bench, not ${purpose}.\n\n${usage}`);
});

function readArguments() {
  try {
    return parseArgs({ options: { for: { type: 'string', default: 'demo' }, help: { type: 'boolean' } } })
      .values;
  } catch (error) {
    throw new SetupError(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}
