/** What the workflow of a bucket's lifecycle rules, its clients and its activity say to each other. */
import type { KeptSource } from '../policy/kept-in.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import type { LifecycleFinding } from '../repository/lifecycle-check.ts';
import type { Recorded } from './contract.ts';

export type LifecycleInput = {
  repository: ResolvedRepository;
  /** What the policy keeps there. */
  kept: KeptSource[];
  /** Whether the bucket is to expire data once no tier keeps it. */
  expire: boolean;
  /** Puts Holdfast's rules into the bucket; else they are only shown. */
  write: boolean;
} & Recorded;

export type LifecycleResult = {
  repository: string;
  written: boolean;
  /** Holdfast's rules, in words: those that it has written or would write. */
  rules: string[];
  /** Rules that the bucket has, in words. */
  present: string[];
  /** What the rules that the bucket has could do to what the policy keeps. */
  findings: LifecycleFinding[];
  /** Present where the audit log could not be written. */
  warnings?: string[];
};
