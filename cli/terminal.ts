import type { TextSink } from './io.ts';

const quietSeconds = 2;

/** One line on stderr that says how far work is. Shown on a terminal only, and only once work takes over two seconds. */
export class Progress {
  private readonly sink: TextSink;
  private readonly enabled: boolean;
  private readonly startedAt = Date.now();
  private shown = false;
  private waiting: NodeJS.Timeout | undefined;

  constructor(sink: TextSink, enabled: boolean) {
    this.sink = sink;
    this.enabled = enabled && sink.isTTY === true;
  }

  show(text: string): void {
    if (!this.enabled) return;
    clearTimeout(this.waiting);
    const quiet = this.startedAt + quietSeconds * 1000 - Date.now();
    if (quiet > 0) this.waiting = setTimeout(() => this.write(text), quiet).unref();
    else this.write(text);
  }

  private write(text: string): void {
    const width = (this.sink.columns ?? 80) - 1;
    this.sink.write(`\r\u001b[2K${text.slice(0, width)}`);
    this.shown = true;
  }

  clear(): void {
    clearTimeout(this.waiting);
    if (this.shown) this.sink.write('\r\u001b[2K');
    this.shown = false;
  }
}
