import type { Store } from '../../../repository/store.ts';

/** What a kind of store gives the suite: an empty repository, and what it holds of unfinished uploads. */
export type StoreUnderTest = {
  store: Store;
  /** Unfinished uploads that a sweep would find. */
  unfinished(): Promise<number>;
};

/** Gives a new empty repository. */
export type OpenStore = () => Promise<StoreUnderTest>;
