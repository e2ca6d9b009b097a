import { parseArgs } from 'node:util';
import { setup } from './setup/setup.mjs';
import { SetupError } from './setup/shell.mjs';

const usage = `Makes this machine ready for Holdfast's demo, tests or benchmark. Does nothing that is done already.

  npm run setup                     for the demo
  npm run setup -- --for test       for the tests: more servers
  npm run setup -- --for bench      for the benchmark: other backup tools

Tools are kept in $XDG_CACHE_HOME/holdfast/tools, ~/.cache/holdfast/tools or, for root, /var/cache/holdfast/tools.`;

try {
  const { values } = parseArgs({
    options: { for: { type: 'string', default: 'demo' }, help: { type: 'boolean' } },
  });
  if (values.help) console.log(usage);
  else if (values.for === 'demo' || values.for === 'test' || values.for === 'bench') await setup(values.for);
  else throw new SetupError(`--for takes demo, test or bench, not ${values.for}.\n\n${usage}`);
} catch (error) {
  const expected = error instanceof SetupError || (error instanceof TypeError && 'code' in error);
  console.error(expected ? error.message : error);
  process.exitCode = 1;
}
