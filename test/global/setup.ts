import { makeBundles } from '../support/bundle.ts';

export default makeBundles;
