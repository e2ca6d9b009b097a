import { hostname } from 'node:os';
import { type Logger, pino } from 'pino';

/**
 * The log of a worker: JSON lines on stderr, or short lines where a person watches. Field names that could carry a
 * secret are redacted whatever a library logs (law 7).
 */
export function createLog(options: { zone: string; level?: string; pretty?: boolean }): Logger {
  const settings = {
    level: options.level ?? process.env.HOLDFAST_LOG_LEVEL ?? 'info',
    base: { zone: options.zone, host: hostname(), pid: process.pid },
    redact: {
      paths: ['*.password', '*.secretAccessKey', '*.sessionToken', '*.passphrase', '*.apiKey'],
      censor: '[redacted]',
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return options.pretty
    ? pino(settings, shortLines())
    : pino(settings, pino.destination({ dest: 2, sync: true }));
}

/** `12:00:01 info  text key=value`, for terminals. */
function shortLines(): { write(line: string): void } {
  const names: Record<number, string> = {
    10: 'trace',
    20: 'debug',
    30: 'info',
    40: 'warn',
    50: 'error',
    60: 'fatal',
  };
  const hidden = new Set(['level', 'time', 'msg', 'host', 'pid', 'zone']);
  return {
    write(line) {
      const entry: unknown = JSON.parse(line);
      if (typeof entry !== 'object' || entry === null) return;
      const fields = new Map(Object.entries(entry));
      const rest = [...fields]
        .filter(([name]) => !hidden.has(name))
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      const time = String(fields.get('time')).slice(11, 19);
      const level = names[Number(fields.get('level'))] ?? '';
      process.stderr.write(`${[time, level.padEnd(5), fields.get('msg') ?? '', ...rest].join(' ')}\n`);
    },
  };
}
