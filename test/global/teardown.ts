import { removeBundles } from '../support/bundle.ts';

export default removeBundles;
