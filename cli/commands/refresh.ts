import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addRefreshList } from './refresh-list.ts';
import { addRefreshRun } from './refresh-run.ts';

export function addRefresh(refresh: Command, act: Act): void {
  refresh.addHelpText('after', examples('holdfast refresh run shop-dev --wait', 'holdfast refresh list'));
  for (const add of [addRefreshRun, addRefreshList]) add(refresh, act);
}
