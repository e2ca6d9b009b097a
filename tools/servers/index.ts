export {
  type BindKey,
  type BindResolver,
  type BindServer,
  startBind,
  startBindResolver,
} from './bind.ts';
export { type FaultAction, type FaultProxy, type FaultRule, startFaultProxy } from './fault-proxy.ts';
export { type KubernetesServer, kubectlDirectory, startKubernetes } from './kubernetes.ts';
export { type MinistackServer, startMinistack } from './ministack.ts';
export { freePort } from './ports.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
export {
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
  toPrimary,
} from './postgres-standby.ts';
export type { S3Keys, S3Options, S3Server } from './s3.ts';
export { type SeaweedfsServer, startSeaweedfs } from './seaweedfs.ts';
export { startTemporal, type TemporalOptions, type TemporalServer } from './temporal.ts';
export { type PostgresMajor, postgresBin, testServerPath } from './toolbox.ts';
export { startVersitygw } from './versitygw.ts';
export { eventually } from './wait.ts';
