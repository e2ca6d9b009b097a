import Table from 'cli-table3';
import type { TextSink } from './io.ts';

/** Results on stdout: lines and tables for people, or one JSON document for programs. */
export class Output {
  private readonly sink: TextSink;
  private readonly json: boolean;

  constructor(sink: TextSink, json: boolean) {
    this.sink = sink;
    this.json = json;
  }

  /** The document with --json, else what the other function prints. */
  result(document: unknown, forPeople: () => void): void {
    if (this.json) this.sink.write(`${JSON.stringify(document, null, 2)}\n`);
    else forPeople();
  }

  /** How wide the terminal is; undefined where it is none. */
  get columns(): number | undefined {
    return this.sink.columns;
  }

  line(text = ''): void {
    this.sink.write(`${text}\n`);
  }

  /** Columns without borders; numbers to the right where `right` names the column. */
  table(head: string[], rows: string[][], right: string[] = []): void {
    const table = new Table({
      head,
      chars: borderless,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
      colAligns: head.map((name) => (right.includes(name) ? 'right' : 'left')),
    });
    table.push(...rows);
    for (const line of table.toString().split('\n')) this.line(line.trimEnd());
  }
}

const borderless = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);
