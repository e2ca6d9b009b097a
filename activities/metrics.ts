import { Context } from '@temporalio/activity';
import type { Manifest } from '../repository/manifest.ts';

/** Histogram of dumps; its buckets are set where the endpoint is made. */
export const dumpDuration = 'holdfast_backup_dump_duration_seconds';

/** Counts what one dump moved; the numbers leave through the Temporal worker's own Prometheus endpoint. */
export function recordDump(manifest: Manifest, seconds: number): void {
  const meter = Context.current().metricMeter;
  const tags = { plan: manifest.plan, source: manifest.source };
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const raw = manifest.files.reduce((sum, file) => sum + (file.rawBytes ?? 0), 0);
  meter.createCounter('holdfast_backup_stored_bytes', 'By', 'Bytes stored in each copy').add(bytes, tags);
  meter.createCounter('holdfast_backup_raw_bytes', 'By', 'Bytes read from the source').add(raw, tags);
  meter.createHistogram(dumpDuration, 'float', 's', 'Duration of the dump stream').record(seconds, tags);
  meter.createGauge('holdfast_backup_size_bytes', 'int', 'By', 'Size of the newest backup').set(bytes, tags);
}

/**
 * Marks a copy as good. Its age is `time() - holdfast_last_good_copy_timestamp_seconds`: measured from the instant
 * that the data shows, not from when the copy was made.
 */
export function recordGoodCopy(manifest: Manifest, repository: string): void {
  Context.current()
    .metricMeter.createGauge(
      'holdfast_last_good_copy_timestamp_seconds',
      'int',
      's',
      "The data's own time of the newest good copy",
    )
    .set(Math.floor(Date.parse(manifest.dataTime) / 1000), {
      plan: manifest.plan,
      source: manifest.source,
      repository,
    });
}

/** Counts a copy that was dropped from a run, by the code of the reason. */
export function recordDroppedCopy(plan: string, repository: string, code: string): void {
  Context.current()
    .metricMeter.createCounter('holdfast_copies_dropped', '1', 'Copies dropped from a run')
    .add(1, { plan, repository, code });
}
