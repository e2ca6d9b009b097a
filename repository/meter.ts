/** How far a stream is; the shape that heartbeats and progress lines share. Rates are over the last five seconds. */
export type Progress = { bytes: number; bytesPerSecond: number; elapsed: number };

const intervalMs = 500;
const samplesKept = 10;

/** Tells twice a second how many bytes have passed, until stopped; the last time when it is stopped. */
export function startMeter(bytes: () => number, report: (progress: Progress) => void): { stop(): void } {
  const started = performance.now();
  const samples = [{ at: started, bytes: bytes() }];
  const tell = () => {
    const now = { at: performance.now(), bytes: bytes() };
    const [oldest] = samples;
    if (samples.push(now) > samplesKept) samples.shift();
    const seconds = (now.at - (oldest?.at ?? started)) / 1000;
    report({
      bytes: now.bytes,
      bytesPerSecond: seconds > 0 ? Math.round((now.bytes - (oldest?.bytes ?? 0)) / seconds) : 0,
      elapsed: (now.at - started) / 1000,
    });
  };
  const timer = setInterval(tell, intervalMs);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      tell();
    },
  };
}
