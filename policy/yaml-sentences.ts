import type { YAMLError } from 'yaml';

/** What is wrong, and what to do. */
type Said = readonly [message: string, hint: string];

export const secondDocument: Said = [
  'a second YAML document starts here',
  'a policy is one document: remove the `---`',
];

export const unknownAlias: Said = [
  'a value starts with `*`, which YAML reads as an alias of an anchor that is not there',
  'put the value in quotes',
];

/** The parser's own messages may quote the file, so each is said anew (law 7). */
export function sentenceFor(error: YAMLError): Said {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return ['this key is here twice in one mapping', 'keep one of them'];
    case 'TAB_AS_INDENT':
      return ['a tab is used to indent', 'indent with spaces'];
    case 'MULTIPLE_DOCS':
      return secondDocument;
    case 'MISSING_CHAR':
      return [
        'a closing quote, or a colon after a key, is missing here',
        'close the quote, or write `key: value`',
      ];
    case 'BAD_SCALAR_START':
      return ["a value can't start with this character", 'put the value in quotes'];
    case 'BAD_DQ_ESCAPE':
      return ['no such backslash escape in double quotes', 'use single quotes, or write the backslash twice'];
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return [
        'a mapping starts inside a value here',
        'indent it below its key, or put a value with `: ` in quotes',
      ];
    case 'BAD_INDENT':
      return ['the indentation does not fit what is above it', 'keys of one mapping start in one column'];
    case 'TAG_RESOLVE_FAILED':
      return ['a value starts with `!`, which YAML reads as a tag', 'put the value in quotes'];
    case 'BAD_ALIAS':
      return unknownAlias;
    case 'NON_STRING_KEY':
      return ['a key must be a plain word', 'put it in quotes'];
    case 'RESOURCE_EXHAUSTION':
      return ['the file is nested too deep', 'a policy needs no more than a few levels'];
    default:
      return ['this is not valid YAML', 'look at the indentation, the quotes and the brackets around here'];
  }
}
